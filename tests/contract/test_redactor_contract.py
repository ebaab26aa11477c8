"""What every redactor must do: never return a picture whose masks are not certain."""

from fractions import Fraction

import av
import numpy as np
import pytest

from custodes.capture.raw import RawFrame
from custodes.domain.imagery import RedactedFrame
from custodes.domain.time import MediaTime
from custodes.redact import RedactionSettings, Redactor
from custodes.redact.mask import GREY, planes_of

TIME = MediaTime(40, Fraction(1, 1000), 7)


@pytest.fixture(params=["pixelate", "solid"])
def redactor(request):
    return Redactor(RedactionSettings(style=request.param))


def raw(pixel_format="yuv420p"):
    picture = av.VideoFrame(64, 48, pixel_format)
    rng = np.random.default_rng(1)
    for plane in picture.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, np.uint8).tobytes())
    return RawFrame(picture, TIME)


def is_uniform(frame):
    return all((plane == GREY).all() for plane in planes_of(frame.picture))


def test_a_redacted_frame_has_no_other_maker():
    with pytest.raises(TypeError):
        RedactedFrame(None, TIME, False)


def test_unknown_masks_blank_the_picture(redactor):
    out = redactor.redact(raw(), None)
    assert out.blank
    assert is_uniform(out)
    assert (out.picture.width, out.picture.height, out.time) == (64, 48, TIME)
    assert (out.picture.pts, out.picture.time_base) == (40, Fraction(1, 1000))
    assert redactor.blanked == 1


@pytest.mark.parametrize("bad", [[[np.nan, 0, 5, 5]], [[0, 0, np.inf, 5]], [[1, 2, 3]], "nonsense", 5])
def test_masks_that_make_no_sense_blank_the_picture(redactor, bad):
    out = redactor.redact(raw(), bad if isinstance(bad, str | int) else np.array(bad))
    assert out.blank
    assert is_uniform(out)


def test_a_fault_while_masking_blanks_the_picture(redactor, monkeypatch):
    def fail(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr("custodes.redact.redactor.mask_picture", fail)
    out = redactor.redact(raw(), np.array([[0.0, 0, 9, 9]]))
    assert out.blank
    assert is_uniform(out)


def test_a_pixel_format_that_cannot_be_masked_is_blanked(redactor):
    out = redactor.redact(raw("rgb24"), np.array([[0.0, 0, 9, 9]]))
    assert out.blank
    assert is_uniform(out)


def test_no_masks_leave_the_picture_as_it_is(redactor):
    frame = raw()
    before = frame.picture.to_ndarray()
    out = redactor.redact(frame, np.empty((0, 4)))
    assert not out.blank
    assert (out.picture.to_ndarray() == before).all()
    assert redactor.blanked == 0


def test_masked_pixels_lose_their_detail_in_every_plane(redactor):
    frame = raw()
    before = [plane.copy() for plane in planes_of(frame.picture)]
    out = redactor.redact(frame, np.array([[10.0, 10, 42, 42]]))
    assert not out.blank
    for plane, old, scale in zip(planes_of(out.picture), before, (1, 2, 2), strict=True):
        part = slice(10 // scale, 42 // scale)
        assert len(np.unique(plane[part, part])) <= 16
        assert len(np.unique(old[part, part])) > 50
