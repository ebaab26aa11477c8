"""Masking: every plane, nothing finer than a cell, nothing outside touched."""

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.redact import RedactionSettings
from custodes.redact.mask import (
    GREY,
    blank_picture,
    cells_across,
    coverage,
    mask_picture,
    mask_rectangles,
    planes_of,
)

SIZES = st.tuples(st.integers(16, 120), st.integers(16, 120))
BOXES = st.lists(st.tuples(*[st.floats(-60, 180)] * 4), max_size=5).map(lambda b: np.array(b).reshape(-1, 4))
STYLES = st.sampled_from(["pixelate", "solid"])


def noise(width: int, height: int, seed: int = 0) -> av.VideoFrame:
    picture = av.VideoFrame(width, height, "yuv420p")
    rng = np.random.default_rng(seed)
    for plane in planes_of(picture):
        plane[:] = rng.integers(0, 256, plane.shape)
    return picture


def copies(picture: av.VideoFrame) -> list[np.ndarray]:
    return [plane.copy() for plane in planes_of(picture)]


def under(rectangles: np.ndarray, plane: np.ndarray, scale: int) -> np.ndarray:
    inside = np.zeros(plane.shape, bool)
    for left, top, right, bottom in rectangles:
        inside[top // scale : -(-bottom // scale), left // scale : -(-right // scale)] = True
    return inside


@given(SIZES, BOXES, STYLES)
@settings(deadline=None, max_examples=60)
def test_nothing_outside_the_masks_changes_in_any_plane(size, boxes, style):
    picture = noise(*size)
    before = copies(picture)
    mask_picture(picture, boxes, RedactionSettings(style=style))
    rectangles = mask_rectangles(boxes, *size)
    for plane, old, scale in zip(planes_of(picture), before, (1, 2, 2), strict=True):
        outside = ~under(rectangles, plane, scale)
        assert (plane[outside] == old[outside]).all()


@given(SIZES, st.tuples(*[st.floats(-20, 140)] * 4))
@settings(deadline=None, max_examples=100)
def test_a_pixelated_mask_holds_no_more_values_than_cells(size, box):
    options = RedactionSettings()
    picture = noise(*size)
    mask_picture(picture, np.array([box]), options)
    for left, top, right, bottom in mask_rectangles(np.array([box]), *size):
        across, down = cells_across(right - left, bottom - top, options)
        assert across <= options.cells
        assert down <= options.cells
        for plane, scale in zip(planes_of(picture), (1, 2, 2), strict=True):
            part = plane[top // scale : -(-bottom // scale), left // scale : -(-right // scale)]
            rows = 1 + (np.abs(np.diff(part.astype(int), axis=0)).max(axis=1, initial=0) > 0).sum()
            columns = 1 + (np.abs(np.diff(part.astype(int), axis=1)).max(axis=0, initial=0) > 0).sum()
            assert rows <= down
            assert columns <= across


@given(SIZES, BOXES)
@settings(deadline=None, max_examples=60)
def test_solid_masks_are_grey_in_every_plane(size, boxes):
    picture = noise(*size)
    mask_picture(picture, boxes, RedactionSettings(style="solid"))
    rectangles = mask_rectangles(boxes, *size)
    for plane, scale in zip(planes_of(picture), (1, 2, 2), strict=True):
        assert (plane[under(rectangles, plane, scale)] == GREY).all()


def test_a_pixelated_face_keeps_its_mean_and_loses_its_detail():
    picture = noise(128, 128)
    before = copies(picture)[0][20:80, 20:80].astype(float)
    mask_picture(picture, np.array([[20.0, 20, 80, 80]]), RedactionSettings())
    after = copies(picture)[0][20:80, 20:80].astype(float)
    assert abs(after.mean() - before.mean()) < 2
    assert len(np.unique(after)) <= 16
    assert after.std() < before.std() / 4


def test_overlapping_masks_show_only_the_coarser_cells_where_they_overlap():
    small, large = np.array([50.0, 50, 90, 90]), np.array([0.0, 0, 100, 100])
    pictures = []
    for boxes in ([small, large], [large, small]):
        picture = noise(128, 128)
        mask_picture(picture, np.array(boxes), RedactionSettings())
        pictures.append(copies(picture))
        assert len(np.unique(planes_of(picture)[0][:100, :100])) <= 16
    for one, other in zip(*pictures, strict=True):
        assert (one == other).all()


def test_masking_leaves_the_memory_the_decoder_still_refers_to(street_clip):
    with av.open(street_clip) as container:
        frames = [frame for _, frame in zip(range(12), container.decode(video=0), strict=False)]
    with av.open(street_clip) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == len(frames):
                break
            box = np.array([[100.0, 50, 300, 250]])
            outside = frames[number].to_ndarray()[:40]
            mask_picture(frame, box, RedactionSettings(style="solid"))
            assert (frame.to_ndarray()[:40] == outside).all()
            luma = planes_of(frame)[0]
            assert (luma[50:250, 300:] == planes_of(frames[number])[0][50:250, 300:]).all()


def test_odd_sized_pictures_are_masked_to_their_last_pixel():
    picture = noise(33, 21)
    mask_picture(picture, np.array([[-5.0, -5, 50, 50]]), RedactionSettings(style="solid"))
    assert all((plane == GREY).all() for plane in planes_of(picture))


@pytest.mark.parametrize("box", [[np.nan, 0, 9, 9], [0, 0, np.inf, 9]])
def test_a_box_that_is_not_a_number_is_refused(box):
    with pytest.raises(ValueError, match="finite"):
        mask_picture(noise(32, 32), np.array([box]), RedactionSettings())


def test_other_pixel_formats_are_refused():
    with pytest.raises(ValueError, match="rgb24"):
        mask_picture(av.VideoFrame(32, 32, "rgb24"), np.empty((0, 4)), RedactionSettings())


def test_a_blank_picture_shows_one_grey():
    picture = blank_picture(31, 17)
    assert (picture.width, picture.height, picture.format.name) == (31, 17, "yuv420p")
    assert all((plane == GREY).all() for plane in planes_of(picture))


def test_coverage_is_the_share_of_a_box_under_masks():
    masks = np.array([[0, 0, 10, 20], [5, 0, 10, 20]], np.int32)
    assert list(coverage(np.array([[0.0, 0, 20, 20], [0, 0, 10, 10], [30, 30, 40, 40]]), masks, 50, 50)) == [0.5, 1, 0]
