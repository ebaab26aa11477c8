"""Keeps the retention periods of sealed originals, for all cameras of a server, running or not."""

from collections.abc import Callable
from typing import Final

from custodes.charter import Charters, Kept
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.journal import Entry, Kind
from custodes.record.retention import hours_kept
from custodes.store.holds import Holds
from custodes.vault import HourKeys, SealedFolder
from custodes.vault.expiry import expire

_S_PER_HOUR: Final = 3600


class SealedRetention:
    """Destroys the keys of hours whose first picture has reached the end of its period, then deletes their files.

    So nothing is kept for longer than its charter says, and the last pictures of an hour for up to an hour less.

    Args:
        folder: The sealed hours.
        keys: The keys that expire.
        charters: Of all cameras that ever had one, the last ones.
        holds: What must stay longer.
        clock: Wall time.
        report: Told what was destroyed, for the log.
    """

    def __init__(
        self,
        folder: SealedFolder,
        keys: HourKeys,
        charters: Charters,
        holds: Holds,
        *,
        clock: Clock,
        report: Callable[[Entry], None],
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._charters = charters
        self._holds = holds
        self._clock = clock
        self._report = report

    def apply(self) -> dict[CameraId, list[str]]:
        """Destroy and delete what has expired; return the hours by camera.

        Raises:
            StoreError: A key could not be destroyed, or a file not be deleted.
        """
        expired = {}
        for name in sorted({*self._folder.cameras(), *self._keys.cameras()}):
            camera = CameraId(name)
            kept_s = hours_kept(self._charters, camera, Kept.SEALED) * _S_PER_HOUR
            now_ns = self._clock.utc_ns()
            held = [(hold.start_ns, hold.end_ns) for hold in self._holds.active(now_ns, camera)]
            hours = expire(self._folder, self._keys, camera, now_ns - kept_s * NS_PER_S + 1, held)
            if hours:
                expired[camera] = hours
                body = {Kept.SEALED.value: str(len(hours)), "from": hours[0], "to": hours[-1]}
                self._report(Entry(Kind.ERASURE_EXPIRED, camera, self._charters.version_of(camera), body))
        return expired
