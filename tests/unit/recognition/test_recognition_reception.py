"""What becomes of an answer: owed to the log first, then an event that says no more than it must."""

from pathlib import Path

import numpy as np
import pytest
from doors import AT, DOOR, VERIFY, Door, framed, head

from api_support import TEXTS
from custodes.domain.errors import StoreError
from custodes.domain.events import Event, EventKind
from custodes.domain.tracks import Track, TrackState
from custodes.identity import Pass
from custodes.pipeline.reception import Reception
from custodes.store import Store
from sim.visitors import frame, wall

BOX = np.array([280, 100, 460, 470], np.float32)
SOMEBODY = [Track(1, 0, TrackState.CONFIRMED, BOX, 0.9, BOX)]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path, VERIFY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "custodes.db", TEXTS)


def events(door: Door, store: Store, person: int, shown: Pass) -> list[Event]:
    """Return the events of a visit."""
    reception = Reception(DOOR, door.settings, door.charter, door.recogniser, store=store, clock=door.clock)
    found = []
    for number in range(20):
        door.clock.sleep(0.2)
        picture = wall((framed(head(person)), AT), shown=shown, seed=number)
        found += reception.step(frame(picture, door.clock.utc_ns()), SOMEBODY)
    return found


@pytest.mark.parametrize(
    ("person", "valid", "kind", "reason"),
    [
        (1, True, EventKind.VERIFIED, None),
        (99, True, EventKind.NOT_RECOGNISED, None),
        (1, False, EventKind.ABSTAINED, "the pass is not valid here, or not any more"),
    ],
)
def test_an_answer_is_owed_to_the_log_and_an_event(
    door: Door, store: Store, person: int, kind: EventKind, reason: str | None, *, valid: bool
) -> None:
    enrolled = door.enrol(1)
    [event] = events(door, store, person, enrolled.shown if valid else Pass.new())
    subject = enrolled.receipt.body.subject if kind is EventKind.VERIFIED else None
    assert (event.kind, event.subject, event.reason) == (kind, subject, reason)
    assert (event.box_norm, event.track_id, event.score, event.count) == (None, None, 0.0, 1)
    assert (event.class_name, event.zone, event.charter_version) == (
        "person",
        "recognition point",
        door.charter.version,
    )
    [owed] = store.owed.waiting()
    assert (owed.kind, owed.camera) == ("recognition.use", DOOR)
    assert set(owed.fields) == {"from", "to", "mode", "gallery"} | ({"subject"} if subject else set())
    assert owed.fields.get("subject") == subject
    store.events.put(event)
    assert store.events.get(event.event_id).event == event


@pytest.mark.parametrize(
    ("person", "valid", "word"), [(1, True, "recognised"), (99, True, "not_recognised"), (1, False, "invalid")]
)
def test_how_it_ended_is_told_for_five_seconds_and_of_nobody_who_it_was(
    door: Door, store: Store, person: int, word: str, *, valid: bool
) -> None:
    enrolled = door.enrol(1)
    shown = enrolled.shown if valid else Pass.new()
    reception = Reception(DOOR, door.settings, door.charter, door.recogniser, store=store, clock=door.clock)
    told: list[str] = []
    for number in range(60):
        door.clock.sleep(0.2)
        picture = wall((framed(head(person)), AT), shown=shown, seed=number)
        reception.step(frame(picture, door.clock.utc_ns()), SOMEBODY)
        told.append(reception.answer)
    first = told.index(word)
    assert (set(told[first : first + 25]), set(told[first + 26 :])) == ({word}, {""})


def test_what_cannot_be_owed_to_the_log_is_no_answer(door: Door, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    enrolled = door.enrol(1)
    monkeypatch.setattr(type(store.owed), "add", full)
    reception = Reception(DOOR, door.settings, door.charter, door.recogniser, store=store, clock=door.clock)
    for number in range(20):
        door.clock.sleep(0.2)
        picture = wall((framed(head(1)), AT), shown=enrolled.shown, seed=number)
        assert reception.step(frame(picture, door.clock.utc_ns()), SOMEBODY) == []
        assert reception.answer == ""


def test_a_charter_that_lapses_ends_recognition_and_nothing_else(door: Door, store: Store) -> None:
    enrolled = door.enrol(1)
    door.clock.now_ns += 400 * 86_400 * 10**9
    assert events(door, store, 1, enrolled.shown) == []
    assert store.owed.waiting() == []
    assert door.embedder.computed == 0
