"""Turns asked for one after another, of heads and of pictures of them; pure, by times that are told."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.perceive.pad import Challenge, Prompt, Side, Sight, Verdict
from sim.turning import HEAD, PICTURE, Points, projected, sight

LEFT, RIGHT = Side.LEFT, Side.RIGHT
SIDES = st.lists(st.sampled_from(Side), min_size=1, max_size=3)
Acts = Callable[[Prompt], float]
"""The angle to which a head turns when it is asked something, degrees, above 0 to its left."""


def willing(angle: float = 28.0) -> Acts:
    return lambda prompt: {Prompt.AHEAD: 0.0, Prompt.LEFT: angle, Prompt.RIGHT: -angle}[prompt]


def perform(
    challenge: Challenge, acts: Acts, body: Points = HEAD, *, seconds: float = 30.0, every_s: float = 0.2
) -> Verdict:
    """Follow the prompts with a head that moves at 60 degrees a second, until there is a verdict."""
    return performed(challenge, acts, body, seconds=seconds, every_s=every_s, shown=[])


def performed(
    challenge: Challenge, acts: Acts, body: Points, *, seconds: float, every_s: float, shown: list[tuple[Prompt, float]]
) -> Verdict:
    """Do so, and note what was asked and the angle at each sight that has to be of the same face."""
    angle = 0.0
    for number in range(round(seconds / every_s)):
        angle += float(np.clip(acts(challenge.prompt) - angle, -60 * every_s, 60 * every_s))
        at_s = number * every_s
        seen = sight(projected(body, angle), at_s, good=abs(angle) < 30)
        asked = challenge.prompt
        if challenge.see(seen, seen.utc_ns) is not Verdict.UNSURE:
            break
        if challenge.shows:
            shown.append((asked, angle))
    return challenge.verdict


@given(SIDES, st.floats(22, 38), st.sampled_from([0.1, 0.2, 0.3]))
def test_whoever_does_what_is_asked_is_a_person(sides: list[Side], angle: float, every_s: float) -> None:
    assert perform(Challenge(*sides), willing(angle), every_s=every_s) is Verdict.BONA_FIDE


@given(SIDES, st.floats(22, 38))
def test_each_turn_shows_once_who_turns(sides: list[Side], angle: float) -> None:
    shown: list[tuple[Prompt, float]] = []
    performed(Challenge(*sides), willing(angle), HEAD, seconds=30, every_s=0.2, shown=shown)
    assert [asked.value for asked, _ in shown] == [side.value for side in sides]
    assert all(15 < side.sign * at < 30 for (_, at), side in zip(shown, sides, strict=True))


def test_a_turn_counts_only_once_a_face_good_enough_to_be_compared_has_shown_it() -> None:
    challenge = Challenge(LEFT)
    now_s = ready(challenge)
    for number in range(1, 8):
        seen = sight(projected(HEAD, min(10.0 * number, 35)), now_s + number * 0.2, good=number < 2)
        challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (Prompt.LEFT, False)
    seen = sight(projected(HEAD, 27), now_s + 1.6)
    challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (Prompt.AHEAD, True)
    challenge.see(None, round((now_s + 1.8) * 1e9))
    assert not challenge.shows


@given(SIDES, st.floats(0, 60))
def test_no_flat_picture_is_one_however_it_is_turned(sides: list[Side], angle: float) -> None:
    assert perform(Challenge(*sides), willing(angle), PICTURE) is Verdict.UNMOVED


@pytest.mark.parametrize("side", Side)
def test_who_turns_the_other_way_is_taken_for_a_recording(side: Side) -> None:
    challenge = Challenge(side)
    assert perform(challenge, willing(-28)) is Verdict.ATTACK
    assert perform(challenge, willing(28)) is Verdict.ATTACK, "it stays so"


@pytest.mark.parametrize("angle", [0.0, 8.0])
def test_who_hardly_turns_did_not_do_it_in_time(angle: float) -> None:
    assert perform(Challenge(LEFT), willing(angle)) is Verdict.UNMOVED


def test_who_does_not_look_ahead_again_did_not_do_it_either() -> None:
    turned: list[bool] = []
    challenge = Challenge(LEFT, LEFT)

    def acts(prompt: Prompt) -> float:
        turned.extend([True] if prompt is Prompt.LEFT else [])
        return 28.0 if turned else 0.0

    assert perform(challenge, acts) is Verdict.UNMOVED
    assert challenge.prompt is Prompt.AHEAD


def test_nobody_is_asked_to_turn_before_the_face_was_seen_well_from_the_front() -> None:
    challenge = Challenge(LEFT)
    for number in range(50):
        seen = sight(projected(HEAD), number * 0.2, good=False)
        assert challenge.see(seen, seen.utc_ns) is Verdict.UNSURE
    assert challenge.prompt is Prompt.AHEAD


def test_prompts_follow_one_another() -> None:
    challenge, prompts = Challenge(LEFT, RIGHT), []

    def acts(prompt: Prompt) -> float:
        if not prompts or prompts[-1] is not prompt:
            prompts.append(prompt)
        return willing()(prompt)

    assert perform(challenge, acts) is Verdict.BONA_FIDE
    assert prompts == [Prompt.AHEAD, Prompt.LEFT, Prompt.AHEAD, Prompt.RIGHT, Prompt.AHEAD]


def ready(challenge: Challenge) -> float:
    """Show a face until a turn is asked for; return the time of the last sight, seconds."""
    for number in range(3):
        seen = sight(projected(HEAD), number * 0.2)
        challenge.see(seen, seen.utc_ns)
    assert challenge.prompt is not Prompt.AHEAD
    return 0.4


@pytest.mark.parametrize(
    ("later_s", "at", "verdict"),
    [
        (0.2, (0.0, 0.0, 0.7), Verdict.UNSURE),
        (0.7, (0.02, 0.0, 0.7), Verdict.UNSURE),
        (0.9, (0.0, 0.0, 0.7), Verdict.CHANGED),
        (0.2, (0.12, 0.0, 0.7), Verdict.CHANGED),
        (0.2, (0.0, 0.0, 0.4), Verdict.CHANGED),
        (0.2, (0.0, 0.0, 1.5), Verdict.CHANGED),
        (-0.2, (0.0, 0.0, 0.7), Verdict.UNMOVED),
    ],
)
def test_a_face_that_jumps_or_was_away_may_be_another(
    later_s: float, at: tuple[float, float, float], verdict: Verdict
) -> None:
    challenge = Challenge(LEFT)
    now_s = ready(challenge) + later_s
    seen = sight(projected(HEAD, at=at), now_s)
    assert challenge.see(seen, seen.utc_ns) is verdict


def test_so_may_one_that_is_not_seen_any_more() -> None:
    challenge = Challenge(LEFT)
    now_s = ready(challenge)
    assert challenge.see(None, round((now_s + 0.5) * 1e9)) is Verdict.UNSURE
    assert challenge.see(None, round((now_s + 1.0) * 1e9)) is Verdict.CHANGED


def test_two_turns_are_drawn_and_each_may_be_to_either_side() -> None:
    drawn = set()
    for _ in range(200):
        drawn.add(tuple(Challenge.drawn()._sides))
    assert drawn == {(one, other) for one in Side for other in Side}


@given(st.lists(st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.booleans())), max_size=40))
def test_whatever_comes_there_is_a_verdict_and_it_stays(course: list[tuple[float, bool] | None]) -> None:
    challenge, verdicts = Challenge(LEFT), []
    for number, one in enumerate(course):
        seen = None if one is None else sight(projected(HEAD, one[0]), number * 0.2, good=one[1])
        verdicts.append(challenge.see(seen, round(number * 0.2e9)))
    final = [verdict for verdict in verdicts if verdict is not Verdict.UNSURE]
    assert len(set(final)) <= 1
    assert verdicts[len(verdicts) - len(final) :] == final


def test_nothing_is_left_of_the_face_after_wiping() -> None:
    challenge = Challenge(LEFT)
    sights = [sight(projected(HEAD), number * 0.2) for number in range(5)]
    for seen in sights[:2]:
        challenge.see(seen, seen.utc_ns)
    facing = list(challenge._facing)
    for seen in sights[2:]:
        challenge.see(seen, seen.utc_ns)
    before = challenge._reference
    assert before.any()
    challenge.wipe()
    assert not before.any()
    assert not sights[-1].points.any()
    assert not any(isinstance(one, Sight) for one in vars(challenge).values())
    assert len(facing) == 2
