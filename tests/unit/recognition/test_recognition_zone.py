"""Which faces lie in a zone, and who is at it."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.capture.raw import RawFrame
from custodes.domain.geometry import contains, covers
from custodes.domain.time import MediaTime
from custodes.domain.tracks import Track, TrackState
from custodes.recognition.zone import PixelZone

shares = st.floats(0, 1)
points = st.tuples(shares, shares)
SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
CORNER = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.9), (0.5, 0.5), (0.1, 0.5))
"""Like an L lying on its side."""


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([left, top, right, bottom], np.float32)


@given(st.lists(points, min_size=3, max_size=8), points, points, points)
def test_every_point_of_a_covered_box_is_in_the_polygon(
    polygon: list[tuple[float, float]], one: tuple[float, float], other: tuple[float, float], at: tuple[float, float]
) -> None:
    left, right = sorted((one[0], other[0]))
    top, bottom = sorted((one[1], other[1]))
    if covers(polygon, (left, top, right, bottom)):
        x, y = left + at[0] * (right - left), top + at[1] * (bottom - top)
        inside = left + 1e-6 < x < right - 1e-6 and top + 1e-6 < y < bottom - 1e-6
        assert contains(polygon, (x, y)) or not inside


@pytest.mark.parametrize(
    ("polygon", "inside", "held"),
    [
        (SQUARE, (0.3, 0.3, 0.7, 0.7), True),
        (SQUARE, (0.2, 0.3, 0.7, 0.7), False),
        (SQUARE, (0.3, 0.3, 0.7, 0.76), False),
        (SQUARE, (0.8, 0.3, 0.9, 0.7), False),
        (SQUARE, (0.0, 0.0, 1.0, 1.0), False),
        (CORNER, (0.2, 0.2, 0.4, 0.4), True),
        (CORNER, (0.6, 0.2, 0.8, 0.8), True),
        (CORNER, (0.2, 0.2, 0.8, 0.8), False),
        (CORNER, (0.4, 0.2, 0.6, 0.6), False),
        (SQUARE, (float("nan"),) * 4, False),
    ],
)
def test_a_face_is_held_as_a_whole_or_not_at_all(polygon, inside, held) -> None:
    zone = PixelZone.of(polygon, (1000, 500))
    assert zone.holds(box(*inside) * np.array([1000, 500, 1000, 500], np.float32)) is held


def test_a_notch_that_no_corner_of_the_box_is_in_counts() -> None:
    notched = ((0.0, 0.0), (0.45, 0.0), (0.5, 0.5), (0.55, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert not PixelZone.of(notched, (100, 100)).holds(box(40, 30, 60, 90))
    assert PixelZone.of(notched, (100, 100)).holds(box(40, 51, 60, 90))


def person(xyxy: np.ndarray, *, lost: bool = False) -> Track:
    state = TrackState.LOST if lost else TrackState.CONFIRMED
    return Track(1, 0, state, xyxy, 0.9, None if lost else xyxy)


def test_who_is_at_the_zone_is_told_by_the_upper_half() -> None:
    zone = PixelZone.of(SQUARE, (1000, 1000))
    assert zone.reached_by(person(box(400, 300, 600, 1000)))
    assert zone.reached_by(person(box(200, 100, 260, 500)))
    assert not zone.reached_by(person(box(400, 300, 600, 1000), lost=True))
    assert not zone.reached_by(person(box(0, 300, 250, 1000)))
    assert not zone.reached_by(person(box(400, 0, 600, 400))), "only the legs are"


def frame(width: int, height: int) -> RawFrame:
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[..., 2] = np.arange(width) % 256
    ramp[..., 1] = (np.arange(height) % 256)[:, None]
    picture = av.VideoFrame.from_ndarray(ramp, format="bgr24")
    return RawFrame(picture, MediaTime(0, Fraction(1, 1000), 0))


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize(
    "polygon", [SQUARE, ((0.0, 0.0), (0.2, 0.0), (0.1, 0.3)), ((0.9, 0.9), (1.0, 0.9), (1.0, 1.0))]
)
def test_what_is_searched_lies_around_the_zone_and_in_its_place(size, polygon) -> None:
    zone = PixelZone.of(polygon, size)
    shot = frame(*size)
    view = zone.view(shot)
    assert view.bgr.shape[0] == view.bgr.shape[1]
    whole = shot.bgr()
    left, top, right, bottom = (int(side) for side in zone.bounds)
    x, y = view.corner
    part = view.bgr[top - y : bottom - y, left - x : right - x]
    assert np.array_equal(part, whole[top:bottom, left:right])
    view.wipe()
    assert not view.bgr.any()
    assert whole.any()


def test_few_sizes_are_searched() -> None:
    sides = {
        PixelZone.of(((0, 0), (wide, 0), (wide, wide)), (1920, 1080)).view(frame(1920, 1080)).bgr.shape[0]
        for wide in np.linspace(0.05, 0.4, 15)
    }
    assert len(sides) <= 3
