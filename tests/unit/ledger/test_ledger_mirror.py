"""Copying a log over HTTP: as it grows, after an interruption, and when it contradicts itself."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from custodes.domain.errors import ConfigError, IntegrityError, NetworkError, StoreError
from custodes.ledger import (
    Checkpoint,
    FolderReader,
    KeyKind,
    Policy,
    SigningKey,
    mirror,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.disk import lock_file
from custodes.ledger.edge import Edge
from custodes.ledger.mirror import KEPT, REFUSED
from custodes.ledger.note import Note
from custodes.ledger.remote import WebReader, connect
from custodes.ledger.tiles import ENTRIES, Tile
from sim.logs import LOG, Files, entries, entry, published, signed
from sim.website import Site

POLICY = Policy(logs=(LOG.verifier,))
SIZES = (0, 5, 256, 300, 700, 1100)
LOGS = {size: published(*(entries(a, b) for a, b in pairwise(SIZES) if b <= size)) for size in SIZES}
FORKED = [entry(at + 1, at) for at in range(700)]
"""Another tree of the same log."""
DEEP_SIZE = 256 * 257 + 3


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path / "site")
    yield one
    one.close()


def accept(data: bytes) -> Checkpoint:
    return POLICY.accept(data).checkpoint


def fetch(site: Site, folder: Path, **options: Any) -> Any:
    with connect(5, 8) as client:
        return mirror(WebReader(site.url, client), folder, accept, **options)


def audited(folder: Path) -> int:
    reader = FolderReader(folder)
    checkpoint = accept(read_checkpoint(reader))
    for kept in (folder / KEPT).iterdir():
        prove_consistency(reader, accept(kept.read_bytes()), checkpoint)
    result = verify_all(reader, checkpoint)
    assert result.beyond == 0
    return result.leaves


def test_a_copy_follows_the_log(site: Site, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    seen: list[str] = []
    before = 0
    for size in SIZES:
        site.show(LOGS[size])
        done = fetch(site, copy)
        assert (done.checkpoint.size, done.before) == (size, before)
        assert audited(copy) == before == size or audited(copy) == size
        seen += [path for path in site.requests if ".p/" not in path and path != "checkpoint"]
        before = size
    assert len(seen) == len(set(seen)), "a full tile was fetched twice"
    assert len(list((copy / KEPT).iterdir())) == len(SIZES)
    full = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("tile/**/*") if path.is_file())
    assert not [path for path in full if path.startswith(("tile/0/000.p", "tile/entries/001.p"))]


def test_nothing_new_costs_one_question(site: Site, tmp_path: Path) -> None:
    site.show(LOGS[700])
    fetch(site, tmp_path / "copy")
    site.requests.clear()
    done = fetch(site, tmp_path / "copy")
    assert (done.files, site.requests) == (0, ["checkpoint"])


@pytest.mark.slow
def test_several_levels_and_progress(site: Site, tmp_path: Path) -> None:
    deep = published(entries(0, DEEP_SIZE))
    site.show(deep)
    told: list[tuple[int, int]] = []
    done = fetch(site, tmp_path / "copy", progress=lambda *counts: told.append(counts))
    assert done.files == told[-1][0] == told[-1][1] == len(deep.files) - 1
    assert told == sorted(told)
    assert told[0] == (4, len(deep.files) - 1)
    assert audited(tmp_path / "copy") == DEEP_SIZE


def test_an_interrupted_copy_goes_on(site: Site, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    site.show(LOGS[300])
    fetch(site, copy)
    site.show(LOGS[700])
    site.broken = {"tile/entries/001"}
    with pytest.raises(NetworkError, match="HTTP 500"):
        fetch(site, copy)
    assert audited_is_still(copy, 300)
    site.broken = set()
    site.requests.clear()
    assert fetch(site, copy).before == 700
    assert "tile/0/001" not in site.requests
    assert audited(copy) == 700


def audited_is_still(copy: Path, size: int) -> bool:
    checkpoint = accept(read_checkpoint(FolderReader(copy)))
    return verify_all(FolderReader(copy), checkpoint).leaves == size


def test_what_was_seen_before_an_interruption_counts(site: Site, tmp_path: Path) -> None:
    """A log cannot show one tree, break off, and then show another."""
    copy = tmp_path / "copy"
    site.show(LOGS[700])
    site.broken = {"tile/0/001"}
    with pytest.raises(NetworkError):
        fetch(site, copy)
    site.show(published(FORKED))
    site.broken = set()
    with pytest.raises(IntegrityError, match="two different trees of 700 leaves"):
        fetch(site, copy)


CONTRADICTIONS = {
    "rolled back": (LOGS[5], "The log was rolled back from 300 to 5 leaves"),
    "split view": (published(FORKED[:300]), "The log shows two different trees of 300 leaves"),
    "rewritten": (published(FORKED), "The first 300 leaves were rewritten"),
    "no checkpoint": (LOGS[300].but("checkpoint", None), "There is no checkpoint"),
    "another log's key": (
        LOGS[300].but("checkpoint", LOGS[300].files["checkpoint"].replace(b"300", b"301")),
        "The signature of 'example.org/log' is wrong",
    ),
    "withheld tile": (LOGS[700].but("tile/0/001", None), "tile/0/001 is missing"),
    "withheld bundle": (LOGS[700].but("tile/entries/001", None), "tile/entries/001 is missing"),
    "changed tile": (LOGS[1100].but("tile/0/002", bytes(8192)), "tile/0/002 was changed"),
    "changed edge": (LOGS[700].but("tile/0/002.p/188", bytes(188 * 32)), "leads to another root of the larger tree"),
    "changed bundle": (
        LOGS[700].but("tile/entries/001", LOGS[700].files["tile/entries/001"].replace(b"gate", b"door", 1)),
        "Leaf 256 was changed",
    ),
    "changed last bundle": (
        LOGS[700].but("tile/entries/002.p/188", LOGS[700].files["tile/entries/002.p/188"].replace(b"gate", b"door", 1)),
        "Leaf 512 was changed",
    ),
    "too large a file": (LOGS[700].but("tile/0/001", bytes(1 << 25)), "is too large"),
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_contradictions_do_not_get_into_the_copy(site: Site, tmp_path: Path, kind: str) -> None:
    log, message = CONTRADICTIONS[kind]
    copy = tmp_path / "copy"
    site.show(LOGS[300])
    fetch(site, copy)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    site.show(log)
    with pytest.raises(IntegrityError) as caught:
        fetch(site, copy)
    assert message in caught.value.diagnostics()
    assert audited_is_still(copy, 300)
    assert [path for path, data in before.items() if path.exists() and path.read_bytes() != data] == []
    gone = [path.relative_to(copy).as_posix() for path in before if not path.exists()]
    assert all((copy / path.partition(".p/")[0]).is_file() for path in gone)
    if kind in {"rolled back", "split view", "rewritten"}:
        (refused,) = (copy / REFUSED).iterdir()
        assert refused.read_bytes() == log.files["checkpoint"]
        assert str(refused) in caught.value.fix
        site.show(LOGS[700])
        assert fetch(site, copy).checkpoint.size == 700
        assert audited(copy) == 700


def test_an_absurdly_large_log_takes_no_memory(site: Site, tmp_path: Path) -> None:
    """Whoever has the key can sign any size; the copy then only never ends."""
    size = 1 << 62
    edge = Edge(size, (), ((),) * 7 + ((b"\1" * 32,) * 64,))
    site.show(Files({"checkpoint": signed(edge), Tile(7, 0, 64).path: b"\1" * 32 * 64}))
    with pytest.raises(IntegrityError, match="tile/6/000 is missing"):
        fetch(site, tmp_path / "copy")


def test_a_copy_made_by_hand_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    LOGS[300].write(tmp_path / "copy")
    site.show(LOGS[700])
    assert fetch(site, tmp_path / "copy").before == 300
    assert audited(tmp_path / "copy") == 700


def test_a_copy_of_another_log_is_left_alone(site: Site, tmp_path: Path) -> None:
    other = SigningKey("example.net/log", KeyKind.LOG, b"\1" * 32)
    (tmp_path / "copy").mkdir()
    note = Note.signed(Checkpoint("example.net/log", 5, LOGS[5].checkpoint.root).text, other)
    (tmp_path / "copy/checkpoint").write_bytes(bytes(note))
    site.show(LOGS[700])
    with pytest.raises(IntegrityError, match="of different logs"):
        fetch(site, tmp_path / "copy")


def test_two_at_once_are_one_too_many(site: Site, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    handle = lock_file(tmp_path / "copy/.lock", "The copy")
    with pytest.raises(StoreError, match="in use"):
        fetch(site, tmp_path / "copy")
    os.close(handle)


def test_addresses(tmp_path: Path) -> None:
    with connect(1, 1) as client:
        with pytest.raises(ConfigError, match="is not an address"):
            WebReader("log", client)
        with pytest.raises(NetworkError, match="does not answer"):
            mirror(WebReader("http://127.0.0.1:1", client), tmp_path, accept)
    assert Tile(ENTRIES, 1).path in LOGS[700].files
