"""Plays H.264 files in a loop with GStreamer's RTSP server; run by the system's Python, which has its bindings.

Usage: gst_server.py PORT NAME=FILE...   or   gst_server.py --check
Prints `ready PORT` once it listens on 127.0.0.1, and ends when its standard input does.
"""

import os
import sys
import threading
from itertools import pairwise
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  the versions come first

ELEMENTS = ("appsrc", "appsink", "qtdemux", "h264parse", "rtph264pay")
CAPS = "video/x-h264,stream-format=byte-stream,alignment=au"
UDP_PORTS = (41000, 41999)
"""Where RTP over UDP is sent from; always on loopback."""


class Clip:
    """The pictures of one file, still coded, each with how long it is shown."""

    def __init__(self, path: str) -> None:
        read = f'filesrc location="{path}" ! qtdemux ! h264parse config-interval=-1 ! {CAPS}'
        pipeline = Gst.parse_launch(f"{read} ! appsink name=out sync=false")
        sink = pipeline.get_by_name("out")
        pipeline.set_state(Gst.State.PLAYING)
        self.pictures: list[bytes] = []
        stamps: list[int] = []
        while (sample := sink.emit("pull-sample")) is not None:
            buffer = sample.get_buffer()
            self.pictures.append(buffer.extract_dup(0, buffer.get_size()))
            stamps.append(buffer.pts)
        pipeline.set_state(Gst.State.NULL)
        if len(stamps) < 2:  # noqa: PLR2004
            sys.exit(f"{path} holds no H.264 video")
        step = (stamps[-1] - stamps[0]) // (len(stamps) - 1)
        self.durations = [after - before for before, after in pairwise(stamps)] + [step]


class Feeder:
    """Hands the pictures of a clip to one media, for ever, with time stamps that go on rising."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.number = 0
        self.stamp = 0

    def push(self, source: Any, _length: int) -> None:
        """Push the next picture into the GStreamer element `source`."""
        index = self.number % len(self.clip.pictures)
        buffer = Gst.Buffer.new_wrapped(self.clip.pictures[index])
        buffer.pts = buffer.dts = self.stamp
        buffer.duration = self.clip.durations[index]
        self.number += 1
        self.stamp += buffer.duration
        source.emit("push-buffer", buffer)


def loop_factory(clip: Clip, pool: Any) -> Any:
    """Return what makes the media of `clip`, shared by all who watch it; `pool` gives its UDP addresses."""
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_address_pool(pool)
    factory.set_launch(
        f"( appsrc name=source is-live=true format=time max-bytes=100000 caps={CAPS}"
        " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    factory.connect("media-configure", attach_feeder, clip)
    return factory


def attach_feeder(_factory: Any, media: Any, clip: Clip) -> None:
    """Let a new feeder of `clip` fill the new `media`."""
    media.get_element().get_by_name_recurse_up("source").connect("need-data", Feeder(clip).push)


def main(arguments: list[str]) -> None:
    """Check, or serve until the standard input ends."""
    Gst.init(None)
    missing = [name for name in ELEMENTS if Gst.ElementFactory.find(name) is None]
    if missing:
        sys.exit(f"GStreamer lacks {', '.join(missing)}")
    if arguments == ["--check"]:
        return
    port, *mounts = arguments
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    pool = GstRtspServer.RTSPAddressPool()
    pool.add_range("127.0.0.1", "127.0.0.1", *UDP_PORTS, 0)
    for mount in mounts:
        name, _, path = mount.partition("=")
        server.get_mount_points().add_factory(f"/{name}", loop_factory(Clip(path), pool))
    if server.attach(None) == 0:
        sys.exit(f"port {port} cannot be used")
    threading.Thread(target=end_with_input, daemon=True).start()
    print("ready", server.get_bound_port(), flush=True)  # noqa: T201  read by the process that started this one
    GLib.MainLoop().run()


def end_with_input() -> None:
    """End this process when the one that started it closes the pipe between them, or dies."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
