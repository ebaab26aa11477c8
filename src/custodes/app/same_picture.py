"""Which photos are one picture, saved twice."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections

_SIDE_PX: Final = 256
_COARSE: Final = (16, 16)
_SAME: Final = 0.995
"""Correlation from which two photos are one picture.

On the ORL faces, bare, on grey and before a patterned wall (1200 photos), it is at most .9922 for two photographs of
one person (10,800 comparisons). For a photograph and its copy, saved as JPEG at quality 50 to 95, scaled by 5 % or
both, it is at least .9994, and at half the size and quality 50 at least .9955 (600 photographs).

Embeddings do not tell these apart: there, the cosine of two photographs of one person is up to .985, and above .967 for
one pair in a hundred (1758 pairs); that of a photograph and its copy is below .96 for one in twenty, and .918 at least.
"""


@dataclass(frozen=True, slots=True, repr=False)
class Sketch:
    """A photo, small and grey, by which it is known again.

    Attributes:
        grey: uint8 (256, 256), the whole photo, pressed into a square.
        face: Where the face is in it, left, top, right, bottom in pixels.
    """

    grey: NDArray[np.uint8]
    face: tuple[int, int, int, int]

    def __repr__(self) -> str:
        return "Sketch()"

    def correlation(self, other: "Sketch") -> float:
        """Return how alike the two photos are where the face is in this one, at 16 x 16 pixels: -1 to 1."""
        left, top, right, bottom = self.face
        both = np.stack(
            [
                cv2.resize(grey[top:bottom, left:right], _COARSE, interpolation=cv2.INTER_AREA).ravel()
                for grey in (self.grey, other.grey)
            ]
        ).astype(np.float64)
        both -= both.mean(axis=1, keepdims=True)
        norm = float(np.prod(np.linalg.norm(both, axis=1)))
        product = float(both[0] @ both[1])
        both.fill(0)
        return product / norm if norm else 0.0

    def same(self, other: "Sketch") -> bool:
        """Return whether both are one picture, saved again, perhaps smaller or with more loss."""
        return self.correlation(other) >= _SAME


def sketch(bgr: NDArray[np.uint8], found: Detections) -> Sketch:
    """Return the sketch of a photo.

    Args:
        bgr: The photo, uint8 (h, w, 3).
        found: Its faces, at least one, of which the first counts.
    """
    grey = cv2.resize(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    height, width = bgr.shape[:2]
    left, top, right, bottom = (found.xyxy[0] * _SIDE_PX / (width, height, width, height)).round().clip(0, _SIDE_PX)
    return Sketch(
        np.asarray(grey, np.uint8),
        (
            min(int(left), _SIDE_PX - 1),
            min(int(top), _SIDE_PX - 1),
            max(int(right), int(left) + 1),
            max(int(bottom), int(top) + 1),
        ),
    )
