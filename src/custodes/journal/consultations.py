"""Who looked at what, or was told it: one leaf a person, kind, camera and interval, logged before anything is shown."""

import threading
from collections.abc import Callable
from typing import Final

from custodes.domain.persons import Person
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
        self._noted: dict[tuple[Kind, str, tuple[tuple[str, str], ...]], int] = {}
        self._lock = threading.Lock()

    def note(self, person: Person, kind: str, camera: str | None) -> None:
        """Return once it is in the log that `person` looks; nothing may be shown before, nor where this raises.

        Args:
            person: Who.
            kind: `live`, `playback`, `search` or `thumbnail`.
            camera: At which camera; None for all.

        Raises:
            StoreError: It cannot be logged.
        """
        self._note(_KINDS[kind], camera or "", _known(person))

    def note_token(self, person: Person) -> None:
        """Return once it is in the log that an API token is used, by whatever it is used for.

        Raises:
            StoreError: It cannot be logged, so the token must not be let in.
        """
        self._note(Kind.TOKEN_USE, "", _known(person))

    def note_told(self, recipient: str, camera: str) -> None:
        """Return once it is in the log that `recipient` is told of events of `camera` by a webhook.

        Raises:
            StoreError: It cannot be logged, so nothing may be told.
        """
        self._note(Kind.DISCLOSURE_WEBHOOK, camera, {"recipient": recipient})

    def _note(self, kind: Kind, camera: str, who: dict[str, str]) -> None:
        interval = self._clock.utc_ns() // (INTERVAL_S * NS_PER_S)
        key = (kind, camera, tuple(who.items()))
        if self._noted.get(key) == interval:
            return
        start_ns = interval * INTERVAL_S * NS_PER_S
        body = {"from": to_iso(start_ns), "to": to_iso(start_ns + INTERVAL_S * NS_PER_S), **who}
        self._log(Entry(kind, camera, self._charter_of(camera), body))
        with self._lock:
            self._noted[key] = interval
            self._noted = {one: noted for one, noted in self._noted.items() if noted >= interval}


def _known(person: Person) -> dict[str, str]:
    known = {"who": person.name, "known_by": str(person.kind)}
    return {**known, "token": person.token} if person.token else known
