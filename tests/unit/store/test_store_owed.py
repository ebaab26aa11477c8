"""Holds, and what is owed to the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_support import GATE, NOON_NS, TEXTS, YARD
from custodes.domain.errors import StoreError
from custodes.store import Hold, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "custodes.db", TEXTS)
    yield made
    made.close()


def test_what_is_owed_waits_in_order_until_it_is_settled(store: Store) -> None:
    store.owed.add("hold.set", {"reason": "a theft", "until": "tomorrow"}, NOON_NS, camera="gate")
    store.owed.add("account.changed", {}, NOON_NS + 1)
    first, second = store.owed.waiting()
    assert (first.kind, first.camera, dict(first.fields)) == (
        "hold.set",
        "gate",
        {"reason": "a theft", "until": "tomorrow"},
    )
    assert (second.kind, second.at_ns, dict(second.fields)) == ("account.changed", NOON_NS + 1, {})
    store.owed.settle(first.id)
    assert store.owed.waiting() == [second]
    store.owed.settle(second.id)
    store.owed.settle(second.id)
    assert store.owed.waiting() == []


def test_an_entry_is_noted_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(StoreError):
        store.owed.add("hold.set", {"reason": "x" * 201}, NOON_NS)
    assert store.owed.waiting() == []


def test_holds_are_active_until_their_end(store: Store) -> None:
    gate = Hold(GATE, NOON_NS - 10, NOON_NS, NOON_NS + 100, "a reported theft")
    yard = Hold(YARD, NOON_NS - 10, NOON_NS, NOON_NS + 50, "a reported fall")
    numbers = [store.holds.add(hold) for hold in (gate, yard)]
    assert [hold.reason for hold in store.holds.active(NOON_NS)] == ["a reported fall", "a reported theft"]
    assert [hold.id for hold in store.holds.active(NOON_NS, GATE)] == numbers[:1]
    assert [hold.camera for hold in store.holds.active(NOON_NS + 50)] == [GATE]
    assert [hold.camera for hold in store.holds.ended(NOON_NS + 50)] == [YARD]
    removed = store.holds.remove(numbers[0])
    assert removed is not None
    assert removed.reason == gate.reason
    assert store.holds.remove(numbers[0]) is None
    assert store.holds.active(NOON_NS, GATE) == []


def test_what_was_owed_leaves_nothing_in_the_file(store: Store, tmp_path: Path) -> None:
    store.owed.add("hold.set", {"reason": "Unmistakable words"}, NOON_NS)
    store.owed.settle(store.owed.waiting()[0].id)
    store.close()
    assert b"Unmistakable" not in (tmp_path / "custodes.db").read_bytes()
