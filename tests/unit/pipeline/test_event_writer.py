from collections.abc import Iterator
from pathlib import Path

import pytest

from api_support import TEXTS, make_event
from custodes.domain.errors import StoreError
from custodes.domain.events import Event
from custodes.pipeline.event_writer import EventWriter
from custodes.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "custodes.db", TEXTS)
    yield made
    made.close()


def test_what_the_database_refuses_waits_and_nobody_is_told(store: Store, monkeypatch: pytest.MonkeyPatch):
    told: list[Event] = []
    writer = EventWriter(store, told.append)
    first, second = make_event(end_ns=None), make_event()
    with monkeypatch.context() as patch:
        patch.setattr(store.events, "put", _refuse)
        writer.write([first, second])
        assert told == []
    ended = make_event(event_id=first.event_id)
    writer.write([ended])
    assert told == [ended, second]
    assert store.events.get(first.event_id).event == ended
    writer.write([])
    assert len(told) == 2


def _refuse(_event: Event) -> None:
    raise StoreError("The database refused an operation", why="database or disk is full")


def test_the_oldest_are_lost_once_too_many_wait(store: Store, monkeypatch: pytest.MonkeyPatch):
    told: list[Event] = []
    writer = EventWriter(store, told.append)
    events = [make_event(number) for number in range(1, 1004)]
    with monkeypatch.context() as patch:
        patch.setattr(store.events, "put", _refuse)
        writer.write(events)
    writer.write([])
    assert told == events[3:]
