"""A real RTSP server on loopback that plays video files over and over, for the demo and for tests.

It runs in a process of its own: Debian's GStreamer server under the system's Python where that is installed, else the
one of the PyPI package aio-rtsp-toolkit.
"""

from custodes.app.rtsp_server.server import RtspServer, has_gstreamer

__all__ = ["RtspServer", "has_gstreamer"]
