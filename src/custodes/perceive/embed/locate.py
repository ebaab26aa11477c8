"""Where the face is that a picture is of, and where its five points are.

YuNet places the points best in faces 100 to 450 pixels tall, measured by how much they move when a picture is scaled:
in smaller and larger ones they stray twice as far and more. So a picture is searched at a moderate size, and the face
that it is of is looked at again by itself, always at the same good size.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.domain.geometry import iou
from custodes.perceive.detect.yunet import PointedFaces

_SEARCHED_PX: Final = 960
"""Pictures are searched with their longer side no larger than this. A face of 64 pixels in a picture of 3000 has 20 in
there, and eight in ten of that size are found."""
_AGAIN_PX: Final = 320
"""Where nothing is found, once more with the longer side of this: faces that fill a large picture are missed in it."""
_THOROUGH_PX: Final = (_AGAIN_PX, 640, 160)
"""The same where a face is known to be there. What is missed at one size is mostly found at another: of 69 faces 39
pixels tall that were missed in pictures of 250 pixels all were, of 17 that fill such a picture and more all were."""
_CLOSE_PX: Final = 224
"""Side of the square in which a face is looked at again; it is about 150 pixels tall there."""
_CLOSE_GROWN: Final = 1.5
"""That square's side over the longer side of the face."""
_SAME: Final = 0.3
"""Overlap from which what is found on looking again is the same face."""


class PointFinder(Protocol):
    """Finds faces and their points, as `YuNet` does."""

    def find(self, bgr: NDArray[np.uint8]) -> PointedFaces:
        """Return the faces in a picture (h, w, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class FaceLocator:
    """Finds the faces of a picture, the one it is of first.

    Attributes:
        finder: What finds faces at the picture's own size.
        thorough: Whether to search at several sizes before it is said that there is no face: for photos of people.
    """

    finder: PointFinder
    thorough: bool = False

    def locate(self, bgr: NDArray[np.uint8]) -> PointedFaces:
        """Return the faces in a picture (h, w, 3) of any size.

        First comes the face whose middle is nearest to the picture's, counted in heights of the face: the one that a
        portrait is of, whoever else is in it. The others follow by their scores.

        Raises:
            ModelError: The model failed.
        """
        longer = max(bgr.shape[:2])
        faces = self._search(bgr, min(_SEARCHED_PX / longer, 1.0))
        for side in _THOROUGH_PX if self.thorough else (_AGAIN_PX,):
            if not len(faces.found) and (self.thorough or longer > side):
                faces = self._search(bgr, side / longer)
        if not len(faces.found):
            return faces
        first = _subject(faces.found.xyxy, bgr.shape[1], bgr.shape[0])
        order = np.array([first, *np.delete(np.arange(len(faces.found)), first)], np.intp)
        faces = PointedFaces(faces.found[order], faces.points[order])
        return self._look_closer(bgr, faces)

    def _search(self, bgr: NDArray[np.uint8], scale: float) -> PointedFaces:
        if scale == 1:
            return self.finder.find(bgr)
        how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR  # noqa: PLR2004  linear alone would skip pixels
        width, height = (max(round(side * scale), 1) for side in (bgr.shape[1], bgr.shape[0]))
        small = np.asarray(cv2.resize(bgr, (width, height), interpolation=how), np.uint8)
        return _moved(self.finder.find(small), scale, np.zeros(2))

    def _look_closer(self, bgr: NDArray[np.uint8], faces: PointedFaces) -> PointedFaces:
        """Return `faces` with the first one's box, score and points from a search around it, if that finds it."""
        box = faces.found.xyxy[0]
        side = max(math.ceil((box[2:] - box[:2]).max() * _CLOSE_GROWN), 1)
        corner = np.floor((box[:2] + box[2:]) / 2 - side / 2).astype(int)
        again = _moved(self.finder.find(_square(bgr, corner, side)), _CLOSE_PX / side, corner)
        overlaps = iou(box[None], again.found.xyxy)[0]
        if not len(overlaps) or overlaps.max() < _SAME:
            return faces
        best = int(overlaps.argmax())
        found = faces.found
        xyxy, score, points = found.xyxy.copy(), found.score.copy(), faces.points.copy()
        xyxy[0], score[0], points[0] = again.found.xyxy[best], again.found.score[best], again.points[best]
        return PointedFaces(Detections(xyxy, score, found.class_id, found.model), points)


def _square(bgr: NDArray[np.uint8], corner: NDArray[np.int_], side: int) -> NDArray[np.uint8]:
    """Return the square from `corner` with sides of `side` pixels at the size looked at; black outside the picture."""
    left, top = corner
    within = bgr[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    square = np.zeros((side, side, 3), np.uint8)
    square[max(-top, 0) :, max(-left, 0) :][: within.shape[0], : within.shape[1]] = within
    how = cv2.INTER_AREA if side > 2 * _CLOSE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (_CLOSE_PX, _CLOSE_PX), interpolation=how), np.uint8)


def _moved(faces: PointedFaces, scale: float, corner: NDArray[Any]) -> PointedFaces:
    """Return faces found in a part of a picture, from `corner` on and scaled by `scale`, in pixels of the picture."""
    found = faces.found
    xyxy = (found.xyxy / scale + np.tile(corner, 2)).astype(np.float32)
    points = (faces.points / scale + corner).astype(np.float32)
    return PointedFaces(Detections(xyxy, found.score, found.class_id, found.model), points)


def _subject(xyxy: NDArray[np.float32], width: int, height: int) -> int:
    away = (xyxy[:, :2] + xyxy[:, 2:]) / 2 - np.array([width, height]) / 2
    return int(np.argmin(np.hypot(away[:, 0], away[:, 1]) / np.maximum(xyxy[:, 3] - xyxy[:, 1], 1e-3)))
