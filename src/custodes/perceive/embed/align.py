"""Faces turned, scaled and moved so that their five points lie where an embedder expects them."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE: Final = 112
"""Width and height of an aligned face, pixels."""

TEMPLATE: Final = np.array([(38.29, 51.70), (73.53, 51.50), (56.03, 71.74), (41.55, 92.37), (70.73, 92.20)])
"""Where the eyes, the tip of the nose and the corners of the mouth belong in an aligned face (ArcFace, 112x112)."""

_REDUCED = 0.5
"""Below this scale sampling would skip pixels, so the picture is averaged down first."""


def similarity(points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the turn, scale and shift that bring `points` nearest to `TEMPLATE`, in the least-squares sense.

    With points as complex numbers z, that is az + b, where the sums over the five have a closed solution; there is no
    mirroring among these maps.

    Args:
        points: (5, 2), x and y in pixels, in the order of `TEMPLATE`, not all in one place.

    Returns:
        float64 (2, 3): the matrix that maps (x, y, 1) to the aligned face.

    Raises:
        ValueError: They are in one place, or no numbers.
    """
    source = points.astype(np.float64) @ (1, 1j)
    target = TEMPLATE @ (1, 1j)
    spread = source - source.mean()
    size = float((np.abs(spread) ** 2).sum())
    if not np.isfinite(size) or size == 0:
        msg = "the five points are in one place, or no numbers"
        raise ValueError(msg)
    a = complex((spread.conj() * (target - target.mean())).sum() / size)
    b = complex(target.mean() - a * source.mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def aligned(bgr: NDArray[np.uint8], points: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return the face of `points` (5, 2) in a picture (h, w, 3) as (112, 112, 3); black where the picture ends.

    Raises:
        ValueError: The points are in one place, or no numbers.
    """
    matrix = similarity(points)
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < _REDUCED:
        width, height = (max(round(side * scale), 1) for side in (bgr.shape[1], bgr.shape[0]))
        factor = np.array([width / bgr.shape[1], height / bgr.shape[0]])
        bgr = np.asarray(cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        # Pixel centres lie at whole numbers, so scaling moves them by half a pixel before and after.
        matrix = similarity((points + 0.5) * factor - 0.5)
    return np.asarray(cv2.warpAffine(bgr, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)
