"""Errors, time, detections and ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.coco import COCO_CATEGORY_IDS, COCO_CLASSES, class_index
from custodes.domain.detections import Detections
from custodes.domain.errors import CaptureError, CustodesError
from custodes.domain.events import new_event_id
from custodes.domain.time import to_iso


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = CaptureError("the stream cannot be opened", why="the password is wrong", fix="check the camera's account")
    expected = "the stream cannot be opened, because the password is wrong. Check the camera's account."
    assert str(error) == error.diagnostics() == expected
    assert isinstance(error, CustodesError)


def test_an_error_without_cause_or_cure_is_one_sentence() -> None:
    assert CaptureError("it failed").diagnostics() == "it failed."


def test_coco_has_eighty_classes_and_the_ids_of_its_annotation_files() -> None:
    assert len(COCO_CLASSES) == len(COCO_CATEGORY_IDS) == 80
    assert COCO_CATEGORY_IDS[class_index("person")] == 1
    assert COCO_CATEGORY_IDS[class_index("toothbrush")] == 90
    with pytest.raises(KeyError):
        class_index("unicorn")


def test_detections_refuse_columns_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="differ"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(1, np.float32), np.zeros(2, np.int32))


def test_detections_are_selected_by_rows() -> None:
    all_rows = Detections(
        np.arange(8, dtype=np.float32).reshape(2, 4),
        np.array([0.9, 0.1], np.float32),
        np.array([0, 2], np.int32),
        "m",
    )
    one = all_rows[all_rows.score > 0.5]
    assert len(one) == 1
    assert one.class_id.tolist() == [0]
    assert one.model == "m"


@given(st.integers(0, 4_000_000_000_000_000_000), st.integers(1_000_000, 10**15))
def test_event_ids_sort_by_time(start_ns: int, later_ns: int) -> None:
    assert new_event_id(start_ns) < new_event_id(start_ns + later_ns)


def test_wall_time_as_text() -> None:
    assert to_iso(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123Z"
