"""RFC 6962 trees: against another implementation's vectors, and against the definition in the RFC."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import IntegrityError
from custodes.ledger.merkle import (
    EMPTY_ROOT,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    range_hash,
    tree_hash,
    verify_consistency,
    verify_inclusion,
)

MOST = 300
LEAVES = [leaf_hash(str(number).encode()) for number in range(MOST)]


def defined_root(leaves: list[bytes]) -> bytes:
    """Compute MTH of RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


def node(level: int, index: int) -> bytes:
    leaves = LEAVES[index << level : (index + 1) << level]
    assert len(leaves) == 1 << level
    return tree_hash(leaves)


def inclusion(index: int, size: int) -> list[bytes]:
    return [range_hash(leaves, node) for leaves in inclusion_ranges(index, size)]


def consistency(old: int, new: int) -> list[bytes]:
    return [range_hash(leaves, node) for leaves in consistency_ranges(old, new)]


def accepted(check: Callable[[], None]) -> bool:
    try:
        check()
    except IntegrityError:
        return False
    return True


def decoded(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [base64.b64decode(vector[name] or "") for name in names]


@pytest.mark.needs_fixtures
def test_inclusion_vectors(vectors: Path) -> None:
    files = sorted((vectors / "merkle/testdata/inclusion").rglob("*.json"))
    assert len(files) == 98
    for file in files:
        vector = json.loads(file.read_text())
        leaf, root = decoded(vector, "leafHash", "root")
        proof = [base64.b64decode(part) for part in vector["proof"] or []]
        index, size = vector["leafIdx"], vector["treeSize"]
        got = accepted(lambda: verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root))  # noqa: B023
        assert got is not vector["wantErr"], file


@pytest.mark.needs_fixtures
def test_consistency_vectors(vectors: Path) -> None:
    files = sorted((vectors / "merkle/testdata/consistency").rglob("*.json"))
    assert len(files) == 98
    for file in files:
        vector = json.loads(file.read_text())
        root1, root2 = decoded(vector, "root1", "root2")
        proof = [base64.b64decode(part) for part in vector["proof"] or []]
        old, new = vector["size1"], vector["size2"]
        got = accepted(lambda: verify_consistency(old=old, new=new, proof=proof, old_root=root1, new_root=root2))  # noqa: B023
        assert got is not vector["wantErr"], file


@given(st.integers(0, MOST))
def test_roots_are_those_of_the_definition(size: int) -> None:
    assert tree_hash(LEAVES[:size]) == defined_root(LEAVES[:size]) == range_hash((0, size), node)


def test_the_empty_root_is_the_hash_of_nothing() -> None:
    assert tree_hash([]) == EMPTY_ROOT == defined_root([])


@given(st.integers(1, MOST).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_every_leaf_is_proved(place: tuple[int, int]) -> None:
    index, size = place
    root = tree_hash(LEAVES[:size])
    verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=inclusion(index, size), root=root)


@given(st.integers(1, MOST).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new))))
def test_every_prefix_is_proved(sizes: tuple[int, int]) -> None:
    old, new = sizes
    verify_consistency(
        old=old,
        new=new,
        proof=consistency(old, new),
        old_root=tree_hash(LEAVES[:old]),
        new_root=tree_hash(LEAVES[:new]),
    )


@given(st.integers(2, 40), st.data())
def test_no_other_leaf_index_or_size_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, proof = tree_hash(LEAVES[:size]), inclusion(index, size)
    for other in range(size):
        if other != index:
            with pytest.raises(IntegrityError):
                verify_inclusion(leaf=LEAVES[other], index=index, size=size, proof=proof, root=root)
            with pytest.raises(IntegrityError):
                verify_inclusion(leaf=LEAVES[index], index=other, size=size, proof=proof, root=root)
    for at in range(len(proof)):
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        with pytest.raises(IntegrityError, match="another root"):
            verify_inclusion(
                leaf=LEAVES[index], index=index, size=size, proof=[*proof[:at], flipped, *proof[at + 1 :]], root=root
            )


@given(st.integers(2, 60), st.data())
def test_a_rewritten_prefix_is_not_proved(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    before = [*LEAVES[:changed], leaf_hash(b"other"), *LEAVES[changed + 1 : old]]
    with pytest.raises(IntegrityError):
        verify_consistency(
            old=old,
            new=new,
            proof=consistency(old, new),
            old_root=tree_hash(before),
            new_root=tree_hash(LEAVES[:new]),
        )


@given(
    st.integers(-5, 2**70),
    st.integers(-5, 2**70),
    st.lists(st.binary(max_size=33), max_size=70),
    st.binary(max_size=33),
)
def test_hostile_proofs_end_in_a_clear_error(first: int, second: int, proof: list[bytes], one: bytes) -> None:
    other = hashlib.sha256(one).digest()
    with pytest.raises(IntegrityError):
        verify_inclusion(leaf=one, index=first, size=second, proof=proof, root=other)
    with pytest.raises(IntegrityError):
        verify_consistency(old=first, new=second, proof=proof, old_root=one, new_root=other)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4)])
def test_there_is_no_proof_of_no_leaf(index: int, size: int) -> None:
    with pytest.raises(IntegrityError, match="no leaf"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (-1, 4)])
def test_there_is_no_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(IntegrityError, match="no consistency proof"):
        consistency_ranges(old, new)
