"""Writes fragments into files of a few seconds, each listed in the index before it exists."""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.domain.imagery import RedactedFragment
from custodes.domain.time import NS_PER_S, Clock
from custodes.record.settings import RecordingSettings
from custodes.store import Segment, Store

_log = logging.getLogger(__name__)

_RETRY_S: Final = 5.0
"""Seconds between tries while recording has stopped."""


def free_bytes(folder: Path) -> int:
    """Return the bytes that its disk has free for us."""
    return shutil.disk_usage(folder).free


class SegmentRecorder:
    """Records one camera's fragments.

    When the disk is full or fails, recording stops, `on_alert` is told why, and the next fragments are let go; it is
    tried again every few seconds, and `on_alert` is told an empty text once recording goes on.

    Args:
        store: Where the index is.
        root: Folder of recordings.
        camera: Whose.
        settings: Length of files, and what the disk must have free.
        clock: Durations.
        on_alert: Told when recording stops (why) and goes on (empty).
        free: How many bytes a folder's disk has free.
    """

    def __init__(
        self,
        store: Store,
        root: Path,
        camera: CameraId,
        settings: RecordingSettings,
        *,
        clock: Clock,
        on_alert: Callable[[str], None],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._store = store
        self._root = root
        self._camera = camera
        self._longest_ns = round(settings.segment_s * NS_PER_S)
        self._least_free = round(settings.min_free_gb * 1e9)
        self._clock = clock
        self._on_alert = on_alert
        self._free = free
        self._init: RedactedFragment | None = None
        self._segment: Segment | None = None
        self._file: BinaryIO | None = None
        self._retry_s: float | None = None

    @property
    def recording(self) -> bool:
        """Whether fragments are being written."""
        return self._segment is not None and self._retry_s is None

    def write(self, fragment: RedactedFragment) -> None:
        """Write `fragment`; it never raises for want of disk."""
        if fragment.number == 0:
            self.close()
            self._init = fragment
            return
        if self._retry_s is not None and self._clock.monotonic_s() < self._retry_s:
            return
        try:
            self._append(fragment)
        except (OSError, StoreError) as error:
            self._fail(error)
            return
        if self._retry_s is not None:
            self._retry_s = None
            self._on_alert("")

    def close(self) -> None:
        """Complete the open file."""
        try:
            self._close()
        except (OSError, StoreError) as error:
            self._fail(error)

    def _append(self, fragment: RedactedFragment) -> None:
        segment = self._segment
        if segment is not None and fragment.end_ns - segment.start_ns > self._longest_ns:
            self._close()
            segment = None
        if segment is None:
            segment = self._open(fragment)
        self._put(fragment.data)
        self._segment = replace(segment, end_ns=fragment.end_ns, bytes=segment.bytes + len(fragment.data))

    def _open(self, fragment: RedactedFragment) -> Segment:
        if self._init is None or self._init.stream != fragment.stream:
            raise StoreError("A fragment came without the beginning of its stream")
        if self._free(self._root) < self._least_free:
            raise StoreError("The disk is full", fix="free some space; recording goes on by itself")
        segment = self._new_segment(self._init, fragment)
        path = self._root / segment.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        segment = replace(segment, id=self._store.segments.open(segment))
        self._segment = segment
        self._file = path.open("xb", buffering=0)
        self._put(self._init.data)
        return segment

    def _new_segment(self, init: RedactedFragment, fragment: RedactedFragment) -> Segment:
        start = datetime.fromtimestamp(fragment.start_ns / NS_PER_S, UTC)
        name = f"{start:%Y-%m-%d/%H/%M-%S}.{start.microsecond // 1000:03d}-{fragment.stream[:8]}.mp4"
        return Segment(
            camera=self._camera,
            stream=fragment.stream,
            path=f"{self._camera}/{name}",
            start_ns=fragment.start_ns,
            end_ns=None,
            bytes=len(init.data),
            init_bytes=len(init.data),
            codec=fragment.codec,
        )

    def _put(self, data: bytes) -> None:
        if self._file is None:
            raise StoreError("No file is open")
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _close(self) -> None:
        segment, handle = self._segment, self._file
        self._segment = self._file = None
        if handle is not None:
            handle.close()
        if segment is not None and segment.end_ns is not None:
            self._store.segments.close(segment.id, end_ns=segment.end_ns, size=segment.bytes)

    def _fail(self, error: OSError | StoreError) -> None:
        """Keep of the open file what is whole, say why recording stopped, and wait."""
        segment, handle = self._segment, self._file
        self._segment = self._file = None
        try:
            if handle is not None:
                handle.close()
            if segment is not None:
                self._cut(segment)
        except (OSError, StoreError) as worse:
            _log.warning("%s: the open recording is left to the next start: %s", self._camera, worse)
        stopped = self._retry_s is not None
        self._retry_s = self._clock.monotonic_s() + _RETRY_S
        if not stopped:
            why = error.diagnostics() if isinstance(error, StoreError) else f"{os.strerror(error.errno or 0)}."
            self._on_alert(f"Recording stopped. {why}")

    def _cut(self, segment: Segment) -> None:
        path = self._root / segment.path
        if segment.end_ns is None:
            path.unlink(missing_ok=True)
            self._store.segments.delete(segment.id)
            return
        os.truncate(path, segment.bytes)
        self._store.segments.close(segment.id, end_ns=segment.end_ns, size=segment.bytes)
