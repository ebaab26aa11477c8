"""Every version of every charter is kept, and logged before it counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_support import GATE, TEXTS, YARD, ManualClock, make_charter
from custodes.domain.errors import IntegrityError, StoreError
from custodes.journal import CharterArchive, Journal
from custodes.ledger import KeyKind, SigningKey

KEY = SigningKey("example.org/cameras", KeyKind.LOG, bytes(range(32)))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "log", tmp_path / "private", KEY, ManualClock(), texts=TEXTS)
    yield opened
    opened.close()


@pytest.fixture
def archive(tmp_path: Path) -> CharterArchive:
    return CharterArchive(tmp_path / "charters")


def logged(journal: Journal) -> list[tuple[str, str]]:
    return [(body.type, body.camera) for body in reversed(journal.bodies.find())]


def test_an_adopted_charter_is_kept_and_logged_once(archive: CharterArchive, journal: Journal) -> None:
    charter = make_charter(GATE)
    for _ in range(3):
        archive.adopt({GATE: charter}, journal)
    assert archive.get(charter.version) == charter
    assert archive.last().of(GATE) == charter
    assert logged(journal) == [("charter.adopted", "gate")]


def test_old_versions_stay(archive: CharterArchive, journal: Journal) -> None:
    old, new = make_charter(GATE), make_charter(GATE, storage={"recording_hours": 1})
    archive.adopt({GATE: old}, journal)
    archive.adopt({GATE: new}, journal)
    assert archive.get(old.version) == old
    assert archive.last().of(GATE) == new
    (body,) = journal.bodies.find(limit=1)
    assert dict(body.fields) == {"previous": old.version, "controller": "Example Campus"}


def test_a_camera_that_loses_its_charter_keeps_the_last_for_its_retention(
    archive: CharterArchive, journal: Journal
) -> None:
    charter = make_charter(GATE, YARD)
    archive.adopt({GATE: charter, YARD: charter}, journal)
    archive.adopt({YARD: charter}, journal)
    assert archive.last().of(GATE) == charter
    assert logged(journal)[-1] == ("charter.ended", "gate")
    archive.adopt({GATE: charter, YARD: charter}, journal)
    assert logged(journal)[-1] == ("charter.adopted", "gate")
    assert len(logged(journal)) == 4


def test_what_cannot_be_logged_is_not_adopted(archive: CharterArchive, journal: Journal) -> None:
    journal.close()
    with pytest.raises(StoreError):
        archive.adopt({GATE: make_charter(GATE)}, journal)
    assert archive.last().by_camera == {}


def test_a_changed_version_is_noticed(archive: CharterArchive, journal: Journal, tmp_path: Path) -> None:
    charter = make_charter(GATE)
    archive.adopt({GATE: charter}, journal)
    path = tmp_path / "charters" / f"{charter.version}.json"
    path.write_bytes(path.read_bytes().replace(b"Example Street 5", b"Example Street 6"))
    with pytest.raises(IntegrityError, match="changed after it was adopted"):
        archive.get(charter.version)
    assert archive.get("0" * 64) is None
