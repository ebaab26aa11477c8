"""The server's own entries in the log: its starts and stops, its charters and cameras, and signs of life."""

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from custodes import __version__
from custodes.app.activation import Activation
from custodes.app.duty import repeating
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.disk import write
from custodes.domain.canonical import canonical_json
from custodes.domain.errors import CustodesError, StoreError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock, to_iso
from custodes.journal import CharterArchive, Entry, Journal, Kind, Witnessing
from custodes.ledger import KeyKind, SigningKey
from custodes.pipeline.shard import Folders
from custodes.store import Store

_log = logging.getLogger(__name__)

_KEY_FILE: Final = "log.key"
_RECEIPT_KEY: Final = "receipts.key"
_MOST_FIELD: Final = 200
_SETTLE_EVERY_S: Final = 2.0
_ERASE_EVERY_S: Final = 3600.0
_S_PER_DAY: Final = 86_400


def log_key(folders: Folders, origin: str) -> SigningKey:
    """Return the key that signs the log, made at the first start.

    Args:
        folders: Where it is kept, readable by its owner only.
        origin: Name of a new log; a random one where empty.

    Raises:
        IntegrityError: The file holds no key.
        StoreError: It cannot be read or written.
    """
    return _kept_key(folders.journal / _KEY_FILE, lambda: origin or f"custodes-{token_hex(4)}/log")


def receipt_key(folders: Folders, origin: str) -> SigningKey:
    """Return the key that signs receipts and archives of people who enrolled, made when it is first asked for.

    It is not the log's: whoever reads the log relies on that one for checkpoints alone.

    Args:
        folders: As for `log_key`.
        origin: As for `log_key`.

    Raises:
        IntegrityError: A file holds no key.
        StoreError: It cannot be read or written.
    """
    return _kept_key(folders.journal / _RECEIPT_KEY, lambda: f"{log_key(folders, origin).verifier.name}/receipts")


