"""Copying a published log, bit by bit as it grows, so that nothing that was seen can be taken back unnoticed."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from custodes.domain.errors import IntegrityError
from custodes.ledger.audit import check_entries, check_tile, prove_consistency
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.disk import lock_file, write_durably
from custodes.ledger.edge import Edge, Files
from custodes.ledger.note import Note
from custodes.ledger.reader import (
    CHECKPOINT,
    ByteReader,
    FolderReader,
    missing,
    read_checkpoint,
    read_edge,
    read_hashes,
)
from custodes.ledger.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    join_entries,
    join_hashes,
    split_entries,
    split_hashes,
    tile_count,
    top_level,
)

KEPT: Final = "checkpoints"
"""Folder of every checkpoint seen, in the copy."""
REFUSED: Final = "refused"
"""Folder of checkpoints that contradict the copy, in the copy."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files that are there and of those needed."""

_AT_ONCE: Final = 8
"""Files fetched at the same time."""
_CHUNK: Final = 64
"""Files held in memory and written together; at most 1 GiB, usually 4 MiB."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What was copied.

    Attributes:
        checkpoint: What the copy holds now.
        before: Leaves in the largest tree seen before, 0 where there was none.
        files: Files that were fetched.
        kept: Where the checkpoint was kept.
    """

    checkpoint: Checkpoint
    before: int
    files: int
    kept: Path


