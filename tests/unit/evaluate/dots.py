"""Five dots of different colours, which stand for the points of a face, and what finds them."""

import cv2
import numpy as np

from custodes.domain.detections import Detections
from custodes.perceive.detect.yunet import PointedFaces

_COLOURS = ((255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 255, 0), (255, 0, 255))
_BROWS = (70, 70, 70)
_PLACES = np.array([(0.35, 0.4), (0.65, 0.4), (0.5, 0.55), (0.38, 0.7), (0.62, 0.7)])
_SIDE, _RADIUS = 300, 8


def dotted(nose: float = 0.0, *, closed: bool = False) -> np.ndarray:
    """Return a photo of dots, with the tip of the nose moved by `nose` distances between the eyes.

    Under brows the eyes are dots too, and flat where they are closed.
    """
    photo = np.full((_SIDE, _SIDE, 3), 130, np.uint8)
    places = _PLACES * _SIDE
    places[2, 0] += nose * (places[1, 0] - places[0, 0])
    for number, (colour, (x, y)) in enumerate(zip(_COLOURS, places.tolist(), strict=True)):
        high = _RADIUS * 16 // (3 if closed and number < 2 else 1)
        cv2.ellipse(
            photo, (round(x * 16), round(y * 16)), (_RADIUS * 16, high), 0, 0, 360, colour, -1, cv2.LINE_AA, shift=4
        )
        if number < 2:
            cv2.line(photo, (round(x - 28), round(y - 26)), (round(x + 24), round(y - 30)), _BROWS, 6, cv2.LINE_AA)
    return photo


class DotLocator:
    """Finds a face where all five dots are."""

    def locate(self, bgr: np.ndarray) -> PointedFaces:
        points = [self._dot(bgr, colour) for colour in _COLOURS]
        if any(point is None for point in points):
            nothing = np.zeros((0, 4), np.float32)
            none = Detections(nothing, np.zeros(0, np.float32), np.zeros(0, np.int32), "dots")
            return PointedFaces(none, np.zeros((0, 5, 2), np.float32))
        found = np.array(points, np.float32)
        (left, top), (right, bottom) = found.min(axis=0), found.max(axis=0)
        grown = 0.5 * max(right - left, bottom - top)
        box = np.array([[left - grown, top - grown, right + grown, bottom + grown]], np.float32)
        return PointedFaces(
            Detections(box, np.ones(1, np.float32), np.zeros(1, np.int32), "dots"), found[None].astype(np.float32)
        )

    def _dot(self, bgr: np.ndarray, colour: tuple[int, int, int]) -> tuple[float, float] | None:
        wanted = np.array(colour) > 0
        like = np.where(wanted, bgr > 140, bgr < 110).all(axis=-1)
        rows, columns = np.nonzero(like)
        return (float(columns.mean()), float(rows.mean())) if len(rows) > 10 else None
