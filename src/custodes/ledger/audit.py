"""What an outsider checks of a published log, with its files and a policy alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from custodes.domain.errors import IntegrityError
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.leaf import Leaf
from custodes.ledger.merkle import (
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    range_hash,
    tree_hash,
    verify_consistency,
    verify_inclusion,
)
from custodes.ledger.policy import Accepted
from custodes.ledger.proof import Proof
from custodes.ledger.reader import ByteReader, FileReader, TreeReader, read_edge, read_entries, read_hashes
from custodes.ledger.tiles import ENTRIES, TILE_WIDTH, Tile, split_entries, split_hashes, tile_count, top_level

_EVIDENCE = "keep a copy of the folder as evidence, and ask the log's operator and the witnesses"


@dataclass(frozen=True, slots=True)
class Audited:
    """What a full check looked at.

    Attributes:
        leaves: Leaves, each found to be what the checkpoint says.
        beyond: Files that belong to a larger tree than the checkpoint's; not checked. A log whose newest leaves are
            not cosigned yet has some.
    """

    leaves: int
    beyond: int


def prove_inclusion(reader: ByteReader, accepted: Accepted, index: int) -> tuple[bytes, Proof]:
    """Return entry `index` and the proof, already verified, that it is in the log of `accepted`.

    Raises:
        IntegrityError: There is no such leaf, or the files do not prove it.
    """
    checkpoint = accepted.checkpoint
    tree = TreeReader(reader, checkpoint.size)
    hashes = tuple(range_hash(leaves, tree.node) for leaves in inclusion_ranges(index, checkpoint.size))
    entry = tree.entry(index)
    verify_inclusion(leaf=leaf_hash(entry), index=index, size=checkpoint.size, proof=hashes, root=checkpoint.root)
    return entry, Proof(index, hashes, bytes(accepted.note))


def prove_consistency(reader: ByteReader, old: Checkpoint, new: Checkpoint) -> tuple[bytes, ...]:
    """Return the proof, already verified, that the log of `new` begins with all that was in that of `old`.

    From an empty log there is nothing to prove: the proof is empty, as it is between equal checkpoints.

    Args:
        reader: Files of the log, as `new` describes it.
        old: An earlier checkpoint, verified.
        new: The published checkpoint, verified.

    Raises:
        IntegrityError: They are of different logs, the log was rolled back or shows an old checkpoint again, there are
            two of one size, history was rewritten, or files are damaged.
    """
    if old.origin != new.origin:
        raise IntegrityError("The checkpoints are of different logs", why=f"{old.origin} is not {new.origin}")
    if new.size < old.size:
        _refuse_smaller(reader, old, new)
    if new.size == old.size and new.root != old.root:
        raise IntegrityError(
            f"The log shows two different trees of {old.size} leaves",
            why="both checkpoints are signed, with different roots: a split view",
            fix=_EVIDENCE,
        )
    if old.size in {0, new.size}:
        return ()
    proof, root = consistency_proof(reader, old.size, new.size)
    verify_consistency(old=old.size, new=new.size, proof=proof, old_root=root, new_root=new.root)
    if root != old.root:
        raise IntegrityError(
            f"The first {old.size} leaves were rewritten",
            why="the published tree does not begin with that of the earlier checkpoint",
            fix=_EVIDENCE,
        )
    return proof


def _refuse_smaller(reader: ByteReader, old: Checkpoint, new: Checkpoint) -> NoReturn:
    """Say whether a smaller checkpoint was put before the larger tree, or the tree is gone as well."""
    try:
        replayed = read_edge(reader, old.size).root() == old.root
    except IntegrityError:
        replayed = False
    if replayed:
        raise IntegrityError(
            f"An old checkpoint of {new.size} leaves is shown again",
            why=f"the tree of {old.size} leaves, which was published before, is still there",
            fix=f"fetch the log again; if it stays so, {_EVIDENCE}",
        )
    raise IntegrityError(
        f"The log was rolled back from {old.size} to {new.size} leaves",
        why="the earlier checkpoint is larger than the published one",
        fix=_EVIDENCE,
    )


def consistency_proof(reader: ByteReader, old: int, new: int) -> tuple[tuple[bytes, ...], bytes]:
    """Return the proof, unverified, that the log of `new` leaves begins with that of `old`, and the root of the latter.

    From an empty log the proof is empty, as it is between equal sizes.

    Raises:
        IntegrityError: A tile is missing or malformed, or not 0 <= `old` <= `new`.
    """
    tree = TreeReader(reader, new)
    ranges = consistency_ranges(old, new) if old else []
    return tuple(range_hash(leaves, tree.node) for leaves in ranges), range_hash((0, old), tree.node)


def check_leaf(index: int, entry: bytes) -> None:
    """Check that `entry` is a leaf of custodes that was made for `index`.

    Raises:
        IntegrityError: It is not.
    """
    try:
        leaf = Leaf.parse(entry)
    except IntegrityError as error:
        raise IntegrityError(f"Leaf {index} cannot be read", why=error.what, fix=error.fix) from None
    if leaf.seq != index:
        raise IntegrityError(
            f"Leaf {index} says that it is leaf {leaf.seq}",
            why="leaves were left out, added or moved before the tree was signed",
            fix=_EVIDENCE,
        )


def check_tile(tile: Tile, hashes: Sequence[bytes], root: bytes) -> None:
    """Check the hashes of a full tile against its `root`, which is verified.

    Raises:
        IntegrityError: They lead to another root.
    """
    if tree_hash(hashes) != root:
        raise IntegrityError(
            f"{tile.path} was changed", why="its hashes do not lead to the root in the checkpoint", fix=_EVIDENCE
        )


def check_entries(first: int, entries: Sequence[bytes], hashes: Sequence[bytes]) -> None:
    """Check entries from leaf `first` on against `hashes`, which are verified.

    Raises:
        IntegrityError: One is another, or in another place.
    """
    for at, (entry, expected) in enumerate(zip(entries, hashes, strict=True)):
        hashed = leaf_hash(entry)
        if hashed == expected:
            continue
        if hashed in hashes:
            raise IntegrityError(
                f"Leaf {first + at} is out of order",
                why=f"the tree has this entry as leaf {first + hashes.index(hashed)}",
                fix=_EVIDENCE,
            )
        raise IntegrityError(
            f"Leaf {first + at} was changed", why="its entry does not hash to what the tree has there", fix=_EVIDENCE
        )


def verify_all(
    reader: FileReader, checkpoint: Checkpoint, *, check: Callable[[int, bytes], None] = check_leaf
) -> Audited:
    """Check every file of a log against `checkpoint`, from the root down to each entry.

    Takes memory for one hash of each 256 leaves.

    Args:
        reader: Files of the log.
        checkpoint: Verified.
        check: Called with each index and entry.

    Raises:
        IntegrityError: A file is missing, damaged or none of a log, an entry was changed, left out or moved; the
            message says which.
    """
    roots = _verified_roots(reader, checkpoint)
    count = checkpoint.size
    for index in range(-(-count // TILE_WIDTH)):
        width = min(TILE_WIDTH, count - index * TILE_WIDTH)
        hashes = read_hashes(reader, Tile(0, index, width))
        if width == TILE_WIDTH:
            check_tile(Tile(0, index), hashes, roots[index])
        entries = read_entries(reader, Tile(ENTRIES, index, width))
        check_entries(index * TILE_WIDTH, entries, hashes)
        for at, entry in enumerate(entries, start=index * TILE_WIDTH):
            check(at, entry)
    return Audited(count, _check_others(reader, count))


def _verified_roots(reader: ByteReader, checkpoint: Checkpoint) -> Sequence[bytes]:
    """Return the roots of all full tiles of leaf hashes, verified from the root of the tree down."""
    size = checkpoint.size
    edge = read_edge(reader, size)
    if edge.root() != checkpoint.root:
        raise IntegrityError(
            "The tiles do not hash to the root in the checkpoint",
            why="a partial tile was damaged, or the tree was rebuilt",
            fix=f"fetch the log again; if it stays so, {_EVIDENCE}",
        )
    known: list[bytes] = []
    for level in range(top_level(size), 0, -1):
        below: list[bytes] = []
        for index, root in enumerate(known):
            hashes = read_hashes(reader, Tile(level, index))
            check_tile(Tile(level, index), hashes, root)
            below += hashes
        known = [*below, *edge.levels[level]]
    return known


def _check_others(reader: FileReader, size: int) -> int:
    """Check the partial tiles of earlier sizes, and return how many files lie beyond the tree."""
    beyond = 0
    for path in reader.paths():
        tile = Tile.parse(path)
        start = tile.index * TILE_WIDTH
        there = min(TILE_WIDTH, tile_count(tile.level, size) - start)
        if tile.width > there:
            beyond += 1
        if 0 < there != tile.width:
            _check_prefix(reader, tile, there)
    return beyond


def _check_prefix(reader: FileReader, tile: Tile, there: int) -> None:
    """Check that `tile` and the one of `there` hashes or entries in its place, which is verified, begin alike."""
    read, split = (read_entries, split_entries) if tile.level == ENTRIES else (read_hashes, split_hashes)
    data = reader.read(tile.path)
    if data is None:  # deleted meanwhile: the log moved on
        return
    common = min(there, tile.width)
    if split(data, tile)[:common] != read(reader, Tile(tile.level, tile.index, there))[:common]:
        raise IntegrityError(
            f"{tile.path} was changed", why="it does not begin like the tile in its place", fix=_EVIDENCE
        )
