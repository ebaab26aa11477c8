"""Merkle trees of RFC 6962: hashing, and inclusion and consistency proofs, built and verified. Pure.

Building follows RFC 6962, sections 2.1.1 and 2.1.2; verifying RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NoReturn, TypeAlias

from custodes.domain.errors import IntegrityError
from custodes.ledger.text import HASH_BYTES

Range: TypeAlias = tuple[int, int]
"""Leaves from the first number up to, but without, the second."""
NodeReader: TypeAlias = Callable[[int, int], bytes]
"""Returns the hash of the perfect subtree of 2^level leaves that starts at leaf index * 2^level: (level, index)."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""

_NODE: Final = b"\x01"
_PAIR: Final = 2 * HASH_BYTES


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of the leaf that holds `entry`, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above `left` and `right`, 32 bytes."""
    return hashlib.sha256(_NODE + left + right).digest()


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the root above `hashes`: of leaves, or of perfect subtrees of one size, of which the last may be smaller.

    Of no hashes, this is the root of the empty tree.
    """
    return joined_hash(b"".join(hashes))


def joined_hash(row: bytes) -> bytes:
    """Return the root above hashes of 32 bytes, joined; see `tree_hash`. Of a proof's cost, most is here."""
    sha256 = hashlib.sha256
    while len(row) > HASH_BYTES:
        pairs = len(row) - len(row) % _PAIR
        above = [sha256(_NODE + row[at : at + _PAIR]).digest() for at in range(0, pairs, _PAIR)]
        row = b"".join([*above, row[pairs:]])
    return row or EMPTY_ROOT


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove leaf `index` in the tree of `size` leaves, the leaf's sibling first.

    Raises:
        IntegrityError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise IntegrityError(f"There is no leaf {index}", why=f"the tree has {size} leaves, counted from 0")
    low, high = 0, size
    ranges = []
    while high - low > 1:
        middle = low + _left_size(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return the ranges whose hashes prove that the tree of `new` leaves begins with that of `old`.

    Raises:
        IntegrityError: Not 0 < `old` <= `new`.
    """
    if not 0 < old <= new:
        raise IntegrityError(
            f"There is no consistency proof from {old} to {new} leaves", why="it leads from a tree to a larger one"
        )
    low, high = 0, new
    ranges = []
    while high != old:
        middle = low + _left_size(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:
        ranges.append((low, high))
    return ranges[::-1]


def range_hash(leaves: Range, node: NodeReader) -> bytes:
    """Return the hash of the subtree over `leaves`, put together from the perfect subtrees that `node` reads.

    Args:
        leaves: A range as the functions above make them, or (0, size) for the root.
        node: Reads perfect subtrees.
    """
    low, high = leaves
    parts = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append(node(level, low >> level))
        low += 1 << level
    if not parts:
        return EMPTY_ROOT
    hashed = parts.pop()
    while parts:
        hashed = node_hash(parts.pop(), hashed)
    return hashed


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the tree of `size` leaves with `root` has the leaf hash `leaf` at `index`.

    Raises:
        IntegrityError: `proof` does not show it.
    """
    what = f"The proof that leaf {index} is in the tree of {size} leaves is wrong"
    if not 0 <= index < size:
        _refuse(what, f"there is no leaf {index} in a tree of {size}")
    _need_hashes(what, (leaf, root, *proof))
    at, last = index, size - 1
    hashed = leaf
    for part in proof:
        if last == 0:
            _refuse(what, "it is too long")
        if at & 1 or at == last:
            hashed = node_hash(part, hashed)
            shift = _trailing_zeros(at)
            at, last = at >> shift, last >> shift
        else:
            hashed = node_hash(hashed, part)
        at, last = at >> 1, last >> 1
    if last != 0:
        _refuse(what, "it is too short")
    if hashed != root:
        _refuse(what, "it leads to another root")


def verify_consistency(*, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of `new` leaves with `new_root` begins with the tree of `old` leaves with `old_root`.

    Raises:
        IntegrityError: `proof` does not show it, or `old` is 0, from which nothing follows.
    """
    what = f"The proof that the tree of {new} leaves begins with that of {old} is wrong"
    if not 0 < old <= new:
        _refuse(what, "it has to lead from a tree that is not empty to one that is not smaller")
    if old == new:
        if proof:
            _refuse(what, "between trees of one size it has to be empty")
        if old_root != new_root:
            _refuse(what, "trees of one size have different roots")
        return
    _need_hashes(what, (old_root, new_root, *proof))
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps or not proof:
        _refuse(what, "it is empty")
    old_hash, new_hash = _followed(what, old, new, steps)
    if old_hash != old_root:
        _refuse(what, "it leads to another root of the smaller tree")
    if new_hash != new_root:
        _refuse(what, "it leads to another root of the larger tree")


def _followed(what: str, old: int, new: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the smaller and the larger tree that the `steps` of a consistency proof lead to."""
    at, last = old - 1, new - 1
    shift = _trailing_zeros(at + 1)
    at, last = at >> shift, last >> shift
    old_hash = new_hash = steps[0]
    for part in steps[1:]:
        if last == 0:
            _refuse(what, "it is too long")
        if at & 1 or at == last:
            old_hash, new_hash = node_hash(part, old_hash), node_hash(part, new_hash)
            shift = _trailing_zeros(at)
            at, last = at >> shift, last >> shift
        else:
            new_hash = node_hash(new_hash, part)
        at, last = at >> 1, last >> 1
    if last != 0:
        _refuse(what, "it is too short")
    return old_hash, new_hash


def _left_size(size: int) -> int:
    """Return the largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_zeros(number: int) -> int:
    """Return how many lowest bits of `number` are 0; none of 0 count."""
    return (number & -number).bit_length() - 1 if number else 0


def _need_hashes(what: str, hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        _refuse(what, f"one of its hashes has not {HASH_BYTES} bytes")


def _refuse(what: str, why: str) -> NoReturn:
    raise IntegrityError(what, why=why, fix="do not rely on what it was meant to prove, and keep it as evidence")
