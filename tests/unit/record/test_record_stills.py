from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_support import NOON_NS, synthetic_frames
from custodes.domain.errors import StoreError
from custodes.record import contact_sheet, make_still

FRAME = next(islice(synthetic_frames(NOON_NS), 1))
SHARE = st.floats(0, 1)


def _decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@settings(max_examples=60, deadline=None)
@given(SHARE, SHARE, SHARE, SHARE)
def test_a_still_of_any_box_is_a_picture_of_its_size(a: float, b: float, c: float, d: float):
    still = make_still(FRAME, box_norm=(min(a, b), min(c, d), max(a, b), max(c, d)))
    assert _decoded(still.jpeg).shape == (still.height, still.width, 3)
    assert 0 < still.width <= 320
    assert 0 < still.height <= 240


def test_a_still_shows_the_object_framed():
    box = (0.8, 0.5, 0.88, 0.62)  # where the disc is at the start
    close = _decoded(make_still(FRAME, box_norm=box).jpeg)
    whole = _decoded(make_still(FRAME, box_norm=None).jpeg)
    bright = [(picture.min(axis=2) > 200).mean() for picture in (close, whole)]
    assert bright[0] > 3 * bright[1]
    yellow = (close[..., 2] > 200) & (close[..., 0] < 120)
    assert yellow.any()


def test_a_contact_sheet_has_a_place_for_each_still(tmp_path: Path):
    still = make_still(FRAME, box_norm=None)
    path = tmp_path / "events.png"
    contact_sheet(path, [(still, f"event {number}") for number in range(7)])
    sheet = cv2.imread(str(path))
    assert sheet.shape == (2 * 266, 5 * 320, 3)
    assert sheet[266:446, 320:640].std() > 10
    assert sheet[266:, 640:].std() == 0


def test_a_contact_sheet_without_events_says_so(tmp_path: Path):
    contact_sheet(tmp_path / "events.png", [])
    assert cv2.imread(str(tmp_path / "events.png")).std() > 0


def test_a_sheet_that_cannot_be_written_is_an_error_in_words(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be written"):
        contact_sheet(tmp_path / "nowhere" / "events.png", [])
