"""Exporting from the command line, beside a running server or without one: who writes the log differs."""

import getpass
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from custodes.app.activation import activate
from custodes.app.logbook import log_key
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.domain.errors import ConfigError, CustodesError, IntegrityError, StoreError
from custodes.domain.time import NS_PER_S, Clock, utc_day
from custodes.journal import Entry, Journal, Logged, Witnessing
from custodes.journal.announce import WAIT_S, announce, proved
from custodes.journal.entry import body_bytes
from custodes.ledger import Accepted, FolderReader, Leaf, Policy, read_checkpoint
from custodes.record.disclose import Discloser, Selected, Wanted
from custodes.store import Bodies, Store
from custodes.vault.disclosure import Disclosure
from custodes.vault.manifest import MANIFEST
from custodes.vault.request import Announced

KNOWN_BY: Final = "the server's command line"
"""How somebody is known who uses the command line: by the account of the operating system alone."""

_ASK_EVERY_S: Final = 0.5
_REQUEST: Final = "request"
_STAGED: Final = "cli-"
_ABANDONED_S: Final = 86_400.0


def whoever() -> str:
    """Return the account of the operating system that runs the command."""
    return getpass.getuser()


class LocalExport:
    """Exports of one server's recordings, from its own disk.

    Args:
        settings: Of the server.
        store: Of the server.
        clock: Wall time and waiting.

    Raises:
        ConfigError: The folder of charters cannot be read.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._folders = settings.folders
        self._store = store
        self._clock = clock
        self._texts = self._folders.texts()
        self._key = log_key(self._folders, settings.log.origin)
        self._policy = settings.log.policy(self._key.verifier)
        charters = Charters(activate(settings, utc_day(clock.utc_ns())).charters)
        self._discloser = Discloser(store, self._folders.recordings, charters, clock=clock, announce=self._announced)

    def select(self, wanted: Wanted) -> Selected:
        """Return what there is; see `Discloser.select`."""
        return self._discloser.select(wanted)

    def write(self, selected: Selected, to: Path, progress: Callable[[int], None]) -> Disclosure:
        """Write the export into the new folder `to`, where nothing appears before the log has it.

        Raises:
            ConfigError: The folder exists, or there is nothing to export.
            CustodesError: As `Discloser.disclose`.
        """
        if to.exists():
            raise ConfigError(f"{to} exists", fix="name a folder that does not exist yet")
        self._clear()
        staged = self._folders.exports / f"{_STAGED}{self._clock.utc_ns():x}"
        manifest = self._discloser.disclose(selected, staged, progress)
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staged, to)
            (to / MANIFEST).write_bytes(manifest.canonical())
        except OSError as error:
            shutil.rmtree(to, ignore_errors=True)
            raise StoreError(
                f"{to} cannot be written", why=error.strerror or "", fix="free some space, or name another folder"
            ) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return manifest.disclosure

    def _clear(self) -> None:
        """Delete what earlier commands left that were killed."""
        before_s = self._clock.utc_ns() / NS_PER_S - _ABANDONED_S
        for left in self._folders.exports.glob(f"{_STAGED}*"):
            if left.stat().st_mtime < before_s:
                shutil.rmtree(left, ignore_errors=True)

    def _announced(self, entry: Entry) -> Announced:
        """Log it ourselves where no server has the log open, else have the server do it."""
        folders = self._folders
        try:
            journal = Journal.open(
                folders.log, folders.journal, self._key, self._clock, texts=self._texts, policy=self._policy
            )
        except StoreError as error:
            return self._by_server(entry, error)
        witnessing = Witnessing(journal, self._clock)
        witnessing.start()
        try:
            return announce(entry, journal, witnessing)
        finally:
            witnessing.stop()
            journal.close()

    def _by_server(self, entry: Entry, why: CustodesError) -> Announced:
        owed = self._store.owed.add(entry.kind, entry.body, self._clock.utc_ns(), camera=entry.camera)
        end_s = self._clock.monotonic_s() + WAIT_S
        reader = FolderReader(self._folders.log)
        logged = accepted = None
        while self._clock.monotonic_s() < end_s:
            logged = logged or self._logged(entry)
            accepted = _accepted(reader, self._policy)
            if logged is not None and accepted is not None and accepted.checkpoint.size > logged.index:
                return _same_charter(proved(logged, accepted, reader), entry)
            self._clock.sleep(_ASK_EVERY_S)
        self._store.owed.settle(owed)
        if logged is None:
            raise StoreError(
                "The export cannot be logged, so nothing was written",
                why=f"the log is not ours to write ({why.what}), and no server wrote it within {WAIT_S:.0f} s",
                fix="start the server or mend it, and export again",
            )
        raise IntegrityError(
            "The log's witnesses have not seen the export, so nothing was written",
            why=f"they did not cosign within {WAIT_S:.0f} s",
            fix="export again once they answer; the log names this attempt too",
        )

    def _logged(self, entry: Entry) -> Logged | None:
        bodies = Bodies.open(self._folders.journal / "bodies.db", self._texts)
        try:
            found = bodies.with_field(_REQUEST, entry.body[_REQUEST])
        finally:
            bodies.close()
        return next(
            (
                Logged(one.seq, bytes.fromhex(one.salt), body_bytes(one.fields))
                for one in found
                if one.type == entry.kind
            ),
            None,
        )


def _accepted(reader: FolderReader, policy: Policy) -> Accepted | None:
    try:
        return policy.accept(read_checkpoint(reader))
    except CustodesError:
        return None


def _same_charter(announced: Announced, entry: Entry) -> Announced:
    """Return `announced` where the server logged it under the charter that the export names."""
    if Leaf.parse(announced.leaf.encode()).charter_hash != entry.charter:
        raise IntegrityError(
            "The server goes by another charter, so nothing was written",
            why="the charter has just changed, or the server could not take it up",
            fix="look at the server's messages, and export again",
        )
    return announced
