"""The right edge of a log: all that has to be known to append to it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from custodes.ledger.merkle import leaf_hash, tree_hash
from custodes.ledger.tiles import ENTRIES, TILE_WIDTH, Tile, join_entries, join_hashes

Files: TypeAlias = dict[Tile, bytes]
"""Contents of tiles and bundles."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The partial tiles of a log.

    Attributes:
        size: Leaves in the log.
        entries: Entries of the last bundle, where that is partial.
        levels: For each level, the hashes of its last tile, where that is partial; 32 bytes each.
    """

    size: int = 0
    entries: tuple[bytes, ...] = ()
    levels: tuple[tuple[bytes, ...], ...] = ((),)

    def root(self) -> bytes:
        """Return the root of the whole tree, 32 bytes."""
        below: tuple[bytes, ...] = ()
        for level in self.levels:
            if row := (*level, *below):
                below = (tree_hash(row),)
        return tree_hash(below)


def grow(edge: Edge, entries: Iterable[bytes]) -> tuple[Edge, Files]:
    """Return the edge after `entries` were appended, and the files that are new.

    Files are added, never changed: a partial tile's name has its width. Partial tiles on the way are not made.

    Raises:
        IntegrityError: An entry is longer than 65,535 bytes.
    """
    files: Files = {}
    size = edge.size
    bundle = list(edge.entries)
    levels = [list(level) for level in edge.levels]
    for entry in entries:
        bundle.append(entry)
        if len(bundle) == TILE_WIDTH:
            files[Tile(ENTRIES, size // TILE_WIDTH)] = join_entries(bundle)
            bundle = []
        _carry(files, levels, size, leaf_hash(entry))
        size += 1
    grown = Edge(size, tuple(bundle), tuple(tuple(level) for level in levels))
    return grown, files | _partial(edge, grown)


def _carry(files: Files, levels: list[list[bytes]], size: int, hashed: bytes) -> None:
    """Put the hash of leaf `size` in its place, and full tiles' roots in theirs."""
    place = size
    for level, hashes in enumerate(levels):
        hashes.append(hashed)
        if len(hashes) < TILE_WIDTH:
            return
        place //= TILE_WIDTH
        files[Tile(level, place)] = join_hashes(hashes)
        hashed = tree_hash(hashes)
        hashes.clear()
    levels.append([hashed])


def _partial(before: Edge, after: Edge) -> Files:
    """Return the partial tiles of `after` that `before` does not have."""
    files: Files = {}
    count = after.size
    if after.size != before.size and after.entries:
        files[Tile(ENTRIES, count // TILE_WIDTH, len(after.entries))] = join_entries(after.entries)
    for level, hashes in enumerate(after.levels):
        known = before.size >> (8 * level)
        if hashes and known != count:
            files[Tile(level, count // TILE_WIDTH, len(hashes))] = join_hashes(hashes)
        count //= TILE_WIDTH
    return files
