"""The log itself: leaves go in, tiles and a signed checkpoint come out, as files for any static web server."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Self, TypeAlias

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.disk import lock_folder, write_durably
from custodes.ledger.edge import Edge, grow
from custodes.ledger.keys import KeyKind, SigningKey
from custodes.ledger.leaf import Leaf
from custodes.ledger.note import Note
from custodes.ledger.policy import Policy
from custodes.ledger.reader import CHECKPOINT, FolderReader, read_edge
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
        write: How files are written; for tests.

    Raises:
        ConfigError: `state` lies inside `published`, or `key` is not a log's.
        IntegrityError: The folders do not belong together, or not to `key`, or files are missing or damaged.
        StoreError: Another process has the log open, or a file cannot be written.
    """

    def __init__(self, published: Path, state: Path, key: SigningKey, *, write: Writer = write_durably) -> None:
        if state.resolve().is_relative_to(published.resolve()):
            raise ConfigError(f"The state of the log is in {published}", why="all in there is public")
        if key.verifier.kind is not KeyKind.LOG:
            raise ConfigError(f"{key.verifier.name} is the key of a witness", fix="give the log a key of its own")
        self._published = published
        self._state = state
        self._key = key
        self._write = write
        self._append_lock = Lock()
        self._lock_handle: int | None = lock_folder(state, "The log")
        try:
            self._edge = self._recover()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Leaves in the log."""
        return self._edge.size

    def append(self, leaves: Sequence[Leaf]) -> range:
        """Append `leaves`, as one batch, and return their indices once they are durable and published.

        The cost is mostly that of waiting for the disk, whatever the number of leaves: batch them. Each leaf's `seq`
        is set here.

        Raises:
            StoreError: They could not be written, or an earlier batch could not: open the log anew.
        """
        with self._append_lock:
            if self._lock_handle is None:
                raise StoreError("The log is closed", why="it was closed or could not be written", fix="open it anew")
            first = self._edge.size
            edge, files = grow(self._edge, [bytes(leaf.at(first + at)) for at, leaf in enumerate(leaves)])
            if not leaves:
                return range(first, first)
            try:
                self._write(self._published, {tile.path: content for tile, content in files.items()})
                signed = bytes(self._signed(edge))
                self._write(self._state, {CHECKPOINT: signed})
                self._write(self._published, {CHECKPOINT: signed})
            except BaseException:
                # How far it came, only the files know.
                self.close()
                raise
            self._edge = edge
            for tile in files:
                if tile.is_full:
                    shutil.rmtree(self._published / f"{tile.path}.p", ignore_errors=True)
            return range(first, edge.size)

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

    def _recover(self) -> Edge:
        """Return the edge of what was signed last, with the files as a crash-free run would have left them."""
        reader = FolderReader(self._published)
        published = reader.read(CHECKPOINT)
        signed = FolderReader(self._state).read(CHECKPOINT)
        if signed is None:
            if published is not None or next(reader.paths(), None):
                raise IntegrityError(
                    f"{self._published} has a log, but {self._state} has no state of it",
                    why="what was signed last is not known, and signing less again would fork the log",
                    fix="restore the state folder; start a new log with a new key where it is lost",
                )
            signed = bytes(self._signed(Edge()))
            self._write(self._state, {CHECKPOINT: signed})
        checkpoint = self._own(signed)
        edge = read_edge(reader, checkpoint.size)
        if edge.root() != checkpoint.root:
            raise IntegrityError(
                "The log's tiles do not hash to what was signed last",
                why="files in the published folder were changed or restored from elsewhere",
                fix="restore them from a copy of the published folder; `custodes audit verify-all` says what is wrong",
            )
        self._publish(published, signed, checkpoint)
        self._discard_beyond(reader, checkpoint.size)
        return edge

    def _own(self, signed: bytes) -> Checkpoint:
        return Policy(logs=(self._key.verifier,)).accept(signed).checkpoint

    def _publish(self, published: bytes | None, signed: bytes, checkpoint: Checkpoint) -> None:
        """Publish what was `signed` last, unless it is published already, perhaps with cosignatures."""
        try:
            shown = self._own(published) if published is not None else None
        except IntegrityError:
            shown = None
        if shown is not None and shown.size > checkpoint.size:
            raise IntegrityError(
                f"The log published {shown.size} leaves, but its state knows of {checkpoint.size}",
                why="the state folder was restored from an older copy",
                fix="restore the newer state; start a new log with a new key where it is lost",
            )
        if shown != checkpoint:
            self._write(self._published, {CHECKPOINT: signed})

    def _discard_beyond(self, reader: FolderReader, size: int) -> None:
        """Delete tiles that an interrupted append left, and partial ones whose full tile is there."""
        for path in list(reader.paths()):
            try:
                tile = Tile.parse(path)
            except IntegrityError:
                continue
            there = tile_count(tile.level, size) - tile.index * TILE_WIDTH
            if tile.width > there or (not tile.is_full and there >= TILE_WIDTH):
                (self._published / path).unlink(missing_ok=True)
