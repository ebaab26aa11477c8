"""Redacted recordings without a camera."""

from itertools import islice
from pathlib import Path

from api_support import synthetic_frames
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.record import FragmentEncoder, RecordingSettings, SegmentRecorder
from custodes.store import Store

SETTINGS = RecordingSettings(segment_s=2, min_free_gb=0)


def refuse(why: str) -> None:
    raise AssertionError(why)


def record(  # noqa: PLR0917
    store: Store,
    root: Path,
    clock: Clock,
    camera: CameraId,
    start_ns: int,
    seconds: int,
    *,
    size: tuple[int, int] = (96, 64),
) -> None:
    """Record so many seconds from `start_ns` on, in files of two seconds."""
    recorder = SegmentRecorder(store, root, camera, SETTINGS, clock=clock, on_alert=refuse)
    encoder = FragmentEncoder(camera, SETTINGS)
    for frame in islice(synthetic_frames(start_ns, size=size), seconds * 10):
        for fragment in encoder.encode(frame):
            recorder.write(fragment)
    for fragment in encoder.close():
        recorder.write(fragment)
    recorder.close()
