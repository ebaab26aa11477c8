"""Tripwires: once per crossing, with its direction."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from street import HEIGHT, Street, track, walk

UP = {"name": "up", "start": (0.5, 0.9), "end": (0.5, 0.1)}
"""In the middle, pointing up: its left side is the picture's left."""


def street(**wire):
    return Street(tripwires=[UP | wire], appeared=[])


def directions(one):
    return [event.direction for event in one.close().events("crossed")]


def test_left_to_right_is_forward_and_back_is_backward():
    one = street().play(walk((100, 250), (300, 250), 3)).play(walk((300, 250), (100, 250), 3))
    assert directions(one) == ["forward", "backward"]
    assert one.engine.totals == {"up/forward": 1, "up/backward": 1}


def test_a_turned_wire_turns_the_direction():
    one = street(start=UP["end"], end=UP["start"]).play(walk((100, 250), (300, 250), 3))
    assert directions(one) == ["backward"]


def test_a_crossing_is_an_instant():
    one = street().play(walk((100, 250), (300, 250), 4))
    (event,) = one.events("crossed")
    assert event.start_ns == event.end_ns == event.key_ns
    ((start, _),) = one.intervals("crossed")
    assert 2.0 <= start <= 2.4
    assert (event.rule, event.zone, event.track_id) == ("up", "up", 1)


@pytest.mark.parametrize("y", [30, 390])
def test_walking_past_the_ends_is_no_crossing(y):
    assert directions(street().play(walk((100, y), (300, y), 3))) == []


def test_walking_along_a_wire_is_no_crossing():
    assert directions(street().play(walk((190, 350), (190, 50), 5))) == []


def test_other_classes_do_not_count():
    assert directions(street(classes=["car"]).play(walk((100, 250), (300, 250), 3))) == []


def test_a_fast_object_that_crosses_before_it_is_confirmed_counts():
    assert directions(street().play(walk((120, 250), (280, 250), 0.4)).stand((290, 250), 1)) == ["forward"]


def test_a_crossing_while_out_of_sight_counts_once():
    one = street().stand((180, 250), 2).empty(1).stand((220, 250), 2, track_id=2)
    assert directions(one) == ["forward"]


@given(st.lists(st.floats(-0.09, 0.09), min_size=1, max_size=60))
def test_standing_on_a_wire_with_a_jittering_box_crosses_nothing(jitter):
    one = street().play(walk((100, 250), (200, 250), 2))
    one.play([(200 + share * HEIGHT, 250) for share in jitter])
    assert one.events("crossed") == []
    assert directions(one.play(walk((200, 250), (300, 250), 2))) == ["forward"]


@given(st.floats(20, 380), st.floats(20, 380), st.floats(50, 350), st.floats(50, 350), st.integers(3, 30))
def test_a_straight_walk_crosses_as_its_ends_say(x1, x2, y1, y2, steps):
    one = street().stand((x1, y1), 1).play(walk((x1, y1), (x2, y2), steps / 5)).stand((x2, y2), 1)
    margin = 0.1 * HEIGHT
    sides = [0 if abs(x - 200) < margin else 1 if x > 200 else -1 for x in (x1, x2)]
    expected = {(-1, 1): ["forward"], (1, -1): ["backward"]}.get(tuple(sides), [])
    assert directions(one) == expected


@given(st.lists(st.sampled_from([100, 300]), min_size=2, max_size=12))
def test_crossings_there_and_back_differ_by_one_at_most(stops):
    one = street().stand((stops[0], 250), 1)
    for before, after in itertools.pairwise(stops):
        one.play(walk((before, 250), (after, 250), 2))
    totals = one.engine.totals
    assert totals["up/forward"] - totals["up/backward"] == (stops[-1] - stops[0]) // 200
    assert totals.total() == sum(a != b for a, b in itertools.pairwise(stops))


def test_two_who_cross_together_are_two_crossings():
    one = street()
    for x, y in walk((100, 200), (300, 200), 3):
        one.show(track((x, y), 1), track((400 - x, y + 100), 2))
    assert sorted(directions(one)) == ["backward", "forward"]
