"""Private bodies: kept durably, found, and erased for good."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api_support import TEXTS
from custodes.domain.errors import IntegrityError, StoreError
from custodes.store import Bodies, Body, PrivateTexts

MARKER = "Somebody Unmistakable"


def body(seq: int, **changes: object) -> Body:
    values: dict[str, object] = {
        "at_ns": seq * 10**9,
        "type": "consultation.live",
        "camera": "gate",
        "salt": "ab" * 32,
        "fields": {"who": MARKER, "reason": f"number {seq}"},
    }
    return Body(seq=seq, **{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def bodies(tmp_path: Path) -> Bodies:
    return Bodies.open(tmp_path / "bodies.db", TEXTS)


def test_a_body_comes_back_as_it_was(bodies: Bodies) -> None:
    bodies.add([body(0), body(1, fields={})])
    assert bodies.get(0) == body(0)
    assert bodies.get(1) == body(1, fields={})
    assert bodies.get(2) is None


def test_a_later_body_replaces_one_that_came_to_nothing(bodies: Bodies) -> None:
    bodies.add([body(0)])
    bodies.add([body(0, fields={"who": "other"})])
    assert bodies.get(0) == body(0, fields={"who": "other"})


def test_the_newest_come_first_and_types_have_branches(bodies: Bodies) -> None:
    bodies.add([body(0), body(1, type="consultations"), body(2, type="consultation.search"), body(3, type="heartbeat")])
    assert [one.seq for one in bodies.find("consultation")] == [2, 0]
    assert [one.seq for one in bodies.find(since_ns=2 * 10**9)] == [3, 2]
    assert [one.seq for one in bodies.find(limit=1)] == [3]


def test_what_is_beyond_the_log_is_discarded(bodies: Bodies) -> None:
    bodies.add([body(0), body(1), body(2)])
    bodies.discard_from(1)
    assert [one.seq for one in bodies.find()] == [0]


def test_nothing_of_an_erased_body_is_left_in_any_file(bodies: Bodies, tmp_path: Path) -> None:
    bodies.add(body(seq) for seq in range(200))
    with closing(sqlite3.connect(tmp_path / "bodies.db")) as database:
        rows = database.execute("SELECT sealed, mark FROM bodies NATURAL JOIN marks").fetchall()
    kept = [text.encode() for row in rows for text in row]
    assert len(kept) == 400
    assert any(kept[0] in path.read_bytes() for path in tmp_path.iterdir())
    assert bodies.erase(10**12) == 200
    assert bodies.get(0) is None
    pieces = [text[at : at + 40] for text in kept for at in (0, len(text) - 40)]
    assert not any(piece in path.read_bytes() for path in tmp_path.iterdir() for piece in pieces)


def test_no_file_says_who_or_why_or_has_a_salt(bodies: Bodies, tmp_path: Path) -> None:
    bodies.add(body(seq) for seq in range(200))
    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"consultation.live" in found
    assert not any(word in found for word in (MARKER.encode(), b"number 7", b"reason", b"abababab", b"\xab" * 8))


def test_a_body_opens_at_its_own_place_and_under_its_own_key_only(bodies: Bodies, tmp_path: Path) -> None:
    bodies.add([body(0), body(1)])
    with pytest.raises(IntegrityError, match="does not open"):
        Bodies.open(tmp_path / "bodies.db", PrivateTexts(b"\6" * 32)).get(0)
    with closing(sqlite3.connect(tmp_path / "bodies.db")) as database, database:
        database.execute("UPDATE bodies SET sealed = (SELECT sealed FROM bodies WHERE seq = 0) WHERE seq = 1")
    with pytest.raises(IntegrityError, match="does not open"):
        bodies.find()


def test_bodies_of_an_older_version_are_encrypted_and_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bodies.db"
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA journal_mode=WAL")
        old.execute("CREATE TABLE leaves (seq BIGINT PRIMARY KEY, at_ns BIGINT, type TEXT, camera TEXT, salt TEXT)")
        old.execute("CREATE TABLE fields (seq BIGINT, name TEXT, value TEXT, PRIMARY KEY (seq, name))")
        for one in map(body, range(50)):
            row = (one.seq, one.at_ns, one.type, one.camera, one.salt)
            old.execute("INSERT INTO leaves VALUES (?, ?, ?, ?, ?)", row)
            old.executemany("INSERT INTO fields VALUES (?, ?, ?)", [(one.seq, *field) for field in one.fields.items()])
        old.execute("DELETE FROM fields WHERE seq = 0")
    assert MARKER.encode() in path.read_bytes()
    bodies = Bodies.open(path, TEXTS)
    assert MARKER.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [bodies.get(seq) for seq in range(50)] == [body(0, fields={}), *map(body, range(1, 50))]
    assert len(bodies.with_field("who", MARKER)) == 49


def test_only_what_is_older_is_erased(bodies: Bodies) -> None:
    bodies.add(body(seq) for seq in range(4))
    assert bodies.erase(2 * 10**9) == 2
    assert [one.seq for one in bodies.find()] == [3, 2]


@pytest.mark.parametrize("value", ["x" * 201, b"\xff\xd8"])
def test_no_field_can_hold_a_picture_or_a_template(bodies: Bodies, value: object) -> None:
    with pytest.raises(StoreError):
        bodies.add([body(0, fields={"who": value})])
    assert bodies.get(0) is None


def test_a_body_shows_no_name(bodies: Bodies) -> None:
    assert MARKER not in repr(body(0))


def test_bodies_are_found_by_what_they_say(bodies: Bodies) -> None:
    said = [body(seq, fields={"subject": one, "who": MARKER}) for seq, one in enumerate(["a", "b", "a", "A"])]
    bodies.add([*said, body(9, fields={"who": "a"})])
    assert bodies.with_field("subject", "a") == [said[0], said[2]]
    assert bodies.with_field("subject", "%") == []
