"""Deleting what is too old or takes too much room, oldest first, and telling how much room is needed."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.record.recorder import free_bytes
from custodes.record.settings import RecordingSettings
from custodes.store import FileBlobs, Segment, Store

_log = logging.getLogger(__name__)

_S_PER_HOUR: Final = 3600
_DAY_NS: Final = 24 * _S_PER_HOUR * NS_PER_S
_SPARE: Final = 1.5
"""Room is made up to so many times what must be free, so that recording need not stop first."""


class Retention:
    """Keeps the limits of many cameras' recordings, thumbnails and events.

    Args:
        store: Index and events.
        blobs: Thumbnails.
        root: Folder of recordings.
        cameras: Their limits.
        clock: Wall time.
        free: How many bytes a folder's disk has free.
    """

    def __init__(
        self,
        store: Store,
        blobs: FileBlobs,
        root: Path,
        cameras: Mapping[CameraId, RecordingSettings],
        *,
        clock: Clock,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._root = root
        self._cameras = cameras
        self._clock = clock
        self._free = free

    def apply(self) -> None:
        """Delete what is over the limits: first by age, then by each camera's room, then by the disk's.

        Raises:
            StoreError: The database failed.
            OSError: The disk failed.
        """
        for camera, settings in self._cameras.items():
            self._by_age(camera, settings)
            self._by_room(camera, settings)
        self._by_disk()

    def _by_age(self, camera: CameraId, settings: RecordingSettings) -> None:
        before_ns = self._clock.utc_ns() - int(settings.retention_hours * _S_PER_HOUR * NS_PER_S)
        while (oldest := self._store.segments.oldest(camera)) and (oldest.end_ns or oldest.start_ns) < before_ns:
            self._delete(oldest)
        for key in self._store.events.expire(camera, before_ns):
            self._blobs.delete(key)
        self._store.gaps.expire(camera, before_ns)

    def _by_room(self, camera: CameraId, settings: RecordingSettings) -> None:
        if settings.max_gb is None:
            return
        total = self._store.segments.total_bytes(camera)
        while total > settings.max_gb * 1e9 and (oldest := self._store.segments.oldest(camera)):
            self._delete(oldest)
            total -= oldest.bytes

    def _by_disk(self) -> None:
        wanted = _SPARE * 1e9 * max((settings.min_free_gb for settings in self._cameras.values()), default=0.0)
        deleted = 0
        for oldest in self._oldest_first():
            if self._free(self._root) >= wanted:
                break
            self._delete(oldest)
            deleted += 1
        if deleted:
            _log.warning("the disk is nearly full: deleted the %d oldest recordings before their time", deleted)

    def _oldest_first(self) -> Iterator[Segment]:
        """Yield what is the oldest of all cameras, again and again, as long as the caller deletes it."""
        while found := [one for camera in self._cameras if (one := self._store.segments.oldest(camera))]:
            yield min(found, key=lambda segment: segment.start_ns)

    def _delete(self, segment: Segment) -> None:
        path = self._root / segment.path
        path.unlink(missing_ok=True)  # first, as a full disk leaves the database no room to forget it
        self._store.segments.delete(segment.id)
        for folder in list(path.parents)[:2]:  # the hour's and the day's, once they are empty
            try:
                folder.rmdir()
            except OSError:
                break


@dataclass(frozen=True, slots=True)
class Forecast:
    """What recordings will need.

    Attributes:
        bytes_per_day: What all cameras together wrote in the last day, per day of recording.
        needed_bytes: What their recordings will take once retention deletes as much as is written.
        full_in_s: Seconds until the disk is full at this rate; None where it has room for all that is needed.
    """

    bytes_per_day: int
    needed_bytes: int
    full_in_s: float | None


def forecast(
    store: Store,
    root: Path,
    cameras: Mapping[CameraId, RecordingSettings],
    *,
    clock: Clock,
    free: Callable[[Path], int] = free_bytes,
) -> Forecast:
    """Return what the recordings of `cameras` will need if they go on as in the last day.

    Raises:
        StoreError: The database failed.
        OSError: The disk failed.
    """
    now_ns = clock.utc_ns()
    rate = needed = kept = 0.0
    for camera, settings in cameras.items():
        written, spent_ns = store.segments.written(camera, now_ns - _DAY_NS)
        per_s = written / (spent_ns / NS_PER_S) if spent_ns else 0.0
        rate += per_s
        most = settings.max_gb * 1e9 if settings.max_gb is not None else float("inf")
        needed += min(per_s * settings.retention_hours * _S_PER_HOUR, most)
        kept += store.segments.total_bytes(camera)
    room = free(root) - 1e9 * max((settings.min_free_gb for settings in cameras.values()), default=0.0)
    fits = needed - kept <= room or not rate
    return Forecast(round(rate * 24 * _S_PER_HOUR), round(needed), None if fits else max(room, 0.0) / rate)
