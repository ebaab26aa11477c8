"""Fitting a picture into a network's input without distorting it."""

import cv2
import numpy as np
from numpy.typing import NDArray

_GREY = 114


def fit(width: int, height: int, most_wh: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Return the smallest input (w, h), in multiples of `multiple`, that holds a picture scaled to fit `most_wh`.

    >>> fit(768, 576, (640, 384), 32)
    (512, 384)
    """
    scale = min(most_wh[0] / width, most_wh[1] / height)
    return _up(width * scale, multiple), _up(height * scale, multiple)


def _up(length: float, multiple: int) -> int:
    return max(-(-round(length) // multiple), 1) * multiple


def letterbox(bgr: NDArray[np.uint8], width: int, height: int) -> tuple[NDArray[np.uint8], float]:
    """Scale a picture into the top left corner of a grey one.

    Args:
        bgr: (h, w, 3).
        width: Of the result, pixels.
        height: The same.

    Returns:
        (height, width, 3) uint8, and its pixels per pixel of `bgr`.
    """
    scale = min(width / bgr.shape[1], height / bgr.shape[0])
    wide, high = (max(round(side * scale), 1) for side in (bgr.shape[1], bgr.shape[0]))
    boxed = np.full((height, width, 3), _GREY, np.uint8)
    how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR  # noqa: PLR2004  linear alone would skip pixels
    cv2.resize(bgr, (wide, high), dst=boxed[:high, :wide], interpolation=how)
    return boxed, scale