def _kept_key(path: Path, name: Callable[[], str]) -> SigningKey:
    """Return the key in the file at `path`; a new one, called `name`, where there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            key = SigningKey.generate(name(), KeyKind.LOG)
            write(path, f"{key.private_text()}\n".encode())
        return SigningKey.parse(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise StoreError(f"The key {path} cannot be used", why=os.strerror(error.errno or 0)) from error


class Logbook:
    """Keeps the server's own entries.

    Args:
        journal: The log.
        witnessing: Has it cosigned.
        archive: Versions of charters.
        settings: Of the server.
        activation: Which cameras run.
        store: What commands beside the server owe the log, and holds.
        clock: Wall time.
    """

    def __init__(
        self,
        journal: Journal,
        witnessing: Witnessing,
        archive: CharterArchive,
        settings: Settings,
        activation: Activation,
        *,
        store: Store,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._witnessing = witnessing
        self._archive = archive
        self._settings = settings
        self._activation = activation
        self._store = store
        self._clock = clock
        self._published = 0

    def open(self) -> None:
        """Log the start, what changed, which cameras start and which stay dark; return once all of it is durable.

        Raises:
            StoreError: It cannot be logged, so nothing may start.
        """
        self._journal.log(Entry(Kind.SERVER_START, body={"version": __version__}))
        self._note_configuration()
        self._archive.adopt(self._activation.charters, self._journal)
        self._journal.log_all([*_dark(self._activation.dark), *self._about_cameras(Kind.CAMERA_START)])

    def renew(self, activation: Activation, changed: Collection[CameraId]) -> None:
        """Log what other charters make of the cameras; return once all of it is durable.

        Args:
            activation: Which cameras run from now on.
            changed: Cameras that have stopped, or start, as their charter is another one.

        Raises:
            StoreError: It cannot be logged, so none of them may run.
        """
        before = self._activation
        stopped, started = (sorted(set(changed) & one.charters.keys()) for one in (before, activation))
        self._journal.log_all([Entry(Kind.CAMERA_STOP, one, before.charters[one].version) for one in stopped])
        self._archive.adopt(activation.charters, self._journal)
        dark = {one: why for one, why in activation.dark.items() if before.dark.get(one) != why}
        starts = [Entry(Kind.CAMERA_START, one, activation.charters[one].version) for one in started]
        self._journal.log_all([*_dark(dark), *starts])
        self._activation = activation

    def close(self) -> None:
        """Log the stop; what the disk does not take is only warned of, as nothing runs any more."""
        try:
            self._journal.log_all([*self._about_cameras(Kind.CAMERA_STOP), Entry(Kind.SERVER_STOP)])
        except CustodesError as error:
            _log.warning("the stop is not in the log: %s", error)

    @contextmanager
    def kept_up(self, status: Callable[[], Mapping[str, str]]) -> Iterator[None]:
        """Keep the log up to date in the background.

        A heartbeat with `status` is logged at once and then every so often, so that silence shows; what commands beside
        the server owe the log is written; private bodies are erased when their time is over.
        """
        failed = "the log is not up to date"
        with (
            repeating(lambda: self._beat(status()), self._settings.log.heartbeat_s, name="heartbeat", failed=failed),
            repeating(self._settle, _SETTLE_EVERY_S, name="settling", failed=failed),
            repeating(self._erase_bodies, _ERASE_EVERY_S, name="erasure", failed=failed),
        ):
            yield

    def _beat(self, status: Mapping[str, str]) -> None:
        self._journal.log_soon(Entry(Kind.HEARTBEAT, body=status))
        self._note_published()

    def _settle(self) -> None:
        """Write into the log what commands noted, and the end of holds."""
        for owed in self._store.owed.waiting():
            body = {"at": to_iso(owed.at_ns), **owed.fields}
            self._journal.log(Entry(Kind(owed.kind), owed.camera, self._charter_of(owed.camera), body))
            self._store.owed.settle(owed.id)
        for hold in self._store.holds.ended(self._clock.utc_ns()):
            self._journal.log(Entry(Kind.HOLD_END, hold.camera, self._charter_of(hold.camera)))
            self._store.holds.remove(hold.id)

    def _erase_bodies(self) -> None:
        """Erase private bodies whose time is over, and say so; their leaves and all proofs stay."""
        before_ns = self._clock.utc_ns() - self._settings.log.body_days * _S_PER_DAY * NS_PER_S
        if count := self._journal.bodies.erase(before_ns):
            self._journal.log(Entry(Kind.ERASURE_EXPIRED, body={"log bodies": str(count)}))

    def _charter_of(self, camera: str) -> str:
        return Charters(self._activation.charters).version_of(camera)

    def _note_published(self) -> None:
        """Log which checkpoint outsiders see, once it is a new one."""
        accepted = self._witnessing.accepted()
        if accepted is None or not accepted.witnesses or accepted.checkpoint.size <= self._published:
            return
        self._published = accepted.checkpoint.size
        body = {"size": str(accepted.checkpoint.size), "witnesses": str(len(accepted.witnesses))}
        self._journal.log_soon(Entry(Kind.CHECKPOINT_PUBLISHED, body=body))

    def _about_cameras(self, kind: Kind) -> list[Entry]:
        return [Entry(kind, camera, charter.version) for camera, charter in sorted(self._activation.charters.items())]

    def _note_configuration(self) -> None:
        """Log that the configuration changed, by its hash; passwords are not part of it."""
        digest = hashlib.sha256(canonical_json(self._settings.model_dump(mode="json"))).hexdigest()
        last = self._journal.bodies.find(Kind.CONFIGURATION_CHANGED, limit=1)
        if not last or last[0].fields.get("sha256") != digest:
            self._journal.log(Entry(Kind.CONFIGURATION_CHANGED, body={"sha256": digest}))


def _dark(cameras: Mapping[CameraId, str]) -> list[Entry]:
    return [
        Entry(Kind.CAMERA_DARK, camera, body={"reason": why[:_MOST_FIELD]}) for camera, why in sorted(cameras.items())
    ]
