"""Masking of rectangles in all planes of a 4:2:0 picture.

Strength: a pixelated mask shows at most `cells` x `cells` averages (4 x 4 by default) of a box 1.3 times the face, so
about three by three numbers of the face itself, and never a cell under `min_cell_px`. That is enough to hide a person
from whoever watches. It is not enough against an attacker with a short list of candidates and a photograph of each, who
pixelates these alike and compares: docs/explanation/redaction.md has the rates, with N and intervals. Solid fill keeps
nothing but position and size: choose it where that matters.
"""

from collections.abc import Iterator
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.geometry import clip
from custodes.redact.settings import RedactionSettings

GREY = 128
_PLANES_420 = ("yuv420p", "yuvj420p")

Plane = NDArray[np.uint8]


def planes_of(picture: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Return writable views (h, w), (h/2, w/2), (h/2, w/2) uint8 of a picture's planes, rounded up.

    Raises:
        ValueError: The picture is not 4:2:0 planar, 8 bits.
    """
    if picture.format.name not in _PLANES_420:
        raise ValueError(f"cannot mask {picture.format.name}")
    y, u, v = (_view(plane) for plane in picture.planes)
    return y, u, v


def _view(plane: Any) -> Plane:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def mask_rectangles(xyxy: NDArray[np.floating[Any]], width: int, height: int) -> NDArray[np.int32]:
    """Return what masking `xyxy` really covers: boxes cut to the picture and moved outwards to even pixels.

    Even pixels are where luma and chroma agree.

    Args:
        xyxy: (n, 4) pixels.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        int32 (m, 4) left, top, right, bottom, the smaller first; m <= n as empty boxes, and boxes inside another,
        are dropped.

    Raises:
        ValueError: A box is not a number.
    """
    if not np.isfinite(xyxy).all():
        raise ValueError("a mask box is not finite")
    boxes = clip(np.asarray(xyxy, np.float64).reshape(-1, 4), width, height)
    boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    low = np.floor(boxes[:, :2] / 2) * 2
    high = np.minimum(np.ceil(boxes[:, 2:] / 2) * 2, [width, height])
    order = np.argsort((high - low).max(axis=1, initial=0), kind="stable")
    rectangles = np.concatenate([low, high], axis=1)[order].astype(np.int32)
    within = (rectangles[:, None, :2] >= rectangles[None, :, :2]) & (rectangles[:, None, 2:] <= rectangles[None, :, 2:])
    return rectangles[~np.triu(within.all(axis=2), 1).any(axis=1)]


def mask_picture(picture: av.VideoFrame, xyxy: NDArray[np.floating[Any]], settings: RedactionSettings) -> None:
    """Mask boxes (n, 4), pixels, in every plane of `picture`, in place.

    Where masks overlap, coarser cells are laid over finer ones, so an overlap never shows more than one mask would.

    Raises:
        ValueError: The picture is not 4:2:0 planar, or a box is not a number.
    """
    picture.make_writable()  # the decoder may still predict from this memory
    planes = planes_of(picture)
    for left, top, right, bottom in mask_rectangles(xyxy, picture.width, picture.height):
        cells_wh = cells_across(right - left, bottom - top, settings)
        for plane, scale in zip(planes, (1, 2, 2), strict=True):
            part = plane[top // scale : -(-bottom // scale), left // scale : -(-right // scale)]
            if settings.style == "solid":
                part[:] = GREY
            else:
                means = cv2.resize(part, cells_wh, interpolation=cv2.INTER_AREA)
                part[:] = cv2.resize(means, part.shape[::-1], interpolation=cv2.INTER_NEAREST)


def cells_across(width: int, height: int, settings: RedactionSettings) -> tuple[int, int]:
    """Return how many cells a mask of `width` x `height` pixels has across and down, at least 1 each."""
    cell = max(max(width, height) / settings.cells, settings.min_cell_px)
    return max(int(width / cell), 1), max(int(height / cell), 1)


def blank_picture(width: int, height: int) -> av.VideoFrame:
    """Return a uniform grey yuv420p picture of `width` x `height` pixels."""
    picture = av.VideoFrame(width, height, "yuv420p")
    for plane in planes_of(picture):
        plane[:] = GREY
    return picture


def coverage(
    boxes: NDArray[np.floating[Any]], rectangles: NDArray[np.int32], width: int, height: int
) -> Iterator[float]:
    """Yield for each of `boxes` (n, 4), pixels, the share 0-1 of its area (cut to the picture) under `rectangles`."""
    masked = np.zeros((height, width), bool)
    for left, top, right, bottom in rectangles:
        masked[top:bottom, left:right] = True
    for left, top, right, bottom in np.rint(clip(boxes, width, height)).astype(int):
        inside = masked[top : max(bottom, top + 1), left : max(right, left + 1)]
        yield float(inside.mean()) if inside.size else 1.0
