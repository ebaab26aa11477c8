"""Makes one clip of what custodians opened: cut to the interval, with the request's id burned into every picture.

This is the only place where sealed originals become pictures again. Neither server nor workers import it.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import IntegrityError, StoreError
from custodes.domain.time import NS_PER_S, to_iso
from custodes.vault import SealedReader

_TIME_BASE: Final = Fraction(1, 90_000)
"""As fine as that of sealed parts: what a camera sends in a burst as it connects is a few ticks apart."""
_RATE: Final = 25
_OPTIONS: Final = {"preset": "veryfast", "crf": "20"}
_FAINT: Final = 24
"""Luma levels by which the id is brighter or darker than the picture it covers."""
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_BLACK, _WHITE = 16, 235

Luma = NDArray[np.uint8]


def write_clip(path: Path, parts: Sequence[SealedReader], interval_ns: tuple[int, int], mark: str) -> list[int]:
    """Write what `parts` show of an interval into one MP4 without sound.

    Args:
        path: The file, which must not exist.
        parts: Of one camera, opened; in any order.
        interval_ns: From when to when, nanoseconds since the Unix epoch.
        mark: Burned into every picture: across it, faintly, and on a strip below with the time.

    Returns:
        How many pictures came from each of `parts`.

    Raises:
        IntegrityError: A chunk was changed, or nothing of the interval is there.
        StoreError: The clip cannot be written.
    """
    counts = [0] * len(parts)
    order = sorted(range(len(parts)), key=lambda number: parts[number].header.start)
    clip: _Clip | None = None
    last = -1
    try:
        for number in order:
            for picture, utc_ns in _pictures(parts[number], interval_ns):
                ticks = round((utc_ns - interval_ns[0]) / NS_PER_S / _TIME_BASE)
                if ticks <= last:
                    continue
                last = ticks
                clip = clip or _Clip(path, picture.width, picture.height, mark)
                clip.add(picture, ticks, utc_ns)
                counts[number] += 1
    except OSError as error:
        raise StoreError(f"{path} cannot be written", why=error.strerror or "", fix="free some space") from error
    finally:
        if clip is not None:
            clip.close()
    if clip is None:
        raise IntegrityError("Nothing was sealed in this interval", why="no picture in these hours is of it")
    return counts


class _Clip:
    """The clip while it is written."""

    def __init__(self, path: Path, width: int, height: int, mark: str) -> None:
        self._mark = mark
        self._size = width & ~1, height & ~1
        self._strip = max(24, height // 24) & ~1
        self._faint = _tiled(mark, *self._size)
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
        self._stream = self._container.add_stream("libx264", _RATE, dict(_OPTIONS))
        self._stream.width, self._stream.height = self._size[0], self._size[1] + self._strip
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _TIME_BASE

    def add(self, picture: av.VideoFrame, ticks: int, utc_ns: int) -> None:
        """Add a picture with its marks."""
        width, height = self._size
        planes = np.asarray(picture.reformat(width, height, "yuv420p").to_ndarray(), np.uint8)
        luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
        marked = np.clip(luma.astype(np.int16) + self._faint, _BLACK, _WHITE).astype(np.uint8)
        strip = np.full((self._strip, width), _BLACK, np.uint8)
        _write(strip, f"{self._mark}  {to_iso(utc_ns)}", (4, self._strip * 3 // 4), self._strip / 40)
        grey = np.full((2, self._strip // 2, width // 2), 128, np.uint8)
        below = np.concatenate([chroma, grey], axis=1).reshape(-1, width)
        frame = av.VideoFrame.from_ndarray(np.concatenate([marked, strip, below]), format="yuv420p")
        frame.pts, frame.time_base = ticks, _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Complete the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


def _pictures(part: SealedReader, interval_ns: tuple[int, int]) -> Iterator[tuple[av.VideoFrame, int]]:
    """Yield pictures of an interval with their wall times."""
    start_ns, end_ns = interval_ns
    part.seek(0)
    try:
        with av.open(part, "r", format="mp4") as video:
            stream = video.streams.video[0]
            since_ns = start_ns - part.header.start
            if since_ns > 0 and stream.time_base:
                video.seek(int(since_ns / NS_PER_S / stream.time_base), stream=stream)
            for picture in _decoded(video.demux(stream)):
                utc_ns = part.header.start + round((picture.time or 0.0) * NS_PER_S)
                if utc_ns >= end_ns:
                    return
                if utc_ns >= start_ns:
                    yield picture, utc_ns
    except (av.error.InvalidDataError, av.error.EOFError):
        if part.complete:
            raise IntegrityError("A sealed part cannot be played", why="it holds no video that FFmpeg reads") from None


def _decoded(packets: Iterator["av.Packet[av.VideoStream]"]) -> Iterator[av.VideoFrame]:
    """Yield what can be decoded; a picture that the camera sent broken is left out."""
    for packet in packets:
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _tiled(mark: str, width: int, height: int) -> NDArray[np.int16]:
    """Return what to add to a picture's luma so that `mark` shows all over it."""
    scale = width / 1000
    (wide, high), _ = cv2.getTextSize(mark, _FONT, scale, 1)
    bright, dark = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    for row, top in enumerate(range(high, height + high, high * 6)):
        for left in range(-(row % 2) * wide // 2, width, wide + wide // 2):
            _write(dark, mark, (left + 1, top + 1), scale)
            _write(bright, mark, (left, top), scale)
    return (bright.astype(np.int16) - dark.astype(np.int16)) * _FAINT // _WHITE


def _write(picture: Luma, text: str, place: tuple[int, int], scale: float) -> None:
    cv2.putText(picture, text, place, _FONT, scale, (_WHITE,), max(1, round(scale)), cv2.LINE_AA)
