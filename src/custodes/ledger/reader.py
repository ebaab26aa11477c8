"""Reading a published log: hashes, entries and whole subtrees, from files that nobody vouches for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from custodes.domain.errors import IntegrityError
from custodes.ledger.edge import Edge
from custodes.ledger.merkle import joined_hash
from custodes.ledger.text import HASH_BYTES
from custodes.ledger.tiles import (
    ENTRIES,
    LARGEST_FILE,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    check_length,
    entry_at,
    split_entries,
    split_hashes,
    tile_count,
    top_level,
)

CHECKPOINT: Final = "checkpoint"
"""Path of the checkpoint in a log's folder."""
_MOST_KEPT: Final = 64
"""Tiles kept in memory, 8 KiB each."""


class ByteReader(Protocol):
    """Where the files of a log come from."""

    def read(self, path: str) -> bytes | None:
        """Return the file at `path`, relative to the log's folder and with slashes; None where there is none.

        Raises:
            IntegrityError: It cannot be read, or is larger than any file of a log.
        """


class FileReader(ByteReader, Protocol):
    """Where the files of a log come from, if it can tell all that there are."""

    def paths(self) -> Iterator[str]:
        """Yield the path of every file under `tile/`, in no order."""


class FolderReader:
    """Reads a log from its folder.

    Args:
        folder: What a web server would publish.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return the file at `path`; see `ByteReader`."""
        try:
            # Proofs read several small files each: what pathlib and buffers cost would show.
            handle = os.open(f"{self._folder}/{path}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                data = os.read(handle, min(os.fstat(handle).st_size, LARGEST_FILE) + 1)
            finally:
                os.close(handle)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise IntegrityError(f"{path} cannot be read", why=os.strerror(error.errno or 0)) from error
        if len(data) > LARGEST_FILE:
            raise IntegrityError(f"{path} is too large", why=f"{LARGEST_FILE} bytes are the limit")
        return data

    def paths(self) -> Iterator[str]:
        """Yield the path of every file under `tile/`; see `FileReader`."""
        for folder, _, names in os.walk(self._folder / "tile"):
            for name in names:
                yield (Path(folder) / name).relative_to(self._folder).as_posix()


def read_checkpoint(reader: ByteReader) -> bytes:
    """Return the checkpoint of a log, unverified.

    Raises:
        IntegrityError: There is none.
    """
    data = reader.read(CHECKPOINT)
    if data is None:
        raise IntegrityError(
            "There is no checkpoint", why="there is no such file", fix="name a log's folder, or its address"
        )
    return data


def read_hashes(reader: ByteReader, tile: Tile) -> list[bytes]:
    """Return the hashes of `tile`, from the full tile where the partial one is gone.

    Raises:
        IntegrityError: It is missing or of a wrong length.
    """
    return split_hashes(_read_joined(reader, tile), tile)


def _read_joined(reader: ByteReader, tile: Tile) -> bytes:
    data = reader.read(tile.path)
    if data is not None:
        check_length(data, tile)
        return data
    if not tile.is_full and (data := reader.read(tile.full.path)) is not None:
        check_length(data, tile.full)
        return data[: tile.width * HASH_BYTES]
    raise missing(tile)


def read_entries(reader: ByteReader, tile: Tile) -> list[bytes]:
    """Return the entries of the bundle `tile`, from the full bundle where the partial one is gone.

    Raises:
        IntegrityError: It is missing, cut off, or of another number of entries.
    """
    data = reader.read(tile.path)
    if data is not None:
        return split_entries(data, tile)
    if not tile.is_full and (data := reader.read(tile.full.path)) is not None:
        return split_entries(data, tile.full)[: tile.width]
    raise missing(tile)


def read_edge(reader: ByteReader, size: int) -> Edge:
    """Return the right edge of the log of `size` leaves, unverified.

    Raises:
        IntegrityError: One of its tiles is missing or malformed.
    """
    levels = [
        tuple(read_hashes(reader, tile)) if (tile := _partial_tile(level, size)) else ()
        for level in range(top_level(size) + 1)
    ]
    bundle = _partial_tile(ENTRIES, size)
    return Edge(size, tuple(read_entries(reader, bundle)) if bundle else (), tuple(levels))


class TreeReader:
    """Reads subtrees of the log of one size. What it returns is as good as the files: verify what is made of it.

    Args:
        reader: Where the files come from.
        size: Leaves in the tree.
    """

    def __init__(self, reader: ByteReader, size: int) -> None:
        self.size = size
        self._reader = reader
        self._kept: dict[Tile, bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the perfect subtree of 2^`level` leaves from leaf `index` * 2^`level` on, 32 bytes.

        Raises:
            IntegrityError: The log has no such subtree, or its tile is missing or malformed.
        """
        tile_level, inside = divmod(level, TILE_HEIGHT)
        first = index << inside
        count = tile_count(tile_level, self.size)
        if level < 0 or index < 0 or first + (1 << inside) > count:
            raise IntegrityError(
                f"There is no subtree {index} at level {level}", why=f"the tree has {self.size} leaves"
            )
        place, start = divmod(first, TILE_WIDTH)
        hashes = self._hashes(Tile(tile_level, place, min(TILE_WIDTH, count - place * TILE_WIDTH)))
        return joined_hash(hashes[start * HASH_BYTES : (start + (1 << inside)) * HASH_BYTES])

    def entry(self, index: int) -> bytes:
        """Return entry `index`.

        Raises:
            IntegrityError: There is none, or its bundle is missing or malformed.
        """
        if not 0 <= index < self.size:
            raise IntegrityError(f"There is no leaf {index}", why=f"the tree has {self.size} leaves, counted from 0")
        place, inside = divmod(index, TILE_WIDTH)
        tile = Tile(ENTRIES, place, min(TILE_WIDTH, self.size - place * TILE_WIDTH))
        for one in (tile, tile.full):
            if (data := self._reader.read(one.path)) is not None:
                return entry_at(data, one, inside)
        raise missing(tile)

    def _hashes(self, tile: Tile) -> bytes:
        if tile not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[tile] = _read_joined(self._reader, tile)
        return self._kept[tile]


def _partial_tile(level: int, size: int) -> Tile | None:
    count = tile_count(level, size)
    width = count % TILE_WIDTH
    return Tile(level, count // TILE_WIDTH, width) if width else None


def missing(tile: Tile) -> IntegrityError:
    """Return the error that says that `tile` is not there."""
    return IntegrityError(
        f"{tile.path} is missing",
        why="the checkpoint's size requires it",
        fix="fetch the log again; if it stays missing, the log withholds what it promised",
    )
