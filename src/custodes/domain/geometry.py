"""Boxes, polygons and directed lines, in pixels or normalised coordinates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Boxes = NDArray[np.floating[Any]]


def area(xyxy: Boxes) -> Boxes:
    """Return the areas (n,) of boxes (n, 4); inverted boxes count as empty."""
    sides = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return sides[:, 0] * sides[:, 1]


def intersection(a: Boxes, b: Boxes) -> Boxes:
    """Return the intersection areas (n, m) of boxes `a` (n, 4) and `b` (m, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return sides[..., 0] * sides[..., 1]  # type: ignore[no-any-return]


def iou(a: Boxes, b: Boxes) -> Boxes:
    """Return intersection over union (n, m), 0-1, of boxes `a` (n, 4) and `b` (m, 4); 0 where both are empty."""
    common = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def clip(xyxy: Boxes, width: int, height: int) -> Boxes:
    """Return boxes (n, 4) cut to a picture of `width` x `height` pixels."""
    limit = np.array([width, height, width, height], xyxy.dtype)
    return np.minimum(np.maximum(xyxy, 0), limit)


def grow(xyxy: Boxes, factor: float | Boxes) -> Boxes:
    """Return boxes (n, 4) scaled about their centres by `factor`: one for all, or (n, 1)."""
    low, high = xyxy[:, :2], xyxy[:, 2:]
    centre = (low + high) / 2
    half = (high - low) * (factor / 2)
    return np.concatenate([centre - half, centre + half], axis=1)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Return whether `point` lies inside `polygon` by the even-odd rule; an edge belongs to one of its two sides."""
    x, y = point
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def covers(polygon: Sequence[Point], box: tuple[float, float, float, float]) -> bool:
    """Return whether `box` (left, top, right, bottom) lies inside `polygon` as a whole, by the even-odd rule."""
    left, top, right, bottom = box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    if not all(contains(polygon, corner) for corner in corners):
        return False
    sides = tuple(zip(corners, corners[1:] + corners[:1], strict=True))
    for start, end in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if left < start[0] < right and top < start[1] < bottom:
            return False
        if any(segments_cross(start, end, *one) for one in sides):
            return False
    return True


def side(start: Point, end: Point, point: Point) -> float:
    """Return a value above 0 where `point` lies right of the line from `start` to `end` (y points down), below 0 left.

    Its size is twice the area of the triangle.
    """
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def segments_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether the segments a-b and c-d properly cross (touching ends do not count)."""
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
