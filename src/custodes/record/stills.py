"""JPEG thumbnails of redacted frames, and sheets of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import StoreError
from custodes.domain.imagery import RedactedFrame, RedactedStill

_WIDTH, _HEIGHT = 320, 240
_QUALITY: Final = 82
_MARGIN: Final = 2.2
"""A thumbnail shows so many times the object's longer side."""
_LEAST: Final = 0.3
"""It shows no less than this part of the picture's width."""
_FRAME_BGR: Final = (60, 200, 255)
_COLUMNS: Final = 5
_CAPTION: Final = 26
_PAPER, _INK = 245, 40


def make_still(frame: RedactedFrame, *, box_norm: tuple[float, float, float, float] | None) -> RedactedStill:
    """Return a thumbnail, at most 320x240 pixels, that shows an object in its surroundings, framed.

    Args:
        frame: The redacted picture.
        box_norm: The object: left, top, right, bottom, 0-1 of the picture; the whole picture is shown without it.
    """
    bgr: NDArray[np.uint8] = np.asarray(frame.picture.to_ndarray(format="bgr24"), np.uint8)
    if box_norm is not None:
        bgr = _around(bgr, np.array(box_norm))
    scale = min(_WIDTH / bgr.shape[1], _HEIGHT / bgr.shape[0])
    size = max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise StoreError("A thumbnail could not be encoded")
    return RedactedStill._seal(jpeg.tobytes(), *size)  # type: ignore[no-any-return]


def contact_sheet(path: Path, stills: Sequence[tuple[RedactedStill, str]]) -> None:
    """Write a PNG with all `stills` in rows of five, each over its caption; one line of text where there are none.

    Raises:
        StoreError: It cannot be written.
    """
    rows = max(1, -(-len(stills) // _COLUMNS))
    sheet = np.full((rows * (_HEIGHT + _CAPTION), _COLUMNS * _WIDTH, 3), _PAPER, np.uint8)
    for number, (still, caption) in enumerate(stills):
        row, column = divmod(number, _COLUMNS)
        top, left = row * (_HEIGHT + _CAPTION), column * _WIDTH
        bgr = np.asarray(cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        sheet[top : top + still.height, left : left + still.width] = bgr
        _write(sheet, caption, left, top + _HEIGHT)
    if not stills:
        _write(sheet, "no event with a picture", 0, 0)
    done, png = cv2.imencode(".png", sheet)
    try:
        path.write_bytes(png.tobytes() if done else b"")
    except OSError as error:
        raise StoreError(f"{path} cannot be written", why=error.strerror or "", fix="free some space") from error


def _around(bgr: NDArray[np.uint8], box_norm: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return the part of `bgr` around a box, of a thumbnail's shape where the picture is large enough, box drawn."""
    height, width = bgr.shape[:2]
    box = np.clip(box_norm, 0, 1) * [width, height, width, height]
    sides = box[2:] - box[:2]
    wide = max(sides[0] * _MARGIN, sides[1] * _MARGIN * _WIDTH / _HEIGHT, _LEAST * width)
    wide = min(wide, width)
    high = min(wide * _HEIGHT / _WIDTH, height)
    centre = (box[:2] + box[2:]) / 2
    corner = np.clip(centre - np.array([wide, high]) / 2, 0, np.array([width - wide, height - high])).astype(int)
    part = bgr[corner[1] : corner[1] + int(high), corner[0] : corner[0] + int(wide)].copy()
    thick = max(1, round(wide / _WIDTH))
    (left, top), (right, bottom) = (box[:2] - corner).astype(int), (box[2:] - corner).astype(int)
    cv2.rectangle(part, (int(left), int(top)), (int(right), int(bottom)), _FRAME_BGR, thick)
    return part


def _write(sheet: NDArray[np.uint8], text: str, left: int, top: int) -> None:
    place = left + 4, top + _CAPTION - 9
    cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (_INK, _INK, _INK), 1, cv2.LINE_AA)
