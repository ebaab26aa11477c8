"""One way to open whatever the settings of a camera name."""

from custodes.capture.file import open_file
from custodes.capture.settings import SourceSettings
from custodes.capture.source import VideoSource
from custodes.capture.stream import open_stream
from custodes.capture.tap import OnPacket
from custodes.capture.urls import file_path
from custodes.domain.time import Clock, SystemClock


def open_source(
    settings: SourceSettings,
    *,
    sub: bool = False,
    clock: Clock | None = None,
    enough_fps: float | None = None,
    on_packet: OnPacket | None = None,
) -> VideoSource:
    """Open the main stream of `settings`, or its sub-stream where there is one and `sub` is True.

    Args:
        settings: Where the pictures come from.
        sub: Whether to open the sub-stream.
        clock: Times the pictures.
        enough_fps: So many pictures a second are enough: others may be left out where that spares decoding. By default
            all are wanted.
        on_packet: Called with each packet of the video before it is decoded, on the thread that reads.

    Raises:
        CaptureError: It cannot be opened. Neither this nor later errors say its address, which may hold secrets: they
            are shown to everybody who may know how the camera is doing.
    """
    clock = clock or SystemClock()
    chosen = settings.sub_url if sub and settings.sub_url is not None else settings.url
    url = chosen.get_secret_value()
    path = file_path(url)
    if path is not None:
        return open_file(
            path,
            loop=settings.loop,
            realtime=settings.realtime,
            clock=clock,
            enough_fps=enough_fps,
            on_packet=on_packet,
            shown="the file",
        )
    return open_stream(
        url,
        transport=settings.transport,
        timeout_s=settings.stall_after_s,
        clock=clock,
        enough_fps=enough_fps,
        on_packet=on_packet,
        shown="the camera",
    )
