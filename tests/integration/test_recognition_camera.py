"""A camera with a recognition point, from a film to events, recordings and the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custodes.domain.events import EventKind
from custodes.store import EventQuery
from sim.houses import DOOR, IDENTIFY, VERIFY, House
from sim.visitors import AT, portrait, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


def photos(fixtures: Path, person: int) -> list:
    return [portrait(fixtures, person, number) for number in (1, 2, 3, 4)]


def test_who_shows_a_pass_is_verified_recorded_redacted_and_owed_to_the_log(house: House, fixtures: Path) -> None:
    enrolled = house.enrol(photos(fixtures, 1), VERIFY)
    pictures = [wall((portrait(fixtures, 1, 5 + one % 5), AT), shown=enrolled.shown, seed=one) for one in range(30)]
    event = house.watch(pictures, lambda: bool(house.answers()))[0]
    assert (event.kind, event.subject) == (EventKind.VERIFIED, enrolled.receipt.body.subject)
    assert (event.box_norm, event.track_id, event.score, event.reason) == (None, None, 0.0, None)
    [made, used, *_] = house.store.owed.waiting()
    assert (made.kind, used.kind, used.camera) == ("enrolment.made", "recognition.use", DOOR)
    assert used.fields["mode"] == "verify"
    assert used.fields["subject"] == event.subject
    assert used.fields["gallery"] == str(house.safe.generation)
    assert used.fields["from"] < used.fields["to"]
    assert [item.thumbnail for item in house.store.events.find(EventQuery(rule="recognition")).items] == [None]
    assert house.store.segments.all(DOOR)


def test_who_holds_still_is_identified_and_a_stranger_is_not(house: House, fixtures: Path) -> None:
    enrolled = {person: house.enrol(photos(fixtures, person), IDENTIFY) for person in (1, 2, 12)}
    known = [wall((portrait(fixtures, 2, 6), AT), seed=one) for one in range(40)]
    [event] = house.watch(known, lambda: bool(house.answers()))
    assert (event.kind, event.subject) == (EventKind.IDENTIFIED, enrolled[2].receipt.body.subject)
    stranger = [wall((portrait(fixtures, 30, 1), AT), seed=one) for one in range(40)]
    refused, *_ = house.watch(stranger, lambda: len(house.answers()) > 1)
    assert (refused.kind, refused.subject, refused.reason) == (EventKind.NOT_RECOGNISED, None, None)
    assert (refused.box_norm, refused.track_id, refused.score, refused.key_ns) == (None, None, 0.0, refused.end_ns)
    uses = [owed.fields for owed in house.store.owed.waiting() if owed.kind == "recognition.use"]
    assert [use["mode"] for use in uses] == ["identify", "identify"]
    assert [use.get("subject") for use in uses] == [event.subject, None]
