"""The log itself: leaves go in, tiles and a signed checkpoint come out, as files for any static web server."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Self, TypeAlias

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.disk import lock_folder, write_durably
from custodes.ledger.edge import Edge, grow
from custodes.ledger.keys import KeyKind, SigningKey
from custodes.ledger.leaf import Leaf
from custodes.ledger.merkle import range_hash
from custodes.ledger.note import Note, Signature
from custodes.ledger.policy import Accepted, Policy
from custodes.ledger.reader import CHECKPOINT, FolderReader, TreeReader, read_edge
from custodes.ledger.tiles import TILE_WIDTH, Tile, tile_count

Writer: TypeAlias = Callable[[Path, Mapping[str, bytes]], None]
"""Writes files below a folder, and returns once they survive a power loss; `write_durably`, or a test's."""


class Ledger:
    """An append-only log in a folder. One process at a time may have it open; its threads may share it.

    What `append` returned survives a crash and a power loss at any instant. The signed checkpoint is kept in the state
    folder before it is published, so that no second one of the same size can ever be signed after a crash.

    Args:
        published: Folder of checkpoint and tiles, to be served to everybody; made where it is missing.
        state: Private folder, not inside `published`: what the log signed last, and a lock.
        key: The log's key; its name is the origin.
        policy: What outsiders ask of a checkpoint. Once a checkpoint that satisfies it is published, only others that
            satisfy it follow: see `publish`. Without it, whatever is appended is published at once.
        write: How files are written; for tests.

    Raises:
        ConfigError: `state` lies inside `published`, `key` is not a log's, or `policy` does not name it.
        IntegrityError: The folders do not belong together, or not to `key`, or files are missing or damaged.
        StoreError: Another process has the log open, or a file cannot be written.
    """

    def __init__(
        self,
        published: Path,
        state: Path,
        key: SigningKey,
        *,
        policy: Policy | None = None,
        write: Writer = write_durably,
    ) -> None:
        if state.resolve().is_relative_to(published.resolve()):
            raise ConfigError(f"The state of the log is in {published}", why="all in there is public")
        if key.verifier.kind is not KeyKind.LOG:
            raise ConfigError(f"{key.verifier.name} is the key of a witness", fix="give the log a key of its own")
        if policy is not None and key.verifier not in policy.logs:
            raise ConfigError(f"The policy does not name the log's key {key.verifier}", fix="add a log line with it")
        self._published = published
        self._state = state
        self._key = key
        self._own = Policy(logs=(key.verifier,))
        self._policy = self._own if policy is None else replace(policy, logs=(key.verifier,))
        self._write = write
        self._lock = Lock()
        self._edge = Edge()
        self._newest = self._signed(self._edge)
        self._accepted: Accepted | None = None
        self._lock_handle: int | None = lock_folder(state, "The log")
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Leaves in the log."""
        return self._edge.size

    @property
    def policy(self) -> Policy:
        """What a checkpoint has to satisfy before it replaces one that does."""
        return self._policy

    @property
    def reader(self) -> FolderReader:
        """Reads the published files."""
        return FolderReader(self._published)

    @property
    def newest(self) -> Note:
        """The checkpoint of all that was appended, signed by the log alone."""
        return self._newest

    @property
    def accepted(self) -> Accepted | None:
        """The published checkpoint, if it satisfies the policy."""
        return self._accepted

    def append(self, leaves: Sequence[Leaf]) -> range:
        """Append `leaves`, as one batch, and return their indices once they are durable.

        Their tiles are published then too; the checkpoint that covers them follows where the policy asks for
        cosignatures. The cost is mostly that of waiting for the disk, whatever the number of leaves: batch them. Each
        leaf's `seq` is set here.

        Raises:
            StoreError: They could not be written, or an earlier batch could not: open the log anew.
        """
        with self._lock:
            self._check_open()
            first = self._edge.size
            edge, files = grow(self._edge, [bytes(leaf.at(first + at)) for at, leaf in enumerate(leaves)])
            if not leaves:
                return range(first, first)
            try:
                self._write(self._published, {tile.path: content for tile, content in files.items()})
                signed = self._signed(edge)
                self._write(self._state, {CHECKPOINT: bytes(signed)})
                self._edge, self._newest = edge, signed
                self._show_newest()
            except BaseException:
                # How far it came, only the files know.
                self.close()
                raise
            for tile in files:
                if tile.is_full:
                    shutil.rmtree(self._published / f"{tile.path}.p", ignore_errors=True)
            return range(first, edge.size)

    def publish(self, note: Note) -> Accepted:
        """Publish `note`, a checkpoint of this log with cosignatures, and return what is published once it is durable.

        A checkpoint that is published already gets those cosignatures it has not; a newer one stays as it is.

        Raises:
            IntegrityError: The log did not sign it, it does not satisfy the policy, or it is of another tree.
            StoreError: It could not be written, or the log is closed.
        """
        accepted = self._policy.accept(bytes(note))
        with self._lock:
            self._check_open()
            self._check_begins_with(accepted.checkpoint)
            known = self._accepted
            if known is not None and known.checkpoint.size > accepted.checkpoint.size:
                return known
            lines = list(known.note.signatures) if known is not None and known.note.text == note.text else []
            lines += note.signatures
            # Of several cosignatures of one witness, the last is the newest.
            latest = {(line.name, line.key_id): line for line in lines if self._is_known(line)}
            merged = self._policy.accept(bytes(Note(note.text, tuple(latest.values()))))
            if known is None or merged.note != known.note:
                self._write(self._published, {CHECKPOINT: bytes(merged.note)})
                self._accepted = merged
            return merged

    def close(self) -> None:
        """Let go of the log; closing twice is allowed."""
        if self._lock_handle is not None:
            os.close(self._lock_handle)
            self._lock_handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signed(self, edge: Edge) -> Note:
        return Note.signed(Checkpoint(self._key.verifier.name, edge.size, edge.root()).text, self._key)

    def _check_open(self) -> None:
        if self._lock_handle is None:
            raise StoreError("The log is closed", why="it was closed or could not be written", fix="open it anew")

    def _is_known(self, line: Signature) -> bool:
        return any(line.is_by(key) for key in (self._key.verifier, *self._policy.witnesses.values()))

    def _show_newest(self) -> None:
        """Publish the newest checkpoint, unless what is published satisfies the policy and the newest does not yet."""
        accepted = _satisfying(self._policy, bytes(self._newest))
        if accepted is not None or self._accepted is None:
            self._write(self._published, {CHECKPOINT: bytes(self._newest)})
            self._accepted = accepted

    def _check_begins_with(self, checkpoint: Checkpoint) -> None:
        """Check that the log begins with the tree of `checkpoint`."""
        size = self._edge.size
        if checkpoint.size > size:
            raise IntegrityError(
                f"The log published {checkpoint.size} leaves, but its state knows of {size}",
                why="the state folder was restored from an older copy",
                fix="restore the newer state; start a new log with a new key where it is lost",
            )
        if range_hash((0, checkpoint.size), TreeReader(self.reader, size).node) != checkpoint.root:
            raise IntegrityError(
                f"The log signed two different trees of {checkpoint.size} leaves",
                why="the published checkpoint is not of the tree in its tiles",
                fix="find out who else has its key; start a new log with a new key",
            )

    def _recover(self) -> None:
        """Take up what was signed last, with the files as a crash-free run would have left them."""
        published = self.reader.read(CHECKPOINT)
        signed = FolderReader(self._state).read(CHECKPOINT)
        if signed is None:
            if published is not None or next(self.reader.paths(), None):
                raise IntegrityError(
                    f"{self._published} has a log, but {self._state} has no state of it",
                    why="what was signed last is not known, and signing less again would fork the log",
                    fix="restore the state folder; start a new log with a new key where it is lost",
                )
            signed = bytes(self._signed(Edge()))
            self._write(self._state, {CHECKPOINT: signed})
        newest = self._own.accept(signed)
        self._newest = newest.note
        self._edge = read_edge(self.reader, newest.checkpoint.size)
        if self._edge.root() != newest.checkpoint.root:
            raise IntegrityError(
                "The log's tiles do not hash to what was signed last",
                why="files in the published folder were changed or restored from elsewhere",
                fix="restore them from a copy of the published folder; `custodes audit verify-all` says what is wrong",
            )
        shown = _satisfying(self._own, published) if published is not None else None
        if shown is not None and published is not None:
            self._check_begins_with(shown.checkpoint)
            self._accepted = _satisfying(self._policy, published)
        if shown is None or shown.checkpoint != newest.checkpoint:
            self._show_newest()
        self._discard_beyond(newest.checkpoint.size)

    def _discard_beyond(self, size: int) -> None:
        """Delete tiles that an interrupted append left, and partial ones whose full tile is there."""
        for path in list(self.reader.paths()):
            try:
                tile = Tile.parse(path)
            except IntegrityError:
                continue
            there = tile_count(tile.level, size) - tile.index * TILE_WIDTH
            if tile.width > there or (not tile.is_full and there >= TILE_WIDTH):
                (self._published / path).unlink(missing_ok=True)


def _satisfying(policy: Policy, data: bytes) -> Accepted | None:
    """Return the checkpoint in `data`, if `policy` accepts it."""
    try:
        return policy.accept(data)
    except IntegrityError:
        return None
