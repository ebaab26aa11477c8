"""Acts asked for one after another, of heads and of pictures of them; pure, by times that are told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.perceive.pad import DRAWS, LEAST_CLOSED, LEAST_GROWN, Challenge, Prompt, Side, Sight, Verdict
from sim.turning import HEAD, PICTURE, Points, projected, sight

LEFT, RIGHT, EYES, CLOSER = Prompt.LEFT, Prompt.RIGHT, Prompt.EYES, Prompt.CLOSER
ACTS = st.lists(st.sampled_from([LEFT, RIGHT, EYES, CLOSER]), min_size=1, max_size=3).filter(
    lambda acts: acts.count(CLOSER) <= 1
)
TURNS = st.lists(st.sampled_from([LEFT, RIGHT]), min_size=1, max_size=3)
FAR, NEAR = 0.75, 0.5


@dataclass(frozen=True)
class Posture:
    """How somebody stands: the angle above 0 to their own left, degrees, how far away, metres, and closed eyes."""

    angle: float = 0.0
    away: float = FAR
    closed: float = 0.0


Acting = Callable[[Prompt], Posture]


def willing(angle: float = 28.0, *, closed: float = 0.4, near: float = NEAR) -> Acting:
    """Return what somebody does who does what is asked; who came closer stays there."""
    came: list[bool] = []

    def acts(prompt: Prompt) -> Posture:
        came.extend([True] if prompt is CLOSER else [])
        turned = {LEFT: angle, RIGHT: -angle}.get(prompt, 0.0)
        return Posture(turned, near if came else FAR, closed if prompt is EYES else 0.0)

    return acts


def perform(
    challenge: Challenge, acts: Acting, body: Points = HEAD, *, seconds: float = 30.0, every_s: float = 0.2
) -> Verdict:
    """Follow the prompts until there is a verdict."""
    return performed(challenge, acts, body, seconds=seconds, every_s=every_s, shown=[])


def performed(
    challenge: Challenge,
    acts: Acting,
    body: Points,
    *,
    seconds: float,
    every_s: float,
    shown: list[tuple[Prompt, Posture]],
) -> Verdict:
    """Do so at 60 degrees and 50 cm a second, and note each sight that has to be of the same face, and what was asked.

    Eyes close and open at once.
    """
    now = Posture()
    for number in range(round(seconds / every_s)):
        aim = acts(challenge.prompt)
        angle = now.angle + float(np.clip(aim.angle - now.angle, -60 * every_s, 60 * every_s))
        away = now.away + float(np.clip(aim.away - now.away, -0.5 * every_s, 0.5 * every_s))
        now = Posture(angle, away, aim.closed)
        points = projected(body, now.angle, at=(0.0, 0.0, now.away))
        seen = sight(points, number * every_s, good=abs(now.angle) < 30, closed=now.closed)
        asked = challenge.prompt
        if challenge.see(seen, seen.utc_ns) is not Verdict.UNSURE:
            break
        if challenge.shows:
            shown.append((asked, now))
    return challenge.verdict


@given(ACTS, st.floats(22, 38), st.sampled_from([0.1, 0.2, 0.3]))
def test_whoever_does_what_is_asked_is_a_person(acts: list[Prompt], angle: float, every_s: float) -> None:
    assert perform(Challenge(*acts), willing(angle), every_s=every_s) is Verdict.BONA_FIDE


@given(ACTS, st.floats(22, 38))
def test_each_act_shows_once_who_does_it(acts: list[Prompt], angle: float) -> None:
    shown: list[tuple[Prompt, Posture]] = []
    performed(Challenge(*acts), willing(angle), HEAD, seconds=30, every_s=0.2, shown=shown)
    assert [asked for asked, _ in shown] == acts
    for asked, posture in shown:
        if asked is EYES:
            assert posture.closed >= LEAST_CLOSED
        elif asked is CLOSER:
            assert posture.away <= FAR / LEAST_GROWN * 1.02
        else:
            assert 15 < Side(asked).sign * posture.angle < 30


def test_a_turn_counts_only_once_a_face_good_enough_to_be_compared_has_shown_it() -> None:
    challenge = Challenge(LEFT)
    now_s = ready(challenge)
    for number in range(1, 8):
        seen = sight(projected(HEAD, min(10.0 * number, 35)), now_s + number * 0.2, good=number < 2)
        challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (LEFT, False)
    seen = sight(projected(HEAD, 27), now_s + 1.6)
    challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (Prompt.AHEAD, True)
    challenge.see(None, round((now_s + 1.8) * 1e9))
    assert not challenge.shows


@pytest.mark.parametrize(("act", "away", "closed"), [(EYES, 0.7, 0.4), (CLOSER, 0.5, 0.0)])
def test_so_do_closed_eyes_and_coming_closer(act: Prompt, away: float, closed: float) -> None:
    challenge = Challenge(act)
    now_s = ready(challenge)
    for number in range(1, 8):
        seen = sight(projected(HEAD, at=(0, 0, away)), now_s + number * 0.2, good=False, closed=closed)
        challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (act, False)
    seen = replace(seen, utc_ns=seen.utc_ns + 200_000_000, good=True)
    challenge.see(seen, seen.utc_ns)
    assert (challenge.prompt, challenge.shows) == (Prompt.AHEAD, True)


@given(TURNS, st.floats(0, 60))
def test_no_flat_picture_is_one_however_it_is_turned(acts: list[Prompt], angle: float) -> None:
    assert perform(Challenge(*acts), willing(angle), PICTURE) is Verdict.UNMOVED


def test_nor_is_one_whose_eyes_stay_open() -> None:
    assert perform(Challenge(EYES), willing(closed=LEAST_CLOSED - 0.01), PICTURE) is Verdict.UNMOVED


@pytest.mark.parametrize("every_s", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("blink_s", [0.15, 0.25, 0.4])
def test_who_blinks_has_not_closed_the_eyes(every_s: float, blink_s: float) -> None:
    challenge = Challenge(EYES)
    now_s, number = ready(challenge), 0
    while challenge.verdict is Verdict.UNSURE:
        number += 1
        blinks = (number * every_s) % 1.5 < blink_s
        seen = sight(projected(HEAD), now_s + number * every_s, closed=0.4 if blinks else 0.0)
        challenge.see(seen, seen.utc_ns)
        assert challenge.prompt is EYES
    assert challenge.verdict is Verdict.UNMOVED


def test_eyes_that_stay_closed_do_not_look_ahead() -> None:
    closed: list[bool] = []
    challenge = Challenge(EYES)

    def acts(prompt: Prompt) -> Posture:
        closed.extend([True] if prompt is EYES else [])
        return Posture(closed=0.4 if closed else 0.0)

    assert perform(challenge, acts) is Verdict.UNMOVED
    assert challenge.prompt is Prompt.AHEAD


@pytest.mark.parametrize("near", [0.75, 0.63, 0.9])
def test_who_hardly_comes_closer_has_not_done_it(near: float) -> None:
    assert perform(Challenge(CLOSER), willing(near=near)) is Verdict.UNMOVED


@pytest.mark.parametrize("asked", [LEFT, RIGHT])
def test_who_turns_the_other_way_is_taken_for_a_recording(asked: Prompt) -> None:
    challenge = Challenge(asked)
    assert perform(challenge, willing(-28)) is Verdict.ATTACK
    assert perform(challenge, willing(28)) is Verdict.ATTACK, "it stays so"


@pytest.mark.parametrize("asked", [EYES, CLOSER])
@pytest.mark.parametrize("angle", [-28, 28])
def test_so_is_who_turns_where_something_else_is_asked_for(asked: Prompt, angle: float) -> None:
    assert perform(Challenge(asked), lambda prompt: Posture(angle if prompt is asked else 0)) is Verdict.ATTACK


@pytest.mark.parametrize("angle", [0.0, 8.0])
def test_who_hardly_turns_did_not_do_it_in_time(angle: float) -> None:
    assert perform(Challenge(LEFT), willing(angle)) is Verdict.UNMOVED


def test_who_does_not_look_ahead_again_did_not_do_it_either() -> None:
    turned: list[bool] = []
    challenge = Challenge(LEFT, LEFT)

    def acts(prompt: Prompt) -> Posture:
        turned.extend([True] if prompt is LEFT else [])
        return Posture(28.0 if turned else 0.0)

    assert perform(challenge, acts) is Verdict.UNMOVED
    assert challenge.prompt is Prompt.AHEAD


def test_nobody_is_asked_to_turn_before_the_face_was_seen_well_from_the_front() -> None:
    challenge = Challenge(LEFT)
    for number in range(50):
        seen = sight(projected(HEAD), number * 0.2, good=False)
        assert challenge.see(seen, seen.utc_ns) is Verdict.UNSURE
    assert challenge.prompt is Prompt.AHEAD


def test_prompts_follow_one_another() -> None:
    challenge, prompts, does = Challenge(LEFT, EYES, CLOSER), [], willing()

    def acts(prompt: Prompt) -> Posture:
        if not prompts or prompts[-1] is not prompt:
            prompts.append(prompt)
        return does(prompt)

    assert perform(challenge, acts) is Verdict.BONA_FIDE
    ahead = Prompt.AHEAD
    assert prompts == [ahead, LEFT, ahead, EYES, ahead, CLOSER, ahead]


def ready(challenge: Challenge) -> float:
    """Show a face until something is asked for; return the time of the last sight, seconds."""
    for number in range(3):
        seen = sight(projected(HEAD), number * 0.2)
        challenge.see(seen, seen.utc_ns)
    assert challenge.prompt is not Prompt.AHEAD
    return 0.4


@pytest.mark.parametrize("act", [LEFT, EYES, CLOSER])
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
    act: Prompt, later_s: float, at: tuple[float, float, float], verdict: Verdict
) -> None:
    challenge = Challenge(act)
    now_s = ready(challenge) + later_s
    seen = sight(projected(HEAD, at=at), now_s)
    assert challenge.see(seen, seen.utc_ns) is verdict


def test_so_may_one_that_is_not_seen_any_more() -> None:
    challenge = Challenge(LEFT)
    now_s = ready(challenge)
    assert challenge.see(None, round((now_s + 0.5) * 1e9)) is Verdict.UNSURE
    assert challenge.see(None, round((now_s + 1.0) * 1e9)) is Verdict.CHANGED


def test_everybody_is_asked_to_close_the_eyes_and_to_turn_and_all_draws_happen() -> None:
    assert len(set(DRAWS)) == len(DRAWS) == 24
    assert all(acts.count(EYES) == 1 and len({LEFT, RIGHT} & set(acts)) >= 1 for acts in DRAWS)
    assert Counter(acts.index(EYES) for acts in DRAWS) == {0: 8, 1: 8, 2: 8}
    assert {tuple(Challenge.drawn()._acts) for _ in range(1000)} == set(DRAWS)


@given(
    st.sampled_from([LEFT, EYES, CLOSER]),
    st.lists(
        st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.booleans(), st.floats(-1, 1), st.floats(0.3, 2))),
        max_size=40,
    ),
)
def test_whatever_comes_there_is_a_verdict_and_it_stays(
    act: Prompt, course: list[tuple[float, bool, float, float] | None]
) -> None:
    challenge, verdicts = Challenge(act), []
    for number, one in enumerate(course):
        seen = None
        if one is not None:
            angle, good, closed, away = one
            seen = sight(projected(HEAD, angle, at=(0, 0, away)), number * 0.2, good=good, closed=closed)
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
