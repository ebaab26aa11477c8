"""Head regions are searched magnified, in one call, and mapped back; every face is returned once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.domain.detections import Detections
from custodes.redact import FaceFinder, FacePace, RedactionSettings, Search
from custodes.redact.faces import merge, paint_mosaic, plan_mosaic

S = 1_000_000_000


class RedBlobs:
    """A detector that finds the red rectangle in each picture column-connected region: one box per red blob."""

    name = "red"
    model = "0" * 64

    def __init__(self):
        self.seen = []

    def detect(self, bgr):
        import cv2

        self.seen.append(bgr.shape[:2])
        red = ((bgr[..., 2] > 150) & (bgr[..., 1] < 60)).astype(np.uint8)
        n, _, stats, _ = cv2.connectedComponentsWithStats(red)
        boxes = [[x, y, x + w, y + h] for x, y, w, h, _ in stats[1:]]
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(n - 1, 0.9, np.float32),
            np.zeros(n - 1, np.int32),
            self.model,
        )


class Pair:
    def __init__(self):
        self.yunet = RedBlobs()
        self.centerface = RedBlobs()


def picture(*faces):
    bgr = np.full((480, 640, 3), 90, np.uint8)
    for left, top, right, bottom in faces:
        bgr[top:bottom, left:right] = (0, 0, 255)
    return bgr


def boxes(*rows):
    return np.array(rows, float).reshape(-1, 4)


def test_faces_around_heads_are_found_in_one_call_and_mapped_back():
    pair = Pair()
    bgr = picture((115, 104, 125, 116), (410, 60, 450, 110))
    out = FaceFinder(pair, RedactionSettings()).find(bgr, boxes([100, 100, 140, 200], [350, 40, 510, 420]), whole=False)
    assert len(pair.yunet.seen) == 1
    assert pair.centerface.seen == []
    assert np.prod(pair.yunet.seen[0]) < 480 * 640 / 4
    order = np.argsort(out.xyxy[:, 0])
    assert np.allclose(out.xyxy[order], [[115, 104, 125, 116], [410, 60, 450, 110]], atol=1.5)


def test_faces_without_persons_are_found_in_the_whole_picture_only():
    pair = Pair()
    finder = FaceFinder(pair, RedactionSettings())
    bgr = picture((500, 400, 520, 420))
    assert len(finder.find(bgr, boxes([100, 100, 140, 200]), whole=False)) == 0
    assert len(finder.find(bgr, boxes(), whole=False)) == 0
    assert len(finder.find(bgr, boxes(), whole=True)) == 1
    assert pair.yunet.seen[-1] == (480, 640)


def test_a_face_found_twice_is_returned_once():
    out = FaceFinder(Pair(), RedactionSettings(face_model="both")).find(
        picture((115, 104, 125, 116)), boxes([100, 100, 140, 200], [102, 98, 142, 204]), whole=True
    )
    assert len(out) == 1


def test_neighbouring_faces_stay_two():
    one = Detections(
        np.array([[0, 0, 20, 20], [14, 0, 34, 20]], np.float32), np.ones(2, np.float32), np.zeros(2, np.int32)
    )
    assert len(merge([one])) == 2
    assert len(merge([])) == 0


def test_a_merged_face_covers_all_its_boxes():
    def one(box, score):
        return Detections(np.array([box], np.float32), np.array([score], np.float32), np.zeros(1, np.int32))

    out = merge([one([0, 0, 20, 20], 0.4), one([4, 2, 22, 24], 0.8)])
    assert out.xyxy.tolist() == [[0, 0, 22, 24]]
    assert out.score[0] == np.float32(0.8)


@given(st.lists(st.tuples(st.floats(-50, 640), st.floats(-50, 480), st.floats(1, 400), st.floats(1, 400)), max_size=40))
@settings(deadline=None, max_examples=50)
def test_any_persons_make_a_mosaic_of_few_shapes(persons):
    rows = boxes(*[(x, y, x + w, y + h) for x, y, w, h in persons])
    tiles = plan_mosaic(rows, 640, 480)
    assert len(tiles) <= 16
    for tile in tiles:
        left, top, right, bottom = tile.source
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 480
    if tiles:
        assert paint_mosaic(picture(), tiles).shape[:2] in {(112, 224), (224, 224), (224, 448), (448, 448)}


@given(
    first=st.integers(0, 10**18),
    steps=st.lists(st.integers(S // 10, 3 * S // 10), min_size=50, max_size=100),
)
def test_searches_are_as_many_as_the_settings_say(first, steps):
    pace = FacePace(RedactionSettings(heads_fps=2, whole_fps=1))
    times = np.cumsum([first, *steps])
    due = [pace.due(int(time)) for time in times]
    passed_s = (times[-1] - first) / S
    assert due[0] is Search.WHOLE
    assert abs(due.count(Search.WHOLE) - passed_s) <= 1
    assert abs(len(due) - due.count(Search.NOWHERE) - 2 * passed_s) <= 2


def test_nobody_waits_longer_than_a_period_and_an_analysis():
    pace = FacePace(RedactionSettings(heads_fps=2, whole_fps=1))
    looked = [tick for tick in range(50) if pace.due(tick * S // 5) is not Search.NOWHERE]
    assert set(np.diff(looked)) == {2, 3}


def test_the_pace_survives_time_going_back():
    pace = FacePace(RedactionSettings())
    assert pace.due(100 * S) is Search.WHOLE
    assert pace.due(50 * S) is Search.WHOLE


@pytest.mark.parametrize("model", ["yunet", "centerface"])
def test_the_settings_choose_the_model(model):
    pair = Pair()
    FaceFinder(pair, RedactionSettings(face_model=model)).find(picture(), boxes(), whole=True)
    assert len(getattr(pair, model).seen) == 1
