"""What a worker does beside its cameras: reconcile recordings with their index, and keep retention periods."""

import logging
from collections.abc import Mapping
from pathlib import Path

from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.pipeline.settings import CameraSettings
from custodes.record import Retention, reconcile
from custodes.store import FileBlobs, Store

log = logging.getLogger(__name__)

_EVERY_S = 20.0


class Housekeeper:
    """Tidies the recordings of a worker's cameras at its start and then every twenty seconds."""

    def __init__(
        self,
        store: Store,
        blobs: FileBlobs,
        root: Path,
        cameras: Mapping[CameraId, CameraSettings],
        clock: Clock,
    ) -> None:
        self._store = store
        self._root = root
        self._cameras = cameras
        self._clock = clock
        self._retention = Retention(store, blobs, root, {c: s.recording for c, s in cameras.items()}, clock=clock)
        self._next_s = 0.0

    def tidy_if_due(self) -> None:
        """Tidy when the last time is long enough ago."""
        if self._clock.monotonic_s() >= self._next_s:
            self.tidy()

    def tidy(self) -> None:
        """Reconcile files with the index both ways, and delete what has expired."""
        self._next_s = self._clock.monotonic_s() + _EVERY_S
        try:
            reconcile(self._store, self._root, self._cameras, clock=self._clock)
            self._retention.apply()
        except CustodesError:
            log.exception("housekeeping failed; trying again in %.0f s", _EVERY_S)
