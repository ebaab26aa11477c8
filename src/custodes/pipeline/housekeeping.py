"""What a worker does beside its cameras: reconcile recordings with their index, and keep retention periods."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from custodes.charter import Charters
from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.journal import Entry
from custodes.record import RecordingSettings, Retention, reconcile
from custodes.store import FileBlobs, Store

log = logging.getLogger(__name__)

_ROOM_EVERY_S = 20.0
_EXPIRE_EVERY_S = 300.0


class Housekeeper:
    """Mends the recordings of a worker's cameras at its start, and keeps their limits."""

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
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._root = root
        self._cameras = cameras
        self._clock = clock
        self._retention = Retention(store, blobs, root, cameras, charters, clock=clock, report=report)
        self._due_s = {_EXPIRE_EVERY_S: 0.0, _ROOM_EVERY_S: 0.0}

    def set_up(self) -> None:
        """Mend what a crash left: files and index agree afterwards, and no event of the past lasts for ever.

        Raises:
            StoreError: The database failed.
            OSError: The disk failed.
        """
        reconcile(self._store, self._root, self._blobs, self._cameras)
        for camera in self._cameras:
            self._store.events.end_open(camera)

    def tidy_if_due(self) -> None:
        """Delete what has expired or must make room, when the last time is long enough ago."""
        for tidy, every_s in ((self._retention.expire, _EXPIRE_EVERY_S), (self._retention.make_room, _ROOM_EVERY_S)):
            if self._clock.monotonic_s() < self._due_s[every_s]:
                continue
            self._due_s[every_s] = self._clock.monotonic_s() + every_s
            try:
                tidy()
            except (CustodesError, OSError) as error:
                log.error("deleting failed; trying again in %.0f s: %s", every_s, error)  # noqa: TRY400
