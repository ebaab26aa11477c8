"""Coming and going: one event a visit, however often the track breaks."""

import pytest
from street import Street, track, walk

from custodes.domain.tracks import TrackState


def test_a_visit_is_one_event_from_first_to_last_sight():
    street = Street().play(walk((50, 300), (350, 300), 10)).empty(4)
    assert street.intervals("appeared") == [(0.0, 10.0)]
    (event,) = street.events()
    assert (event.class_name, event.track_id, event.zone, event.direction, event.count) == ("person", 1, None, None, 1)


def test_a_visit_starts_once_it_is_confirmed_and_ends_once_it_is_over():
    street = Street()
    said = [street.show(track((200, 300))) for _ in range(6)]
    assert [len(now) for now in said] == [0, 0, 0, 1, 0, 0]
    assert said[3][0].end_ns is None
    street.empty(3)
    assert street.events()[0].end_ns is None
    street.empty(0.6)
    assert street.intervals("appeared") == [(0.0, 1.0)]


def test_an_object_seen_too_briefly_makes_no_event():
    assert Street().stand((200, 300), 0.6).empty(5).close().said == []
    assert len(Street(confirm_s=0.2).stand((200, 300), 0.6).close().events()) == 1


@pytest.mark.parametrize("state", [TrackState.TENTATIVE, TrackState.LOST])
def test_unsure_tracks_make_no_events(state):
    assert Street().stand((200, 300), 5, state=state).close().said == []


def test_only_the_named_classes_appear():
    street = Street(appeared=["dog"])
    for _ in range(10):
        street.show(track((100, 300)), track((300, 300), 2, name="dog"))
    assert [event.class_name for event in street.events()] == ["dog"]
    assert street.engine.occupancy == {"person": 1, "dog": 1}


@pytest.mark.parametrize("gap_s", [0.2, 1, 2.8])
def test_a_track_lost_and_found_under_a_new_id_is_the_same_visit(gap_s):
    street = Street().stand((200, 300), 2).empty(gap_s).stand((205, 302), 2, track_id=7).close()
    ((start, end),) = street.intervals("appeared")
    assert start == 0
    assert end == pytest.approx(gap_s + 3.8)


def test_flicker_without_end_is_one_visit():
    street = Street()
    for number in range(40):
        street.stand((200 + number, 300), 0.4, track_id=number).empty(0.6)
    assert len(street.close().events()) == 1


def test_the_old_track_may_come_back_after_the_new_one():
    street = Street().stand((200, 300), 2).stand((202, 300), 1, track_id=2).stand((200, 300), 2).close()
    assert len(street.events()) == 1


def test_someone_at_once_far_away_is_another_visit():
    assert len(Street().stand((60, 300), 2).stand((340, 300), 2, track_id=2).close().events()) == 2


def test_someone_in_the_same_place_after_the_grace_time_is_another_visit():
    street = Street().play(walk((50, 300), (350, 300), 5)).empty(3.4).stand((350, 300), 2, track_id=2).close()
    assert len(street.events()) == 2


def test_two_side_by_side_are_two_visits_whichever_is_lost():
    street = Street()
    for number in range(30):
        right = [track((230, 300), 2 if number < 12 else 3)] if number < 10 or number >= 12 else []
        street.show(track((200, 300)), *right)
    street.close()
    assert sorted(event.track_id for event in street.events()) == [1, 2]


def test_a_parked_car_that_the_detector_misses_for_long_alerts_once():
    street = Street()
    for number in range(6):
        street.stand((200, 300), 6, track_id=number, name="car").empty(20)
    assert len(street.close().events()) == 1


def test_someone_else_is_not_taken_for_a_lost_parked_object():
    street = Street().stand((100, 300), 8).empty(20).stand((300, 300), 3, track_id=2).close()
    assert len(street.events()) == 2


def test_who_stood_and_walked_on_is_gone_after_the_usual_time():
    street = Street().stand((200, 300), 8).play(walk((200, 300), (350, 300), 3)).empty(3.6)
    assert street.intervals("appeared") == [(0.0, 11.0)]


def test_a_vehicle_seen_as_car_and_truck_is_one_visit():
    street = Street()
    for number in range(30):
        car, truck = track((200, 300), 1, name="car"), track((201, 300), 2, name="truck")
        street.show(*([car, truck] if number < 10 else [truck] if number < 20 else [car]))
    assert len(street.close().events()) == 1


def test_a_person_on_a_vehicle_is_an_object_of_its_own():
    street = Street()
    for _ in range(10):
        street.show(track((200, 300), 1, name="motorcycle"), track((200, 300), 2))
    assert {event.class_name for event in street.close().events()} == {"motorcycle", "person"}


def test_an_event_shows_its_object_when_it_is_largest():
    street = Street().stand((200, 200), 1, height=40, score=0.5)
    first = street.events()[0]
    street.stand((200, 210), 1, height=50, score=0.6)
    assert street.events()[0] == first
    street.stand((200, 260), 1, height=80, score=0.7)
    (better,) = street.events()
    assert better.event_id == first.event_id
    assert better.box_norm == (0.45, 0.45, 0.55, 0.65)
    assert better.score == 0.7
    assert better.key_ns > first.key_ns
    street.stand((200, 260), 1, height=60, score=0.9).close()
    assert street.events()[0].key_ns == better.key_ns
    assert street.events()[0].score == 0.9
