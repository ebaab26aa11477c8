"""What a worker does beside its cameras: reconcile recordings with their index, and keep retention periods."""

import logging
from collections.abc import Mapping
from pathlib import Path

from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.record import RecordingSettings, Retention, reconcile
from custodes.store import FileBlobs, Store

log = logging.getLogger(__name__)

_EVERY_S = 20.0


class Housekeeper:
    """Mends the recordings of a worker's cameras at its start, and keeps their limits every twenty seconds."""

    def __init__(
        self,
        store: Store,
        blobs: FileBlobs,
        root: Path,
        cameras: Mapping[CameraId, RecordingSettings],
        clock: Clock,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._root = root
        self._cameras = cameras
        self._clock = clock
        self._retention = Retention(store, blobs, root, cameras, clock=clock)
        self._next_s = 0.0

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
        """Delete what has expired, when the last time is long enough ago."""
        if self._clock.monotonic_s() < self._next_s:
            return
        self._next_s = self._clock.monotonic_s() + _EVERY_S
        try:
            self._retention.apply()
        except (CustodesError, OSError) as error:
            log.error("deleting what has expired failed; trying again in %.0f s: %s", _EVERY_S, error)  # noqa: TRY400
