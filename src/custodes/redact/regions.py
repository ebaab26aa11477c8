"""Where a person's head is, given the person's box, and how far a mask reaches beyond a face."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from custodes.domain.geometry import grow

_HEAD_OF_HEIGHT = 0.22
"""A standing adult's head and neck take up 0.18 of the height; the rest allows for loose boxes."""
_HEAD_OF_WIDTH = 0.7
"""Sitting or cut off at the waist, the head takes up 0.6 of the shoulders' width."""
_SLIM = 0.62
"""Boxes narrower than this share of their height are of standing persons, whose head is near the middle."""
_ABOVE = 0.03
"""Detectors cut off the top of heads by up to this share of the box height."""

Boxes = NDArray[np.floating[Any]]
Exact = NDArray[np.float64]


def head_regions(persons: Boxes) -> Exact:
    """Return the parts (n, 4) of person boxes (n, 4), both pixels, in which the head must be.

    Standing persons: the top 22 %, around the middle. The wider the box for its height (sitting, cycling, cut off by
    the picture's edge, close to the camera), the more of it: up to the whole.
    """
    left, top, right, bottom = np.asarray(persons, np.float64).T
    width, height = right - left, bottom - top
    deep = np.minimum(height, np.maximum(_HEAD_OF_HEIGHT * height, _HEAD_OF_WIDTH * width))
    slim = (_SLIM * height - width) / np.maximum(_SLIM * height, 1e-6) * 2
    slim = np.minimum(np.maximum(slim, 0), 1)
    half = width * (0.55 - 0.13 * slim)
    half = np.maximum(half, 0.09 * height)
    middle = (left + right) / 2
    return np.array([middle - half, top - _ABOVE * height, middle + half, top + deep]).T


def face_masks(faces: Boxes, factor: float) -> Exact:
    """Return boxes (n, 4) that hide faces (n, 4), pixels: the one place where a face's box is grown."""
    return np.asarray(grow(faces, factor), np.float64)


def hulls(boxes: Boxes, sizes: list[int]) -> Exact:
    """Return the smallest boxes (m, 4) around groups of `boxes` (n, 4): first `sizes[0]`, the next `sizes[1]`..."""
    starts = np.cumsum([0, *sizes[:-1]])
    low = np.minimum.reduceat(boxes[:, :2], starts)
    return np.concatenate([low, np.maximum.reduceat(boxes[:, 2:], starts)], axis=1).astype(np.float64)


def to_relative(box: Boxes, frame: Boxes) -> Exact:
    """Return `box` (4,) in units of `frame` (4,): (0, 0, 1, 1) is the frame itself."""
    low, high = frame[:2], frame[2:]
    return np.asarray(((box.reshape(2, 2) - low) / np.maximum(high - low, 1e-6)).reshape(4), np.float64)


def from_relative(relative: Boxes, frames: Boxes) -> Exact:
    """Return the boxes (n, 4) that are `relative` (n, 4) to `frames` (n, 4), row by row."""
    low, high = frames[:, None, :2], frames[:, None, 2:]
    return np.asarray((low + relative.reshape(-1, 2, 2) * (high - low)).reshape(-1, 4), np.float64)