def mirror(
    source: ByteReader,
    folder: Path,
    accept: Callable[[bytes], Checkpoint],
    progress: Progress = lambda _done, _all: None,
) -> Mirrored:
    """Bring the copy in `folder` up to date, checking all that is added against the checkpoint.

    The checkpoint has to go on from the largest one seen before. It is written down as seen before its files are
    fetched, and becomes that of the copy once they are all there. What is there is not fetched again, so a copy that
    was interrupted goes on; nothing that is there is changed.

    Args:
        source: The log; threads share it.
        folder: The copy; made where it is missing.
        accept: Returns the checkpoint in the file, or raises `IntegrityError`.
        progress: Told how far it is.

    Raises:
        IntegrityError: The log contradicts what was seen of it before, or itself. The copy stays as it was, and the
            checkpoint is kept in the folder `REFUSED` if it contradicts the copy.
        NetworkError: The log cannot be reached.
        StoreError: The copy cannot be written, or another process is writing it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = lock_file(folder / ".lock", f"The copy in {folder}")
    try:
        data = read_checkpoint(source)
        new = accept(data)
        before = _largest_seen(folder)
        proved = _Remembering(source)
        if before is not None:
            _check_goes_on(proved, folder, before, new, data)
        kept = f"{KEPT}/{_name(new)}"
        write_durably(folder, {kept: data})
        files = _Copy(_Both(proved.known, source), folder, new, progress).complete()
        write_durably(folder, {CHECKPOINT: data})
        return Mirrored(new, before.size if before is not None else 0, files, folder / kept)
    finally:
        os.close(handle)


def _name(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size}-{checkpoint.root.hex()[:16]}"


def _largest_seen(folder: Path) -> Checkpoint | None:
    """Return the largest checkpoint in the copy; all were accepted when they were written."""
    paths = [folder / CHECKPOINT, *(folder / KEPT).glob("*")]
    seen = [Checkpoint.parse(Note.parse(path.read_bytes()).text) for path in paths if path.is_file()]
    return max(seen, key=lambda one: one.size, default=None)


def _check_goes_on(source: ByteReader, folder: Path, before: Checkpoint, new: Checkpoint, data: bytes) -> None:
    try:
        prove_consistency(source, before, new)
    except IntegrityError as error:
        refused = f"{REFUSED}/{_name(new)}"
        write_durably(folder, {refused: data})
        raise IntegrityError(
            error.what,
            why=error.why,
            fix=f"the copy stays as it was; keep it and {folder / refused} as evidence, ask the log's operator and the "
            "witnesses, and try again in case a web server on the way was out of date",
        ) from error


class _Copy:
    """A copy while it is completed to one checkpoint."""

    def __init__(self, source: ByteReader, folder: Path, checkpoint: Checkpoint, progress: Progress) -> None:
        self._source = source
        self._folder = folder
        self._checkpoint = checkpoint
        self._progress = progress
        self._local = FolderReader(folder)
        self._there = set(self._local.paths())
        self._parent: tuple[Tile, list[bytes]] = (Tile(0, 0), [])
        self._fetched = 0

    def complete(self) -> int:
        """Fetch what is missing, and return how many files that were."""
        size = self._checkpoint.size
        partial = self._write_edge()
        levels = range(top_level(size), ENTRIES - 1, -1)
        total = partial + sum(tile_count(level, size) // TILE_WIDTH for level in levels)
        with ThreadPoolExecutor(_AT_ONCE, "fetch") as pool:
            for level in levels:
                tiles = (Tile(level, index) for index in range(tile_count(level, size) // TILE_WIDTH))
                for chunk in _chunks(tile for tile in tiles if tile.path not in self._there):
                    self._progress(total - self._left(chunk[0]), total)
                    self._write(zip(chunk, pool.map(self._fetch, chunk), strict=True))
        self._progress(total, total)
        return self._fetched

    def _left(self, tile: Tile) -> int:
        """Return how many full tiles and bundles there are from `tile` on, in the order in which they are fetched."""
        below = range(ENTRIES, tile.level + 1)
        return sum(tile_count(level, self._checkpoint.size) // TILE_WIDTH for level in below) - tile.index

    def _write_edge(self) -> int:
        """Write the partial tiles, verified by the root of the tree, and return how many there are."""
        edge = read_edge(_Both(self._local, self._source), self._checkpoint.size)
        if edge.root() != self._checkpoint.root:
            raise IntegrityError(
                "The partial tiles do not hash to the root in the checkpoint",
                why="they were changed, by the log or in the copy",
                fix="see with `custodes audit verify-all` whether the copy is sound, and keep it as evidence",
            )
        check_entries(edge.size - len(edge.entries), edge.entries, edge.levels[0])
        files = _partial(edge)
        new = {tile.path: content for tile, content in files.items() if tile.path not in self._there}
        write_durably(self._folder, new)
        self._fetched += len(new)
        return len(files)

    def _fetch(self, tile: Tile) -> bytes:
        data = self._source.read(tile.path)
        if data is None:
            raise missing(tile)
        return data

    def _write(self, fetched: Iterable[tuple[Tile, bytes]]) -> None:
        files = {}
        for tile, data in fetched:
            self._check(tile, data)
            files[tile.path] = data
        write_durably(self._folder, files)
        self._fetched += len(files)
        for path in files:
            shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)

    def _check(self, tile: Tile, data: bytes) -> None:
        """Check a full tile or bundle against the hashes above it, which are in the copy already."""
        if tile.level == ENTRIES:
            hashes = read_hashes(self._local, Tile(0, tile.index))
            check_entries(tile.index * TILE_WIDTH, split_entries(data, tile), hashes)
        else:
            check_tile(tile, split_hashes(data, tile), self._hash_above(tile))

    def _hash_above(self, tile: Tile) -> bytes:
        level, place = tile.level + 1, tile.index // TILE_WIDTH
        width = min(TILE_WIDTH, tile_count(level, self._checkpoint.size) - place * TILE_WIDTH)
        above = Tile(level, place, width)
        if self._parent[0] != above:
            self._parent = (above, read_hashes(self._local, above))
        return self._parent[1][tile.index % TILE_WIDTH]


class _Remembering:
    """Reads files of the log, and keeps them: the few that a proof takes."""

    def __init__(self, source: ByteReader) -> None:
        self._source = source
        self.known: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        data = self._source.read(path)
        if data is not None:
            self.known[path] = data
        return data


class _Both:
    """Reads a file from where it is known, or else from the log."""

    def __init__(self, known: ByteReader | Mapping[str, bytes], source: ByteReader) -> None:
        self._known = known.get if isinstance(known, Mapping) else known.read
        self._source = source

    def read(self, path: str) -> bytes | None:
        data = self._known(path)
        return self._source.read(path) if data is None else data


def _chunks(tiles: Iterator[Tile]) -> Iterator[list[Tile]]:
    while chunk := list(islice(tiles, _CHUNK)):
        yield chunk


def _partial(edge: Edge) -> Files:
    """Return all partial tiles of a log with `edge`."""
    files: Files = {}
    if edge.entries:
        files[Tile(ENTRIES, edge.size // TILE_WIDTH, len(edge.entries))] = join_entries(edge.entries)
    for level, hashes in enumerate(edge.levels):
        if hashes:
            files[Tile(level, tile_count(level, edge.size) // TILE_WIDTH, len(hashes))] = join_hashes(hashes)
    return files
