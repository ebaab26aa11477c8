"""Zones: entered and left, dwell, occupancy."""

import pytest
from street import STEP_S, Street, track, walk

LEFT_HALF = {"name": "left", "polygon": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]}


def street(**zone):
    return Street(zones=[LEFT_HALF | zone], appeared=[])


def test_a_zone_is_entered_and_left():
    one = street().play(walk((390, 300), (10, 300), 4)).play(walk((10, 300), (390, 300), 4)).close()
    assert one.intervals("zone") == [(pytest.approx(2.1, abs=0.15), pytest.approx(6.1, abs=0.15))]
    (event,) = one.events()
    assert (event.rule, event.zone, event.track_id) == ("left", "left", 1)
    assert one.engine.totals == {"left": 1}


def test_the_foot_decides_not_the_box():
    below = [{"name": "below", "polygon": [(0, 0.5), (1, 0.5), (1, 1), (0, 1)]}]
    assert Street(zones=below, appeared=[]).stand((200, 195), 3).close().events() == []
    assert len(Street(zones=below, appeared=[]).stand((200, 205), 3).close().events()) == 1


def test_each_stay_is_an_event():
    one = street()
    for _ in range(3):
        one.stand((100, 300), 2).stand((300, 300), 2)
    assert len(one.close().events("zone")) == 3
    assert one.engine.totals == {"left": 3}


def test_jitter_on_the_border_enters_once_at_most():
    one = street()
    for number in range(100):
        one.show(track((199 + number % 2 * 2, 300)))
    assert one.close().events() == []
    two = street().stand((100, 300), 2)
    for number in range(100):
        two.show(track((199 + number % 2 * 2, 300)))
    assert len(two.close().events()) == 1


def test_who_vanishes_in_a_zone_leaves_it_when_last_seen():
    assert street().stand((100, 300), 4).empty(5).intervals("zone") == [(0.6, 3.8)]


def test_who_vanishes_while_leaving_has_left_at_the_border():
    one = street().stand((100, 300), 4).stand((300, 300), 2 * STEP_S).empty(5)
    assert one.intervals("zone") == [(0.6, 4.0)]


def test_other_classes_do_not_count():
    assert street(classes=["car"]).stand((100, 300), 4).close().events() == []


def test_dwell_fires_once_and_ends_with_the_stay():
    one = street(dwell_s=3).stand((100, 300), 3.6)
    assert one.events("dwell") == []
    one.stand((100, 300), 20)
    assert one.intervals("dwell") == [(0.6, None)]
    one.stand((300, 300), 2)
    assert one.intervals("dwell") == [(0.6, 23.6)]
    assert one.events("dwell")[0].rule == "left/dwell"


def test_two_stays_that_are_too_short_do_not_add_up():
    one = street(dwell_s=3)
    for _ in range(4):
        one.stand((100, 300), 2.4).stand((300, 300), 1)
    assert one.close().events("dwell") == []


def test_dwell_needs_the_object_to_be_there():
    assert street(dwell_s=3).stand((100, 300), 3.4).empty(5).events("dwell") == []
    leaving = street(dwell_s=3).stand((100, 300), 3.4).stand((300, 300), 3)
    assert leaving.events("dwell") == []


def test_dwell_goes_on_through_flicker():
    one = street(dwell_s=5)
    for number in range(6):
        one.stand((100, 300), 1, track_id=number).empty(0.6)
    assert len(one.close().events("dwell")) == 1


def crowd(one, people, seconds):
    for _ in range(round(seconds / STEP_S)):
        one.show(*(track((40 + 50 * number, 300), number) for number in range(people)))
    return one


def test_occupancy_lasts_while_enough_are_inside():
    one = crowd(crowd(crowd(street(occupancy=2), 1, 2), 3, 5), 1, 5)
    ((start, end),) = one.intervals("occupancy")
    assert start == pytest.approx(3.2, abs=0.2)
    assert end == pytest.approx(8.0, abs=0.2)
    (event,) = one.events("occupancy")
    assert (event.count, event.rule, event.track_id, event.box_norm) == (3, "left/occupancy", None, None)


def test_occupancy_counts_the_most_at_once():
    one = crowd(crowd(crowd(street(occupancy=2), 2, 3), 3, 3), 2, 3).close()
    assert [event.count for event in one.events("occupancy")] == [3]


def test_too_few_or_too_briefly_is_no_crowd():
    assert crowd(street(occupancy=3), 2, 5).close().events("occupancy") == []
    brief = crowd(crowd(street(occupancy=3), 2, 5), 3, 0.4)
    assert crowd(brief, 2, 5).close().events("occupancy") == []


def test_a_crowd_that_a_detector_misses_for_a_moment_is_one_event():
    one = street(occupancy=2)
    for _ in range(5):
        crowd(crowd(one, 2, 2), 1, 0.6)
    assert len(one.close().events("occupancy")) == 1


def test_a_crowd_closed_while_it_disperses_may_gather_anew():
    one = crowd(crowd(street(occupancy=2), 2, 3), 1, 0.4).close().empty(1)
    crowd(one, 2, 3).close()
    first, second = one.intervals("occupancy")
    assert first[1] == pytest.approx(3.2, abs=0.2)
    assert second[0] >= 4.4
