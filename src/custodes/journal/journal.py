"""The journal: a thread that writes leaves in batches, so that many can wait for one write to the disk."""

import logging
import queue
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Self

from custodes.charter import Charter, Request, decide
from custodes.domain.errors import IntegrityError, PolicyDenied, StoreError
from custodes.domain.time import NS_PER_S, Clock
from custodes.journal.entry import Entry, Logged, body_bytes
from custodes.journal.permit import Permit
from custodes.ledger import Leaf, Ledger, Policy, SigningKey, commitment
from custodes.ledger.leaf import SALT_BYTES
from custodes.store import Bodies, Body, PrivateTexts
from custodes.store.bodies import MOST_BYTES

_log = logging.getLogger(__name__)

_LARGEST_BATCH: Final = 500
_MOST_OWED: Final = 10_000
"""Entries that may wait for a disk that takes nothing."""
_RETRY_S: Final = 5.0
_CLOSE_S: Final = 10.0


class _Waiting:
    """An entry, and who waits for it; nobody where `future` is None."""

    def __init__(self, entry: Entry, at_ns: int, future: "Future[Logged] | None") -> None:
        self.entry = entry
        self.at_ns = at_ns
        self.future = future
        self.salt = secrets.token_bytes(SALT_BYTES)
        self.body = body_bytes(entry.body)
        if len(self.body) > MOST_BYTES:  # here, as it would keep the whole batch out of the log
            raise IntegrityError(
                f"This {entry.kind} cannot be logged",
                why=f"its private body has {len(self.body)} bytes, and {MOST_BYTES} are the limit",
                fix="say it more shortly",
            )

    def leaf(self) -> Leaf:
        """Return the leaf that everybody may see."""
        entry = self.entry
        at_s = self.at_ns // NS_PER_S
        return Leaf(
            t=at_s - at_s % entry.kind.coarse_s,
            type=entry.kind,
            camera=entry.camera,
            charter_hash=entry.charter,
            commit=commitment(self.salt, self.body),
        )

    def kept(self, seq: int) -> Body:
        """Return what is kept of it privately, as leaf `seq`."""
        entry = self.entry
        return Body(seq, self.at_ns, entry.kind, entry.camera, self.salt.hex(), entry.body)


