"""The server's own entries in the log: its starts and stops, its charters and cameras, and signs of life."""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import Final

from custodes import __version__
from custodes.app.activation import Activation
from custodes.app.settings import Settings
from custodes.domain.canonical import canonical_json
from custodes.domain.errors import CustodesError, StoreError
from custodes.domain.files import write_private
from custodes.journal import CharterArchive, Entry, Journal, Kind, Witnessing
from custodes.ledger import KeyKind, SigningKey
from custodes.pipeline.shard import Folders

_log = logging.getLogger(__name__)

_KEY_FILE: Final = "log.key"
_MOST_FIELD: Final = 200


def log_key(folders: Folders, origin: str) -> SigningKey:
    """Return the key that signs the log, made at the first start.

    Args:
        folders: Where it is kept, readable by its owner only.
        origin: Name of a new log; a random one where empty.

    Raises:
        IntegrityError: The file holds no key.
        StoreError: It cannot be read or written.
    """
    path = folders.journal / _KEY_FILE
    try:
        folders.journal.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            key = SigningKey.generate(origin or f"custodes-{token_hex(4)}/log", KeyKind.LOG)
            write_private(path, f"{key.private_text()}\n".encode())
        return SigningKey.parse(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise StoreError(f"The key of the log, {path}, cannot be used", why=os.strerror(error.errno or 0)) from error


class Logbook:
    """Keeps the server's own entries.

    Args:
        journal: The log.
        witnessing: Has it cosigned.
        archive: Versions of charters.
        settings: Of the server.
        activation: Which cameras run.
    """

    def __init__(
        self,
        journal: Journal,
        witnessing: Witnessing,
        archive: CharterArchive,
        settings: Settings,
        activation: Activation,
    ) -> None:
        self._journal = journal
        self._witnessing = witnessing
        self._archive = archive
        self._settings = settings
        self._activation = activation
        self._published = 0

    def open(self) -> None:
        """Log the start, what changed, which cameras start and which stay dark; return once all of it is durable.

        Raises:
            StoreError: It cannot be logged, so nothing may start.
        """
        self._journal.log(Entry(Kind.SERVER_START, body={"version": __version__}))
        self._note_configuration()
        self._archive.adopt(self._activation.charters, self._journal)
        dark = [
            Entry(Kind.CAMERA_DARK, camera, body={"reason": why[:_MOST_FIELD]})
            for camera, why in sorted(self._activation.dark.items())
        ]
        self._journal.log_all([*dark, *self._about_cameras(Kind.CAMERA_START)])

    def close(self) -> None:
        """Log the stop; what the disk does not take is only warned of, as nothing runs any more."""
        try:
            self._journal.log_all([*self._about_cameras(Kind.CAMERA_STOP), Entry(Kind.SERVER_STOP)])
        except CustodesError as error:
            _log.warning("the stop is not in the log: %s", error)

    @contextmanager
    def beating(self, status: Callable[[], Mapping[str, str]]) -> Iterator[None]:
        """Log a heartbeat with `status` at once and then every so often, so that silence shows."""
        stop = threading.Event()

        def beat() -> None:
            while True:
                try:
                    self._journal.log_soon(Entry(Kind.HEARTBEAT, body=status()))
                    self._note_published()
                except StoreError as error:
                    _log.warning("no sign of life in the log: %s", error)
                if stop.wait(self._settings.log.heartbeat_s):
                    return

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

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
