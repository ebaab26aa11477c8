"""What holds of every event, whatever the tracks do."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from street import SIZE, Street, track, walk

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import STUB_CHARTER, CameraId
from custodes.rules import RuleEngine, RulesSettings

RULES = {
    "zones": [{"name": "left", "polygon": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)], "dwell_s": 1, "occupancy": 2}],
    "tripwires": [{"name": "up", "start": (0.5, 1), "end": (0.5, 0)}],
}

PICTURES = st.lists(
    st.dictionaries(
        st.integers(1, 5),
        st.tuples(st.floats(-50, 450), st.floats(-50, 500), st.floats(1, 300), st.sampled_from(["person", "car"])),
        max_size=4,
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(PICTURES)
def test_every_event_is_whole_and_ends(pictures):
    street = Street(**RULES, confirm_s=0.2, grace_s=1)
    for picture in pictures:
        street.show(*(track((x, y), number, name=name, height=size) for number, (x, y, size, name) in picture.items()))
    street.close()
    started, ended = {}, set()
    for event in street.said:
        assert event.event_id not in ended, "an ended event is spoken of again"
        first = started.setdefault(event.event_id, event)
        same = ("kind", "rule", "rule_version", "start_ns", "class_name", "zone", "direction", "track_id")
        assert all(getattr(event, name) == getattr(first, name) for name in same)
        if event.end_ns is not None:
            ended.add(event.event_id)
            assert event.start_ns <= event.key_ns <= event.end_ns
        assert event.start_ns <= event.key_ns
        assert 0 <= event.score <= 1
        assert event.count >= 1
        assert event.class_name in COCO_CLASSES
        assert event.charter_version == STUB_CHARTER
        if event.box_norm is not None:
            left, top, right, bottom = event.box_norm
            assert 0 <= left <= right <= 1
            assert 0 <= top <= bottom <= 1
    assert set(started) == ended, "close() leaves events open"
    entries = [event for event in street.events("zone") if event.zone == "left"]
    assert street.engine.totals["left"] == len(entries)
    crossings = street.engine.totals["up/forward"] + street.engine.totals["up/backward"]
    assert crossings == len(street.events("crossed"))
    assert street.engine.close() == []


def test_nothing_is_said_while_nothing_changes():
    street = Street(**RULES).stand((100, 300), 3)
    said = len(street.said)
    street.stand((100, 300), 60)
    assert len(street.said) == said


def test_occupancy_is_who_is_in_view():
    street = Street()
    for _ in range(5):
        street.show(track((100, 300)), track((300, 300), 2))
    assert street.engine.occupancy == {"person": 2}
    street.stand((100, 300), 1)
    assert street.engine.occupancy == {"person": 2}
    street.stand((100, 300), 0.4)
    assert street.engine.occupancy == {"person": 1}
    street.empty(1.4)
    assert street.engine.occupancy == {}


def test_a_new_picture_size_ends_everything_and_crosses_nothing():
    street = Street(**RULES).stand((150, 300), 3)
    street.show(track((300, 600)), width=2 * SIZE, height=2 * SIZE)
    assert all(event.end_ns is not None for event in street.events())
    for foot in walk((300, 600), (310, 600), 2):
        street.show(track(foot), width=2 * SIZE, height=2 * SIZE)
    assert street.events("crossed") == []
    assert len(street.events("appeared")) == 2


def test_a_new_look_at_the_same_picture_is_harmless():
    engine = RuleEngine(CameraId("a"), RulesSettings(confirm_s=0))
    assert len(engine.update([track((100, 300))], SIZE, SIZE, 5)) == 1
    assert engine.update([track((100, 300))], SIZE, SIZE, 5) == []


def test_ids_sort_by_start_and_are_unique():
    street = Street(**RULES)
    for number in range(8):
        street.stand((100, 300), 2, track_id=number).empty(4)
    events = street.close().events("appeared")
    ids = [event.event_id for event in events]
    assert len(ids) == 8
    assert ids == sorted(set(ids))
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", one) for one in ids)


def versions(**rules):
    street = Street(**rules)
    for foot in walk((100, 300), (300, 300), 4):
        street.show(track(foot))
    return {event.rule: event.rule_version for event in street.close().events()}


def test_a_rules_version_follows_its_own_settings():
    first = versions(**RULES)
    assert set(first) == {"appeared", "left", "left/dwell", "up"}
    assert first == versions(**RULES)
    other_wire = versions(**RULES | {"tripwires": [RULES["tripwires"][0] | {"start": (0.6, 1)}]})
    assert {rule for rule in first if first[rule] != other_wire[rule]} == {"up"}
    other_zone = versions(**RULES | {"zones": [RULES["zones"][0] | {"occupancy": 3}]})
    assert {rule for rule in first if first[rule] != other_zone[rule]} == {"left", "left/dwell"}
    other_grace = versions(**RULES, grace_s=5)
    assert {rule for rule in first if first[rule] != other_grace[rule]} == {"appeared"}
