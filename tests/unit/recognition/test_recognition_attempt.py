"""Who presents themselves: by a pass, or by holding still for long enough; pure, by times that are told."""

import numpy as np
import pytest
from doors import allowed
from hypothesis import given
from hypothesis import strategies as st

from custodes.charter import RecognitionMode
from custodes.perceive.pad import Sight
from custodes.recognition.attempt import Attempt, Presenting
from custodes.recognition.settings import Challenged, RecognitionSettings

VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY
SETTINGS = RecognitionSettings(zone=((0, 0), (1, 0), (1, 1)), movement=0.25, timeout_s=5, challenge="nobody")
S = 1_000_000_000


def sight(at_s: float, x: float = 300.0, height: float = 100.0) -> Sight:
    box = np.array([x, 200, x + height * 0.8, 200 + height], np.float32)
    return Sight(round(at_s * S), box, np.zeros((5, 2), np.float32))


def attempt(*modes: RecognitionMode) -> Attempt:
    return Attempt(SETTINGS, allowed(*modes))


def see(one: Attempt, at_s: float, **place: float) -> None:
    one.see(sight(at_s, **place), round(at_s * S))


def test_holding_still_for_long_enough_is_presenting() -> None:
    one = attempt(IDENTIFY)
    for at in (0.0, 0.2, 0.4, 0.6, 0.8):
        see(one, at)
        assert one.presenting is None
    see(one, 1.0)
    assert (one.presenting.mode, one.presenting.since_ns) == (IDENTIFY, S)


@pytest.mark.parametrize(("said", "meant"), [(0, 1), (0.5, 1), (2.5, 2.5)])
def test_the_charter_may_ask_for_more_than_a_second_and_not_for_less(said: float, meant: float) -> None:
    one = Attempt(SETTINGS, allowed(IDENTIFY, still_s=said))
    for tick in range(int(meant / 0.25)):
        see(one, tick * 0.25)
        assert one.presenting is None
    see(one, meant)
    assert one.presenting is not None


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(64, 300)), min_size=2, max_size=30))
def test_whoever_keeps_moving_never_presents_themselves(places: list[tuple[float, float]]) -> None:
    one = attempt(IDENTIFY)
    for number, (x, height) in enumerate(places):
        see(one, number * 0.5, x=x + number * 5000, height=height)
        assert one.presenting is None


@given(st.lists(st.booleans(), max_size=40))
def test_nobody_presents_themselves_in_less_than_the_time(good: list[bool]) -> None:
    one = attempt(IDENTIFY)
    for number, there in enumerate(good):
        at = number * 0.2
        one.see(sight(at) if there else None, round(at * S))
        if one.presenting is not None:
            assert any(good[: number - 4]), "a first sight a second ago or longer"


@pytest.mark.parametrize(("missed_s", "presents"), [(0.5, True), (0.9, False)])
def test_a_short_miss_is_forgiven_and_a_long_one_is_not(missed_s: float, *, presents: bool) -> None:
    one = attempt(IDENTIFY)
    see(one, 0.0)
    see(one, 0.4)
    one.see(None, round((0.4 + missed_s) * S))
    see(one, 1.4)
    assert (one.presenting is not None) is presents


@pytest.mark.parametrize("change", [{"x": 330.0}, {"height": 130.0}, {"height": 70.0}])
def test_a_face_that_moves_begins_anew_even_where_it_presented_itself(change: dict[str, float]) -> None:
    one = attempt(IDENTIFY)
    see(one, 0.0)
    see(one, 1.0)
    assert one.presenting
    see(one, 1.2, **change)
    assert one.presenting is None
    see(one, 2.1, **change)
    assert one.presenting is None
    see(one, 2.2, **change)
    assert one.presenting


@pytest.mark.parametrize("challenge", ["nobody", "identify", "everybody"])
@pytest.mark.parametrize("mode", [VERIFY, IDENTIFY])
def test_who_is_asked_to_turn_may_move(challenge: str, mode: RecognitionMode) -> None:
    one = Attempt(SETTINGS.model_copy(update={"challenge": Challenged(challenge)}), allowed(mode))
    if mode is VERIFY:
        one.show_pass(0)
    else:
        see(one, 0.0)
        see(one, 1.0)
    asked = challenge == "everybody" or (challenge == "identify" and mode is IDENTIFY)
    assert one.challenged is asked
    see(one, 1.2, x=340)
    assert (one.presenting is not None) is (asked or mode is VERIFY)


def test_where_only_a_pass_counts_holding_still_does_not() -> None:
    one = attempt(VERIFY)
    assert not one.wants_faces
    for at in range(10):
        see(one, at)
    assert one.presenting is None
    one.show_pass(10 * S)
    assert one.wants_faces
    assert one.presenting.mode is VERIFY


def test_with_a_pass_one_may_move() -> None:
    one = attempt(VERIFY, IDENTIFY)
    see(one, 0.0)
    one.show_pass(S)
    see(one, 1.2, x=10)
    one.see(None, 2 * S)
    see(one, 3.5, x=500)
    assert one.presenting.mode is VERIFY


def test_where_only_holding_still_counts_a_pass_does_not() -> None:
    one = attempt(IDENTIFY)
    one.show_pass(S)
    assert one.presenting is None


def test_time_runs_out() -> None:
    one = attempt(VERIFY)
    assert not one.overdue(100 * S)
    one.show_pass(10 * S)
    assert not one.overdue(15 * S)
    assert one.overdue(15 * S + 1)
    assert one.overdue(9 * S), "a clock that goes back ends it too"


def test_a_clock_that_goes_back_begins_anew() -> None:
    one = attempt(IDENTIFY)
    see(one, 100.0)
    see(one, 50.0)
    see(one, 50.6)
    assert one.presenting is None
    see(one, 51.0)
    assert one.presenting


def test_nobody_else_says_that_somebody_presents_themselves() -> None:
    with pytest.raises(TypeError, match="no public constructor"):
        Presenting(VERIFY, 0)
