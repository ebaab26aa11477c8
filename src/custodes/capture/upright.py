"""Pictures as they are meant to be seen: with square pixels, and turned as their container says.

Detectors know upright people; of a portrait film that lies on its side they find next to nobody, and nothing would be
masked.
"""

from fractions import Fraction
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

_PLAIN_FORMATS: Final = frozenset({"yuv420p", "yuvj420p"})
_SQUARE: Final = Fraction(1, 50)
"""Pixels whose sides differ by less than this share are left as they are."""
_MOST_ASPECT: Final = 4
"""Pixels longer than this are taken for a mistake of the file."""
_QUARTER: Final = 90


class Upright:
    """Makes decoded pictures 4:2:0, square in their pixels, and upright. Keeps a converter; for one thread."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, picture: av.VideoFrame, aspect: Fraction | None = None) -> av.VideoFrame:
        """Return `picture` as `yuv420p` or `yuvj420p`; itself where there is nothing to do.

        Args:
            picture: As decoded; its turn is noted in it.
            aspect: Width of its pixels over their height; None or 0 where it is not known.
        """
        plain = picture.format.name in _PLAIN_FORMATS
        width = _square_width(picture.width, aspect)
        if not plain or width != picture.width:
            picture = self._reformatter.reformat(
                picture,
                width=width,
                height=picture.height,
                format=picture.format.name if plain else "yuv420p",
                dst_color_range=None if plain else ColorRange.MPEG,
            )
        quarters = round(picture.rotation / _QUARTER) % 4
        return _turned(picture, quarters) if quarters else picture


def _square_width(width: int, aspect: Fraction | None) -> int:
    if not aspect or abs(aspect - 1) < _SQUARE or not Fraction(1, _MOST_ASPECT) <= aspect <= _MOST_ASPECT:
        return width
    return max(round(width * aspect / 2) * 2, 2)


def _turned(picture: av.VideoFrame, quarters: int) -> av.VideoFrame:
    """Return a 4:2:0 picture turned by so many quarters, counterclockwise."""
    width, height = (picture.width, picture.height) if quarters % 2 == 0 else (picture.height, picture.width)
    turned = av.VideoFrame(width, height, picture.format.name)
    for source, target in zip(picture.planes, turned.planes, strict=True):
        pixels = np.frombuffer(memoryview(source), np.uint8).reshape(-1, source.line_size)
        rows = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
        rows[: target.height, : target.width] = np.rot90(pixels[: source.height, : source.width], quarters)
    turned.pts = picture.pts
    turned.key_frame = picture.key_frame  # type: ignore[misc]  # PyAV's stubs lack the setter
    if picture.time_base is not None:
        turned.time_base = picture.time_base
    turned.color_range, turned.colorspace = picture.color_range, picture.colorspace
    return turned
