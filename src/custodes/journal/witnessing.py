"""Has the log cosigned while the server runs, also after it had to be opened anew."""

import logging
import threading
from collections.abc import Mapping
from typing import Final

from custodes.domain.errors import CustodesError
from custodes.domain.time import Clock
from custodes.journal.journal import Journal
from custodes.ledger import Accepted, Ledger
from custodes.ledger.cosigner import Cosigner

_log = logging.getLogger(__name__)

_EVERY_S: Final = 5.0


class Witnessing:
    """Asks the witnesses of the log's policy every few seconds. Threads may share it.

    Args:
        journal: Whose log.
        clock: For waiting.

    Raises:
        ConfigError: A witness has no address, or one that is none.
        StoreError: The log is not open.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._ledger: Ledger = journal.ledger
        self._cosigner = Cosigner(self._ledger, clock)
        self._told: Mapping[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witnessing", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Stop asking."""
        self._stop.set()
        self._current().close()

    def accepted(self) -> Accepted | None:
        """Return the published checkpoint, None while it does not satisfy the policy."""
        return self._journal.ledger.accepted

    def complaints(self) -> Mapping[str, str]:
        """Return why witnesses did not cosign when they were asked last, by their names."""
        return self._current().complaints

    def wait(self, index: int, timeout_s: float) -> Accepted:
        """Return the published checkpoint once it satisfies the policy and covers leaf `index`.

        Raises:
            IntegrityError: It did not within `timeout_s`.
        """
        return self._current().wait_cosigned(index, timeout_s)

    def _current(self) -> Cosigner:
        """Return the cosigner of the log that is open now."""
        with self._lock:
            ledger = self._journal.ledger
            if ledger is not self._ledger:
                self._cosigner.close()
                self._ledger, self._cosigner = ledger, Cosigner(ledger, self._clock)
            return self._cosigner

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                self._current().cosign()
                self._tell()
            except (CustodesError, RuntimeError) as error:
                if not self._stop.is_set():
                    _log.error("the log was not cosigned: %s", error)

    def _tell(self) -> None:
        complaints = self.complaints()
        for name, why in complaints.items():
            if self._told.get(name) != why:
                _log.warning("witness %s did not cosign: %s", name, why)
        self._told = complaints
