"""C2SP tlog-tiles: where the hashes and entries of a log lie, and what is in those files. Pure."""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.text import HASH_BYTES, shown

TILE_WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""
TILE_HEIGHT: Final = 8
"""Levels of the tree that a tile spans."""
ENTRIES: Final = -1
"""In place of a level: a bundle of entries."""
LARGEST_ENTRY: Final = 0xFFFF
"""Bytes of the longest entry."""
LARGEST_FILE: Final = TILE_WIDTH * (2 + LARGEST_ENTRY)
"""Bytes of the largest file of a log."""

_LENGTH: Final = struct.Struct(">H")
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_HIGHEST_LEVEL: Final = 63
_MOST_GROUPS: Final = 6
"""Groups of three digits that an index below 2^56 can need."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of a log.

    Attributes:
        level: 0 for hashes of leaves, 1 for roots of full tiles at level 0, and so on to 63; `ENTRIES` for entries.
        index: Position in its level, from 0.
        width: Hashes or entries in it, 1 to 256; fewer than 256 make it a partial one.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    @classmethod
    def parse(cls, path: str) -> Self:
        """Return the tile that `path`, relative to the log's folder and with slashes, names.

        Raises:
            IntegrityError: It names none.
        """
        match = _PATH.fullmatch(path)
        groups = match["index"].replace("x", "").split("/") if match else []
        if not match or len(groups) > _MOST_GROUPS:
            raise IntegrityError(f"{shown(path)} is no file of a log", why="its name is not that of a tile")
        level = ENTRIES if match["level"] == "entries" else int(match["level"])
        tile = cls(level, int("".join(groups)), int(match["width"] or TILE_WIDTH))
        if tile.path != path or tile.level > _HIGHEST_LEVEL:
            raise IntegrityError(f"{shown(path)} is no file of a log", why="its name is not that of a tile")
        return tile

    @property
    def path(self) -> str:
        """Where it lies, relative to the log's folder."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.is_full else f".p/{self.width}"
        return f"tile/{level}/{number}{part}"

    @property
    def is_full(self) -> bool:
        """Whether it has all its hashes or entries."""
        return self.width == TILE_WIDTH

    @property
    def full(self) -> "Tile":
        """The full tile in its place."""
        return Tile(self.level, self.index)


def tile_count(level: int, size: int) -> int:
    """Return how many hashes (or entries) `level` has in a log of `size` leaves."""
    return size >> (TILE_HEIGHT * max(level, 0))


def tiles_of(level: int, size: int) -> Iterable[Tile]:
    """Yield the tiles of `level` in a log of `size` leaves, in order; the last may be partial."""
    count = tile_count(level, size)
    for index in range(-(-count // TILE_WIDTH)):
        yield Tile(level, index, min(TILE_WIDTH, count - index * TILE_WIDTH))


def top_level(size: int) -> int:
    """Return the highest level that has tiles in a log of `size` leaves, 0 where it is empty."""
    return max(size.bit_length() - 1, 0) // TILE_HEIGHT


def join_hashes(hashes: Sequence[bytes]) -> bytes:
    """Return the content of a tile with `hashes`."""
    return b"".join(hashes)


def split_hashes(data: bytes, tile: Tile) -> list[bytes]:
    """Return the hashes in the content of `tile`, 32 bytes each.

    Raises:
        IntegrityError: It has another length.
    """
    check_length(data, tile)
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def check_length(data: bytes, tile: Tile) -> None:
    """Check that the content of `tile` is as long as its hashes.

    Raises:
        IntegrityError: It is not.
    """
    if len(data) != tile.width * HASH_BYTES:
        raise IntegrityError(
            f"{tile.path} has {len(data)} bytes", why=f"{tile.width} hashes have {tile.width * HASH_BYTES}"
        )


def join_entries(entries: Iterable[bytes]) -> bytes:
    """Return the content of a bundle with `entries`.

    Raises:
        IntegrityError: One is longer than 65,535 bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise IntegrityError(f"An entry has {len(entry)} bytes", why=f"{LARGEST_ENTRY} are the limit")
        parts += [_LENGTH.pack(len(entry)), entry]
    return b"".join(parts)


def split_entries(data: bytes, tile: Tile) -> list[bytes]:
    """Return the entries in the content of the bundle `tile`.

    Raises:
        IntegrityError: It is cut off, or has more or fewer entries than its name says.
    """
    entries: list[bytes] = []
    end = 0
    while end < len(data):
        start, end = _entry_range(data, tile, len(entries), end)
        entries.append(data[start:end])
    if len(entries) != tile.width:
        raise IntegrityError(f"{tile.path} has {len(entries)} entries", why=f"there have to be {tile.width}")
    return entries


def entry_at(data: bytes, tile: Tile, place: int) -> bytes:
    """Return the entry at `place` in the content of the bundle `tile`; what follows it is not looked at.

    Raises:
        IntegrityError: It is cut off before.
    """
    at = 0
    try:
        for _ in range(place):
            at += _LENGTH.size + (data[at] << 8 | data[at + 1])
    except IndexError:
        raise _cut_off(tile, place) from None
    start, end = _entry_range(data, tile, place, at)
    return data[start:end]


def _entry_range(data: bytes, tile: Tile, entry: int, at: int) -> tuple[int, int]:
    """Return where the entry whose length is written at `at` begins and ends."""
    start = at + _LENGTH.size
    if start > len(data) or (end := start + _LENGTH.unpack_from(data, at)[0]) > len(data):
        raise _cut_off(tile, entry)
    return start, end


def _cut_off(tile: Tile, entry: int) -> IntegrityError:
    return IntegrityError(f"{tile.path} is cut off", why=f"its entry {entry} ends beyond it")
