"""A log that another implementation wrote, read and written again."""

from pathlib import Path

import pytest

from custodes.domain.errors import IntegrityError
from custodes.ledger import (
    Checkpoint,
    FolderReader,
    Policy,
    VerifierKey,
    prove_consistency,
    prove_inclusion,
    verify_all,
)
from custodes.ledger.edge import Edge, grow
from custodes.ledger.note import Note
from custodes.ledger.reader import TreeReader, read_edge, read_entries, read_hashes
from custodes.ledger.tiles import ENTRIES, Tile, join_entries, join_hashes

KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
POLICY = Policy(logs=(VerifierKey.parse(KEY),))
SIZES = range(16)

pytestmark = pytest.mark.needs_fixtures


@pytest.fixture(scope="session")
def log(vectors: Path) -> Path:
    return vectors / "tessera/testdata/log"


def checkpoint(log: Path, size: int) -> Checkpoint:
    return POLICY.accept((log / f"checkpoint.{size}").read_bytes()).checkpoint


def nothing(index: int, entry: bytes) -> None:
    """Accept any entry: these are not leaves of custodes."""


@pytest.mark.parametrize("size", SIZES)
def test_checkpoints_are_accepted_and_written_alike(log: Path, size: int) -> None:
    data = (log / f"checkpoint.{size}").read_bytes()
    accepted = POLICY.accept(data)
    assert (accepted.checkpoint.size, accepted.checkpoint.origin) == (size, "example.com/log/testdata")
    assert bytes(accepted.note) == data
    assert accepted.checkpoint.text == Note.parse(data).text
    assert str(accepted.log) == KEY


@pytest.mark.parametrize("size", SIZES[1:])
def test_tiles_and_bundles_are_those_of_our_own_log(log: Path, size: int) -> None:
    bundle, tile = Tile(ENTRIES, 0, size), Tile(0, 0, size)
    entries = read_entries(FolderReader(log), bundle)
    edge, files = grow(Edge(), entries)
    assert files == {at: (log / at.path).read_bytes() for at in (bundle, tile)}
    assert edge.root() == checkpoint(log, size).root
    assert edge == read_edge(FolderReader(log), size)
    assert join_entries(entries) == (log / bundle.path).read_bytes()
    assert join_hashes(read_hashes(FolderReader(log), tile)) == (log / tile.path).read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_every_proof_of_every_size(log: Path, size: int) -> None:
    reader = FolderReader(log)
    accepted = POLICY.accept((log / f"checkpoint.{size}").read_bytes())
    for index in range(size):
        entry, proof = prove_inclusion(reader, accepted, index)
        assert proof.verify(entry, POLICY).checkpoint == accepted.checkpoint
        with pytest.raises(IntegrityError, match="another root"):
            proof.verify(entry + b"x", POLICY)
    for old in range(size):
        prove_consistency(reader, checkpoint(log, old), accepted.checkpoint)


def test_the_whole_log(log: Path) -> None:
    accepted = POLICY.accept((log / "checkpoint").read_bytes())
    audited = verify_all(FolderReader(log), accepted.checkpoint, check=nothing)
    assert (audited.leaves, audited.beyond) == (15, 0)
    smaller = verify_all(FolderReader(log), checkpoint(log, 5), check=nothing)
    assert (smaller.leaves, smaller.beyond) == (5, 20)


def test_subtrees_that_are_not_there(log: Path) -> None:
    tree = TreeReader(FolderReader(log), 15)
    for level, index in ((0, 15), (4, 0), (0, -1), (-1, 0), (3, 1), (70, 0)):
        with pytest.raises(IntegrityError, match="no subtree"):
            tree.node(level, index)