class Journal:
    """Writes the log of one server. Threads may share it; one process at a time may have it open.

    Args:
        open_ledger: Opens the log; called again after a failed write.
        bodies: Private bodies.
        clock: Wall time.
    """

    def __init__(self, open_ledger: Callable[[], Ledger], bodies: Bodies, clock: Clock) -> None:
        self._open_ledger = open_ledger
        self._bodies = bodies
        self._clock = clock
        self._ledger: Ledger | None = self._opened()
        self._queue: queue.Queue[_Waiting | None] = queue.Queue()
        self._owed: list[_Waiting] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        published: Path,
        private: Path,
        key: SigningKey,
        clock: Clock,
        *,
        texts: PrivateTexts,
        policy: Policy | None = None,
    ) -> Self:
        """Open or start the log of a server.

        Args:
            published: Folder of checkpoint and tiles, to be shown to everybody.
            private: Folder of the log's state and of private bodies.
            key: The log's key.
            clock: Wall time.
            texts: Encrypts private bodies.
            policy: What a checkpoint has to satisfy before it is published; the log's signature where None.

        Raises:
            ConfigError: The policy does not name the log's key.
            IntegrityError: The log on the disk is damaged, or not this key's.
            StoreError: Another process has it open, or the disk fails.
        """

        def open_ledger() -> Ledger:
            return Ledger(published, private / "state", key, policy=policy)

        first = [open_ledger()]  # makes the folders
        bodies = Bodies.open(private / "bodies.db", texts)
        return cls(lambda: first.pop() if first else open_ledger(), bodies, clock)

    @property
    def ledger(self) -> Ledger:
        """The log that is open now.

        Raises:
            StoreError: It could not be written and is not open again yet.
        """
        if self._ledger is None:
            raise StoreError("The log is not open", why="it could not be written", fix="free space or mend the disk")
        return self._ledger

    @property
    def bodies(self) -> Bodies:
        """Private bodies of the leaves."""
        return self._bodies

    def log(self, entry: Entry) -> Logged:
        """Return once `entry` is in the log, durably.

        Raises:
            StoreError: It cannot be logged; what it announces must not happen.
        """
        future: Future[Logged] = Future()
        self._put(_Waiting(entry, self._clock.utc_ns(), future))
        return future.result()

    def log_all(self, entries: Sequence[Entry]) -> None:
        """Return once all of `entries` are in the log, durably and in this order.

        Raises:
            StoreError: They cannot be logged yet, and will be later.
        """
        for entry in entries[:-1]:
            self.log_soon(entry)
        if entries:
            self.log(entries[-1])  # what is owed is written before it

    def log_soon(self, entry: Entry) -> None:
        """Log `entry` without waiting: for what has happened already. It is tried again until the disk takes it."""
        self._put(_Waiting(entry, self._clock.utc_ns(), None))

    def permit(self, request: Request, charter: Charter | None, entry: Entry, *, lasts_s: float) -> Permit:
        """Return leave for `request`, once the log has it.

        Args:
            request: What is to be done.
            charter: The charter of the camera.
            entry: What is logged.
            lasts_s: For how long the permit holds, seconds.

        Raises:
            PolicyDenied: The charter does not allow it.
            StoreError: It cannot be logged.
        """
        now_ns = self._clock.utc_ns()
        decision = decide(request, charter, now_ns)
        if not decision.allowed:
            raise PolicyDenied("This is not allowed", why=f"{decision.reason} ({decision.clause})")
        logged = self.log(entry)
        until_ns = now_ns + round(lasts_s * NS_PER_S)
        permit: Permit = Permit._seal(request.camera, decision.clause, decision.charter, logged, until_ns)
        return permit

    def close(self) -> None:
        """Write what waits, and let go of the log."""
        self._closed = True
        self._queue.put(None)
        self._thread.join(_CLOSE_S)
        if self._ledger is not None:
            self._ledger.close()
        self._bodies.close()

    def _put(self, waiting: _Waiting) -> None:
        if self._closed:
            raise StoreError("The log is closed", why="the server is stopping")
        self._queue.put(waiting)

    def _run(self) -> None:
        while True:
            batch, ended = self._batch()
            self._write(batch)
            if ended:
                return

    def _batch(self) -> tuple[list[_Waiting], bool]:
        """Wait for entries; return them, what is owed first, and whether the journal is to end."""
        batch, self._owed = self._owed, []
        try:
            newest = self._queue.get(timeout=_RETRY_S if batch else None)
            while newest is not None and len(batch) < _LARGEST_BATCH:
                batch.append(newest)
                newest = self._queue.get_nowait()
        except queue.Empty:
            return batch, False
        if newest is not None:
            batch.append(newest)
        return batch, newest is None

    def _write(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        try:
            first = self._append(batch)
        except Exception as error:  # noqa: BLE001  whatever it was, those who wait must be told
            self._refuse(batch, error)
            return
        for index, one in enumerate(batch, start=first):
            if one.future is not None:
                one.future.set_result(Logged(index, one.salt, one.body))

    def _append(self, batch: Sequence[_Waiting]) -> int:
        """Write bodies, then leaves; return the first index."""
        if self._ledger is None:
            self._ledger = self._opened()
        first = self._ledger.size
        self._bodies.add(one.kept(seq) for seq, one in enumerate(batch, start=first))
        try:
            self._ledger.append([one.leaf() for one in batch])
        except BaseException:
            self._ledger = None
            raise
        return first

    def _opened(self) -> Ledger:
        """Open the log, and drop the bodies of leaves that a crash or a full disk kept out of it."""
        ledger = self._open_ledger()
        self._bodies.discard_from(ledger.size)
        return ledger

    def _refuse(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Tell those who wait; keep what nobody waits for."""
        _log.error("the log could not be written: %s", error)
        for one in batch:
            if one.future is not None:
                one.future.set_exception(StoreError("The log cannot be written", why=str(error)))
        owed = [one for one in batch if one.future is None]
        if len(owed) > _MOST_OWED:
            _log.error("%d entries are lost: the log has refused too many", len(owed) - _MOST_OWED)
        self._owed = owed[-_MOST_OWED:]
