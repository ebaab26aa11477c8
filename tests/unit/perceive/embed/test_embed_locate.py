"""Which face a picture is of, and how it is looked at again."""

import cv2
import numpy as np
import pytest

from custodes.domain.detections import Detections
from custodes.perceive.detect.yunet import PointedFaces
from custodes.perceive.embed.locate import FaceLocator


class Blobs:
    """Finds white blobs as faces; notes what it was shown. Blobs taller than `most` are not found."""

    def __init__(self, most=10_000):
        self.seen = []
        self.most = most

    def find(self, bgr):
        self.seen.append(bgr.shape[:2])
        count, _, stats, _ = cv2.connectedComponentsWithStats((bgr[..., 0] > 100).astype(np.uint8))
        boxes = [
            (left, top, left + wide, top + high)
            for left, top, wide, high, _ in stats[1:count].tolist()
            if high <= self.most
        ]
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        parts = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)
        points = xyxy[:, None, :2] + parts * (xyxy[:, 2:] - xyxy[:, :2])[:, None]
        score = np.linspace(0.9, 0.5, len(xyxy), dtype=np.float32)
        return PointedFaces(Detections(xyxy, score, np.zeros(len(xyxy), np.int32), "blobs"), points)


def picture(width, height, *boxes):
    bgr = np.zeros((height, width, 3), np.uint8)
    for left, top, right, bottom in boxes:
        bgr[top:bottom, left:right] = 255
    return bgr


def test_no_face_is_none_in_every_column():
    faces = FaceLocator(Blobs()).locate(picture(200, 100))
    assert (len(faces.found), faces.points.shape) == (0, (0, 5, 2))


def test_the_face_in_the_middle_is_first_whatever_else_is_there():
    boxes = [(10, 10, 150, 190), (260, 190, 380, 310), (600, 400, 630, 430)]
    faces = FaceLocator(Blobs()).locate(picture(640, 480, *boxes))
    assert faces.found.xyxy[0] == pytest.approx(boxes[1], abs=1)
    assert sorted(faces.found.xyxy[1:].tolist()) == [list(boxes[0]), list(boxes[2])]


def test_nearness_is_counted_in_heights_of_the_face():
    speck, portrait = (330, 226, 338, 234), (150, 60, 480, 400)
    split = picture(640, 480, portrait)
    split[220:240, 324:344] = 0
    split[speck[1] : speck[3], speck[0] : speck[2]] = 255
    assert FaceLocator(Blobs()).locate(split).found.xyxy[0] == pytest.approx(portrait, abs=2)


@pytest.mark.parametrize(
    ("size_wh", "box"),
    [
        ((200, 160), (60, 40, 100, 90)),
        ((3000, 2000), (1400, 900, 1520, 1040)),
        ((200, 160), (0, 0, 50, 60)),
        ((640, 480), (200, 100, 320, 250)),
        ((2000, 2000), (300, 200, 1700, 1900)),
    ],
    ids=["small", "small in a large picture", "at the edge", "of a good size", "large"],
)
def test_the_face_that_a_picture_is_of_is_looked_at_again_by_itself(size_wh, box):
    blobs = Blobs()
    faces = FaceLocator(blobs).locate(picture(*size_wh, box))
    assert blobs.seen[-1] == (224, 224)
    within = 1 + (box[3] - box[1]) / 75
    assert faces.found.xyxy[0] == pytest.approx(box, abs=within)
    expected = np.array([0.5, 0.6]) * (np.array(box[2:]) - box[:2]) + box[:2]
    assert faces.points[0, 2] == pytest.approx(expected, abs=within)


def test_a_face_too_large_to_be_found_is_searched_for_in_a_smaller_picture():
    blobs = Blobs(most=300)
    faces = FaceLocator(blobs).locate(picture(900, 900, (150, 100, 750, 800)))
    assert blobs.seen[:2] == [(900, 900), (320, 320)]
    assert faces.found.xyxy[0] == pytest.approx((150, 100, 750, 800), abs=4)


class OnlyAt(Blobs):
    """Finds faces in pictures whose longer side is `px`, and in the square looked at again."""

    def __init__(self, px):
        super().__init__()
        self.px = px

    def find(self, bgr):
        return super().find(bgr if max(bgr.shape[:2]) in {self.px, 224} else np.zeros_like(bgr))


@pytest.mark.parametrize("px", [160, 250, 320, 640])
def test_a_thorough_search_tries_several_sizes(px):
    faces = FaceLocator(OnlyAt(px), thorough=True).locate(picture(250, 200, (100, 60, 140, 110)))
    assert faces.found.xyxy[0] == pytest.approx((100, 60, 140, 110), abs=3)


def test_a_search_that_is_not_thorough_makes_no_picture_larger():
    blobs = OnlyAt(640)
    assert not len(FaceLocator(blobs).locate(picture(250, 200, (100, 60, 140, 110))).found)
    assert blobs.seen == [(200, 250)]


def test_what_is_not_found_again_stays_as_it_was():
    class Once(Blobs):
        def find(self, bgr):
            return super().find(bgr if not self.seen else np.zeros_like(bgr))

    faces = FaceLocator(Once()).locate(picture(200, 160, (60, 40, 100, 90)))
    assert faces.found.xyxy.tolist() == [[60, 40, 100, 90]]


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 900), (5000, 2)])
def test_any_size_will_do(size_wh):
    white = np.full((size_wh[1], size_wh[0], 3), 255, np.uint8)
    assert len(FaceLocator(Blobs()).locate(white).found) == 1
