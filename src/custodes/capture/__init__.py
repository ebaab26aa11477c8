"""Turns cameras, streams and files into pictures in presentation order, each with the time it was captured.

Every source speaks `VideoSource`: it blocks for a bounded time only, its times never fall, and it fails with one clear
`CaptureError`. `Reconnector` makes one that never gives up of a source that does.
"""

from custodes.capture.errors import StalledError, UnreachableError
from custodes.capture.file import open_file
from custodes.capture.open import open_source
from custodes.capture.probe import probe
from custodes.capture.reconnect import Backoff, Reconnector
from custodes.capture.rest import LONGEST_REST_S
from custodes.capture.settings import SourceSettings
from custodes.capture.source import Gap, StreamInfo, VideoSource
from custodes.capture.stream import Transport, open_stream
from custodes.capture.urls import file_path, hide_password, propose_substreams

__all__ = [
    "LONGEST_REST_S",
    "Backoff",
    "Gap",
    "Reconnector",
    "SourceSettings",
    "StalledError",
    "StreamInfo",
    "Transport",
    "UnreachableError",
    "VideoSource",
    "file_path",
    "hide_password",
    "open_file",
    "open_source",
    "open_stream",
    "probe",
    "propose_substreams",
]
