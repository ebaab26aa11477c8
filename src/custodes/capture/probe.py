"""Looking at a stream before it is used."""

from dataclasses import replace
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from custodes.capture.errors import read_error
from custodes.capture.file import open_file
from custodes.capture.pictures import describe, pick_video
from custodes.capture.settings import SCHEMES
from custodes.capture.source import StreamInfo
from custodes.capture.stream import Transport, open_container
from custodes.capture.urls import file_path, hide_password
from custodes.domain.errors import CaptureError
from custodes.domain.time import Clock, SystemClock

_TIMEOUT_S: Final = 10.0
_SAMPLE_S: Final = 2.0
"""How much of a live stream is measured for its bit rate."""


def probe(url: str, *, transport: Transport = "tcp", clock: Clock | None = None) -> StreamInfo:
    """Return what the stream or file at `url` is; takes a few seconds for live streams.

    Raises:
        CaptureError: It cannot be opened or is no video.
    """
    path = file_path(url)
    if path is not None:
        source = open_file(path)
        source.close()
        return source.info
    shown = hide_password(url)
    if url.partition("://")[0].lower() not in SCHEMES:
        raise CaptureError(
            f"{shown} cannot be opened",
            why="that is no address of a camera",
            fix=f"give one that starts with {'://, '.join(SCHEMES)}://, or the path of a file",
        )
    clock = clock or SystemClock()
    container = open_container(
        url, transport=transport, timeout_s=_TIMEOUT_S, video_only=False, clock=clock, shown=shown
    )
    try:
        stream = pick_video(container, shown)
        info = describe(container, stream, live=True)
        if info.bit_rate:
            return info
        return replace(info, bit_rate=_bit_rate(container, stream, clock))
    except av.error.FFmpegError as error:
        failure = read_error(error, shown)
    finally:
        container.close()
    raise failure


def _bit_rate(container: InputContainer, stream: VideoStream, clock: Clock) -> int:
    """Measure bits a second of media time, for at most `_SAMPLE_S` of it or of waiting."""
    started_s = clock.monotonic_s()
    size = 0
    first_s = last_s = None
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base is not None:
            last_s = float(packet.pts * packet.time_base)
            first_s = last_s if first_s is None else first_s
        size += packet.size
        if clock.monotonic_s() - started_s > _SAMPLE_S:
            break
    covered_s = (last_s or 0.0) - (first_s or 0.0)
    return round(size * 8 / covered_s) if covered_s > 0 else 0
