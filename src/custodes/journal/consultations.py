"""Who looked at what: one leaf a person, kind, camera and interval, logged before anything is shown."""

import threading
from collections.abc import Callable
from typing import Final

from custodes.domain.time import NS_PER_S, Clock, to_iso
from custodes.journal.entry import Entry, Kind, Logged

INTERVAL_S: Final = 900
"""Looking again within so many seconds is part of the same consultation."""

_KINDS: Final = {
    "live": Kind.CONSULTATION_LIVE,
    "playback": Kind.CONSULTATION_PLAYBACK,
    "search": Kind.CONSULTATION_SEARCH,
    "thumbnail": Kind.CONSULTATION_THUMBNAIL,
}


class ConsultationLog:
    """Notes consultations. Threads may share it.

    Args:
        log: Writes an entry and returns once it is durable; `Journal.log`.
        charter_of: Returns the version of a camera's charter, empty where it has none.
        clock: Wall time.
    """

    def __init__(self, log: Callable[[Entry], Logged], charter_of: Callable[[str], str], clock: Clock) -> None:
        self._log = log
        self._charter_of = charter_of
        self._clock = clock
        self._noted: dict[tuple[str, str, str], int] = {}
        self._lock = threading.Lock()

    def note(self, who: str, kind: str, camera: str = "", **more: str) -> None:
        """Return once it is in the log that `who` looks; nothing may be shown before, nor where this raises.

        Args:
            who: Name of the person or token.
            kind: `live`, `playback`, `search` or `thumbnail`.
            camera: At which camera; empty for all.
            more: Further fields of the private body.

        Raises:
            StoreError: It cannot be logged.
        """
        now_ns = self._clock.utc_ns()
        interval = now_ns // (INTERVAL_S * NS_PER_S)
        key = (who, kind, camera)
        if self._noted.get(key) == interval:
            return
        start_ns = interval * INTERVAL_S * NS_PER_S
        body = {"who": who, "from": to_iso(start_ns), "to": to_iso(start_ns + INTERVAL_S * NS_PER_S), **more}
        self._log(Entry(_KINDS[kind], camera, self._charter_of(camera), body))
        with self._lock:
            self._noted[key] = interval
            self._noted = {one: noted for one, noted in self._noted.items() if noted >= interval}
