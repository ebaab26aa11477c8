"""The journal: durable before it returns, and refusing what it cannot write."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api_support import NOON_NS, TEXTS, ManualClock
from custodes.charter import ShowLive, parse_charter
from custodes.domain.errors import IntegrityError, PolicyDenied, StoreError
from custodes.domain.events import CameraId
from custodes.journal import Entry, Journal, Kind, Logged, Permit
from custodes.ledger import (
    FolderReader,
    KeyKind,
    Leaf,
    Ledger,
    Policy,
    SigningKey,
    check_commitment,
    prove_inclusion,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.disk import write_durably
from custodes.ledger.note import Note
from custodes.ledger.reader import TreeReader
from custodes.store import Bodies

KEY = SigningKey("example.org/cameras", KeyKind.LOG, bytes(range(32)))
GATE = CameraId("gate")


def entry(number: int = 0) -> Entry:
    return Entry(Kind.CONSULTATION_PLAYBACK, "gate", "ab" * 32, {"who": f"person {number}"})


def leaves(folder: Path) -> list[Leaf]:
    """Return what an outsider reads in the published folder."""
    reader = FolderReader(folder)
    size = Checkpoint.parse(Note.parse(read_checkpoint(reader)).text).size
    tree = TreeReader(reader, size)
    return [Leaf.parse(tree.entry(index)) for index in range(size)]


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal.open(tmp_path / "log", tmp_path / "private", KEY, ManualClock(), texts=TEXTS)
    yield opened
    opened.close()


def test_what_was_logged_is_published_and_commits_to_its_body(journal: Journal, tmp_path: Path) -> None:
    logged = journal.log(entry())
    (leaf,) = leaves(tmp_path / "log")
    assert (leaf.seq, leaf.type, leaf.camera, leaf.charter_hash) == (0, "consultation.playback", "gate", "ab" * 32)
    assert json.loads(logged.body) == {"who": "person 0"}
    check_commitment(leaf.commit, logged.salt, logged.body)
    kept = journal.bodies.get(0)
    assert kept is not None
    assert (bytes.fromhex(kept.salt), dict(kept.fields)) == (logged.salt, {"who": "person 0"})


def test_a_body_that_is_too_large_is_refused_alone(journal: Journal) -> None:
    large = {f"name {number}": "\x01" * 200 for number in range(8)}
    for put in (journal.log, journal.log_soon):
        with pytest.raises(IntegrityError, match="cannot be logged"):
            put(Entry(Kind.HEARTBEAT, body=large))
    largest = {f"name {number}": "é" * 200 for number in range(18)}
    journal.log_soon(Entry(Kind.HEARTBEAT, body=largest))
    assert journal.log(entry()).index == 1
    assert dict(journal.bodies.get(0).fields) == largest


def test_when_somebody_looked_is_public_to_the_hour_only(tmp_path: Path) -> None:
    clock = ManualClock(NOON_NS + 1234 * 10**9)
    journal = Journal.open(tmp_path / "log", tmp_path / "private", KEY, clock, texts=TEXTS)
    journal.log(entry())
    journal.log(Entry(Kind.HEARTBEAT))
    journal.close()
    looked, beat = leaves(tmp_path / "log")
    assert looked.t == NOON_NS // 10**9
    assert beat.t == NOON_NS // 10**9 + 1234


def test_many_threads_share_it_and_each_gets_its_own_leaf(journal: Journal, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        logged = list(pool.map(lambda number: journal.log(entry(number)), range(200)))
    assert sorted(one.index for one in logged) == list(range(200))
    public = leaves(tmp_path / "log")
    for number, one in enumerate(logged):
        assert json.loads(one.body) == {"who": f"person {number}"}
        check_commitment(public[one.index].commit, one.salt, one.body)


def test_what_nobody_waits_for_is_written_too(journal: Journal, tmp_path: Path) -> None:
    for _ in range(10):
        journal.log_soon(Entry(Kind.CAMERA_GAP, "gate"))
    journal.close()
    assert len(leaves(tmp_path / "log")) == 10


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    for count in range(3):
        journal = Journal.open(tmp_path / "log", tmp_path / "private", KEY, ManualClock(), texts=TEXTS)
        assert journal.log(entry()).index == count
        journal.close()


class FullDisk:
    """Writes files until the disk is full."""

    def __init__(self) -> None:
        self.full = False

    def __call__(self, folder: Path, files: dict[str, bytes]) -> None:
        if self.full:
            raise StoreError("no space left")
        write_durably(folder, files)


def test_what_cannot_be_logged_is_refused_and_what_happened_is_logged_later(tmp_path: Path) -> None:
    disk = FullDisk()
    journal = Journal(
        lambda: Ledger(tmp_path / "log", tmp_path / "state", KEY, write=disk),
        Bodies.open(tmp_path / "bodies.db", TEXTS),
        ManualClock(),
    )
    disk.full = True
    with pytest.raises(StoreError, match="cannot be written"):
        journal.log(entry(1))
    journal.log_soon(Entry(Kind.CAMERA_GAP, "gate"))
    with pytest.raises(StoreError):
        journal.log(entry(2))
    disk.full = False
    assert journal.log(entry(3)).index == 1
    journal.close()
    assert [leaf.type for leaf in leaves(tmp_path / "log")] == ["camera.gap", "consultation.playback"]
    bodies = Bodies.open(tmp_path / "bodies.db", TEXTS)
    assert [dict(body.fields) for body in bodies.find()] == [{"who": "person 3"}, {}]


def test_a_body_whose_leaf_was_never_written_is_dropped(tmp_path: Path) -> None:
    disk = FullDisk()
    bodies = Bodies.open(tmp_path / "bodies.db", TEXTS)
    journal = Journal(lambda: Ledger(tmp_path / "log", tmp_path / "state", KEY, write=disk), bodies, ManualClock())
    disk.full = True
    with pytest.raises(StoreError):
        journal.log(entry())
    journal.close()
    disk.full = False
    Journal.open(tmp_path / "log", tmp_path, KEY, ManualClock(), texts=TEXTS).close()
    assert Bodies.open(tmp_path / "bodies.db", TEXTS).find() == []


def test_a_closed_journal_refuses(journal: Journal) -> None:
    journal.close()
    with pytest.raises(StoreError, match="closed"):
        journal.log(entry())


@pytest.mark.parametrize("body", [{"x" * 41: "a"}, {"reason": "x" * 201}, {"": "a"}])
def test_a_body_that_is_too_long_is_refused_before_anything_happens(body: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        Entry(Kind.HEARTBEAT, body=body)


def test_names_do_not_show() -> None:
    assert "person" not in repr(entry())


CHARTER = """
format = 1
cameras = ["gate"]
adopted = 2026-01-01
[controller]
name = "City of Example"
contact = "traffic@example.org"
[purpose]
statement = "Count bicycles and cars on Mill Street hourly, to plan the signal timing."
[legal_basis]
basis = "consent"
citation = "GDPR Art. 6(1)(a)"
reason = "Everybody who walks there agreed."
[necessity]
baseline = "Counts by hand on two days a year."
alternatives = ["Induction loops do not count bicycles."]
review_by = 2026-12-31
[dpia]
not_required_because = "Nobody can be made out."
[location]
place = "Mill Street 5"
[field_of_view]
description = "The carriageway and both pavements."
public_space = true
[sign]
text = "City of Example counts traffic here: traffic@example.org"
"""


def test_a_permit_exists_only_once_it_is_logged(journal: Journal, tmp_path: Path) -> None:
    allowed = parse_charter(f"{CHARTER}\n[show]\nlive = true")
    permit = journal.permit(ShowLive(GATE), allowed, Entry(Kind.CONSULTATION_LIVE, "gate", allowed.version), lasts_s=60)
    assert (permit.clause, permit.charter, permit.logged.index) == ("show.live", allowed.version, 0)
    assert permit.until_ns == NOON_NS + 60 * 10**9
    assert [leaf.type for leaf in leaves(tmp_path / "log")] == ["consultation.live"]


def test_what_the_charter_denies_gets_no_permit_and_no_leaf(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(PolicyDenied, match=r"show\.live"):
        journal.permit(ShowLive(GATE), parse_charter(CHARTER), Entry(Kind.CONSULTATION_LIVE, "gate"), lasts_s=60)
    assert leaves(tmp_path / "log") == []


def test_nobody_can_make_a_permit() -> None:
    with pytest.raises(TypeError):
        Permit("gate", "show.live", "", Logged(0, b"", b""), 0)


def test_an_erased_body_leaves_every_leaf_and_proof(tmp_path: Path) -> None:
    clock = ManualClock()
    journal = Journal.open(tmp_path / "log", tmp_path / "private", KEY, clock, texts=TEXTS)
    for number in range(20):
        journal.log(entry(number))
    clock.sleep(400 * 86_400)
    assert journal.bodies.erase(clock.utc_ns() - 366 * 86_400 * 10**9) == 20
    journal.log(Entry(Kind.ERASURE_EXPIRED, body={"log bodies": "20"}))
    assert journal.bodies.get(3) is None
    journal.close()
    reader = FolderReader(tmp_path / "log")
    accepted = Policy(logs=(KEY.verifier,)).accept(read_checkpoint(reader))
    assert verify_all(reader, accepted.checkpoint).leaves == 21
    told, _ = prove_inclusion(reader, accepted, 3)
    assert Leaf.parse(told).type == "consultation.playback"
    assert not any(b"person 3" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
