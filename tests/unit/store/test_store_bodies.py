"""Private bodies: kept durably, found, and erased for good."""

from pathlib import Path

import pytest

from custodes.domain.errors import StoreError
from custodes.store import Bodies, Body

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
    return Bodies.open(tmp_path / "bodies.db")


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
    assert any(MARKER.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert bodies.erase(10**12) == 200
    assert bodies.get(0) is None
    assert not any(MARKER.encode() in path.read_bytes() for path in tmp_path.iterdir())


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
