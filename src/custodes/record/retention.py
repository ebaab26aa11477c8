"""Deleting what its charter keeps no longer, or what takes too much room, oldest first, and telling so."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from custodes.charter import Charters, Delete, DeletionReason, Kept
from custodes.charter.terms import MOST_HOURS
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.journal import Entry, Kind
from custodes.record.recorder import free_bytes
from custodes.record.settings import RecordingSettings
from custodes.store import FileBlobs, Segment, Store

_log = logging.getLogger(__name__)

_S_PER_HOUR: Final = 3600
_SPARE: Final = 1.5
"""Room is made up to so many times what must be free, so that recording need not stop first."""


class Retention:
    """Keeps the retention periods of many cameras' recordings, thumbnails and events, and the limits of their room.

    Args:
        store: Index and events.
        blobs: Thumbnails.
        root: Folder of recordings.
        cameras: Their limits.
        charters: Their charters, the last ones where they have none any more. What is left of a camera that never had
            one is deleted after 72 hours.
        clock: Wall time.
        report: Told what was deleted, for the log.
        free: How many bytes a folder's disk has free.
    """

    def __init__(
        self,
        store: Store,
        blobs: FileBlobs,
        root: Path,
        cameras: Mapping[CameraId, RecordingSettings],
        charters: Charters,
        *,
        clock: Clock,
        report: Callable[[Entry], None],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._root = root
        self._cameras = cameras
        self._charters = charters
        self._clock = clock
        self._report = report
        self._free = free

    def expire(self) -> None:
        """Delete what has reached the end of its retention period, and report how much.

        Raises:
            StoreError: The database failed.
            OSError: The disk failed.
        """
        deleted: Counter[str] = Counter()
        cameras = 0
        for camera in self._cameras:
            gone = self._expired(camera)
            cameras += bool(gone)
            deleted += gone
        if deleted:
            body = {"cameras": str(cameras), **{kept: str(count) for kept, count in deleted.items()}}
            self._report(Entry(Kind.ERASURE_EXPIRED, body=body))

    def make_room(self) -> None:
        """Delete the oldest recordings of cameras over their room, and of all where the disk is nearly full.

        Only what the charter lets go before its time is deleted; where that is not enough, recording stops instead.

        Raises:
            StoreError: The database failed.
            OSError: The disk failed.
        """
        deleted: Counter[CameraId] = Counter()
        for camera, settings in self._cameras.items():
            deleted[camera] += self._by_room(camera, settings)
        deleted += self._by_disk()
        for camera, count in (+deleted).items():
            body = {"reason": DeletionReason.DISK_SPACE, Kept.RECORDING: str(count)}
            self._report(Entry(Kind.ERASURE_EARLY, camera, self._charters.version_of(camera), body))

    def _expired(self, camera: CameraId) -> Counter[str]:
        gone: Counter[str] = Counter()
        held = self._held(camera)
        while (oldest := self._oldest(camera, held)) and self._may_delete(oldest, DeletionReason.EXPIRED):
            self._delete(oldest)
            gone[Kept.RECORDING] += 1
        for key in self._store.events.strip(camera, self._before_ns(camera, Kept.THUMBNAIL), but=held):
            self._blobs.delete(key)
            gone[Kept.THUMBNAIL] += 1
        count, keys = self._store.events.expire(camera, self._before_ns(camera, Kept.EVENT), but=held)
        for key in keys:
            self._blobs.delete(key)
        gone[Kept.EVENT] += count
        self._store.gaps.expire(camera, self._before_ns(camera, Kept.RECORDING))
        return +gone

    def _held(self, camera: CameraId) -> list[tuple[int, int]]:
        """Return the intervals of `camera` that a hold keeps."""
        return [(hold.start_ns, hold.end_ns) for hold in self._store.holds.active(self._clock.utc_ns(), camera)]

    def _oldest(self, camera: CameraId, held: Sequence[tuple[int, int]]) -> Segment | None:
        return self._store.segments.oldest(camera, but=held)

    def _before_ns(self, camera: CameraId, kept: Kept) -> int:
        return self._clock.utc_ns() - hours_kept(self._charters, camera, kept) * _S_PER_HOUR * NS_PER_S

    def _may_delete(self, segment: Segment, reason: DeletionReason) -> bool:
        now_ns = self._clock.utc_ns()
        age_s = (now_ns - (segment.end_ns or segment.start_ns)) / NS_PER_S
        if self._charters.of(segment.camera) is None:
            return reason is not DeletionReason.EXPIRED or age_s >= MOST_HOURS * _S_PER_HOUR
        return self._charters.decide(Delete(segment.camera, Kept.RECORDING, age_s, reason), now_ns).allowed

    def _by_room(self, camera: CameraId, settings: RecordingSettings) -> int:
        if settings.max_gb is None:
            return 0
        total, deleted, held = self._store.segments.total_bytes(camera), 0, self._held(camera)
        while total > settings.max_gb * 1e9 and (oldest := self._oldest(camera, held)):
            if not self._may_delete(oldest, DeletionReason.DISK_SPACE):
                break
            self._delete(oldest)
            total -= oldest.bytes
            deleted += 1
        return deleted

    def _by_disk(self) -> Counter[CameraId]:
        wanted = _SPARE * 1e9 * max((settings.min_free_gb for settings in self._cameras.values()), default=0.0)
        deleted: Counter[CameraId] = Counter()
        for oldest in self._oldest_first():
            if self._free(self._root) >= wanted:
                break
            self._delete(oldest)
            deleted[oldest.camera] += 1
        if deleted:
            _log.warning("the disk is nearly full: deleted the %d oldest recordings before their time", deleted.total())
        return deleted

    def _oldest_first(self) -> Iterator[Segment]:
        """Yield what is the oldest that may go early, again and again, as long as the caller deletes it."""
        held = {camera: self._held(camera) for camera in self._cameras}
        while found := [
            one
            for camera in self._cameras
            if (one := self._oldest(camera, held[camera])) and self._may_delete(one, DeletionReason.DISK_SPACE)
        ]:
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


def hours_kept(charters: Charters, camera: CameraId, kept: Kept) -> int:
    """Return for how many hours something of `camera` is kept."""
    charter = charters.of(camera)
    return charter.storage.hours(kept) if charter else MOST_HOURS
