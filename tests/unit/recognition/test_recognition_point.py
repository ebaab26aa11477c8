"""What comes of presenting oneself at a recognition point, and what is left of it: nothing."""

import gc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from doors import AT, DOOR, IDENTIFY, OUTSIDE, VERIFY, Door, framed, head, tables

from api_support import make_charter
from custodes.charter import RecognitionMode
from custodes.domain.errors import PolicyDenied
from custodes.domain.time import NS_PER_S
from custodes.identity import Abstained, NotRecognised, Pass, Reason, Recognised
from custodes.perceive.pad import Prompt, Sight
from custodes.recognition import Answer, Gate, PresentedFace
from custodes.recognition.attempt import Presenting
from sim.visitors import Picture, wall

STRANGER = 99


def people(*persons: int, at: tuple[int, int] = AT, shown: Pass | None = None, count: int = 8) -> list[Picture]:
    """Return pictures of one person after another, each still for a while."""
    return [wall((framed(head(one)), at), shown=shown, seed=number) for one in persons for number in range(count)]


def outcomes(answers: list[Answer]) -> list[object]:
    return [answer.outcome for answer in answers]


def subject(enrolled) -> str:
    return enrolled.receipt.body.subject


def test_who_shows_a_pass_is_verified_once(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    [answer] = door.show(*people(1, shown=enrolled.shown, count=20))
    assert isinstance(answer.outcome, Recognised)
    assert (answer.mode, answer.outcome.subject) == (VERIFY, subject(enrolled))
    assert answer.interval_ns[0] < answer.interval_ns[1]
    assert door.embedder.computed == 3


def test_without_a_pass_no_face_becomes_numbers_where_only_passes_count(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    door.enrol(1)
    assert door.show(*people(1, count=60)) == []
    assert door.embedder.computed == 0


def test_somebody_else_with_the_pass_is_not_recognised(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    assert outcomes(door.show(*people(STRANGER, shown=enrolled.shown))) == [NotRecognised()]


@pytest.mark.parametrize("valid", ["never", "withdrawn"])
def test_a_pass_that_is_worth_nothing_makes_no_numbers_of_a_face(tmp_path: Path, valid: str) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    door.enrolments.withdraw(subject(enrolled))
    shown = enrolled.shown if valid == "withdrawn" else Pass.new()
    assert outcomes(door.show(*people(1, shown=shown))) == [Abstained(Reason.INVALID)]
    assert door.embedder.computed == 0


def test_who_holds_still_is_identified(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY)
    enrolled = [door.enrol(person) for person in (1, 2, 3)]
    [answer] = door.show(*people(2, count=20))
    assert (answer.mode, answer.outcome.subject) == (IDENTIFY, subject(enrolled[1]))
    assert door.embedder.computed == 3
    door.empty()
    assert outcomes(door.show(*people(STRANGER, count=20))) == [NotRecognised()]


@pytest.mark.parametrize("asked", [{"height_px": 400}, {"still_s": 9.0}])
def test_the_charter_says_what_presenting_oneself_is(tmp_path: Path, asked: dict[str, float]) -> None:
    door = Door(tmp_path, charter=make_charter(DOOR, **tables(IDENTIFY, **asked)))
    door.enrol(1)
    assert door.show(*people(1, count=20)) == []
    assert door.embedder.computed == 0


def test_after_a_withdrawal_the_next_probe_misses(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY)
    enrolled, _ = door.enrol(1), door.enrol(2)
    assert isinstance(door.show(*people(1, count=10))[0].outcome, Recognised)
    door.empty()
    door.enrolments.withdraw(subject(enrolled))
    assert outcomes(door.show(*people(1, count=10))) == [NotRecognised()]


def test_where_nobody_enrolled_nobody_is_made_numbers_of(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY)
    assert outcomes(door.show(*people(1, count=20))) == [Abstained(Reason.NOBODY)]
    assert door.embedder.computed == 0


@pytest.mark.parametrize("at", [OUTSIDE, (120, 150), (300, 10), (300, 345)], ids=["far", "left", "above", "below"])
def test_faces_that_are_not_in_the_zone_as_a_whole_never_reach_the_embedder(
    tmp_path: Path, at: tuple[int, int]
) -> None:
    door = Door(tmp_path)
    enrolled = door.enrol(1)
    assert [type(one) for one in outcomes(door.show(*people(1, at=at, shown=enrolled.shown, count=60)))] in (
        [],
        [Abstained],
    )
    assert door.embedder.computed == 0
    door.tracks = [2]
    assert isinstance(door.show(*people(1, shown=enrolled.shown, count=60))[0].outcome, Recognised)


@pytest.mark.parametrize("at", [OUTSIDE, (120, 150), (300, 10), (300, 345)], ids=["far", "left", "above", "below"])
def test_whoever_holds_still_outside_the_zone_does_not_present_themselves(tmp_path: Path, at: tuple[int, int]) -> None:
    door = Door(tmp_path, IDENTIFY)
    door.enrol(1)
    assert door.show(*people(1, at=at, count=80)) == []
    assert door.embedder.computed == 0


@pytest.mark.parametrize("shown_at", [(0, 200), (100, 200), (440, 310)], ids=["outside", "partly", "below"])
def test_a_pass_that_is_not_in_the_zone_as_a_whole_is_not_shown(tmp_path: Path, shown_at: tuple[int, int]) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    picture = wall((framed(head(1)), AT), shown=enrolled.shown, shown_at=shown_at)
    assert door.show(*[picture] * 20) == []
    assert door.embedder.computed == 0
    assert len(door.show(*people(1, shown=enrolled.shown, count=10))) == 1


def test_whoever_walks_through_the_zone_is_made_no_numbers_of(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY)
    door.enrol(1)
    walk = [wall((framed(head(1)), (170 + step * 20, 150))) for step in range(17)]
    assert door.show(*walk, *reversed(walk), every_s=0.1) == []
    assert door.embedder.computed == 0


def test_nobody_is_looked_at_while_no_person_is_at_the_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(tmp_path)
    enrolled = door.enrol(1)

    def looked(*_: object) -> None:
        pytest.fail("it looked")

    monkeypatch.setattr("custodes.recognition.zone.PixelZone.view", looked)
    assert door.show(*people(1, shown=enrolled.shown, count=30), nobody=True) == []
    assert door.embedder.computed == 0


def test_two_people_in_the_zone_are_nobody_who_presents_themselves(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    two = [wall((framed(head(1)), (180, 150)), (framed(head(2)), (310, 150)), shown=enrolled.shown)] * 90
    assert outcomes(door.show(*two)) == [Abstained(Reason.UNSEEN)]
    assert door.embedder.computed == 0


def test_a_face_that_is_swapped_meanwhile_gets_no_answer(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    swapped = people(1, shown=enrolled.shown, count=2) + people(STRANGER, shown=enrolled.shown, count=6)
    assert outcomes(door.show(*swapped)) == [Abstained(Reason.CHANGED)]


def test_whoever_leaves_before_there_is_an_answer_gets_none(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    assert door.show(*people(1, shown=enrolled.shown, count=2)) == []
    assert outcomes(door.empty()) == [Abstained(Reason.UNSEEN)]
    assert door.show(*people(1, count=40)) == []


def test_a_busy_machine_that_misses_somebody_once_has_not_seen_them_leave(tmp_path: Path) -> None:
    door = Door(tmp_path, VERIFY)
    enrolled = door.enrol(1)
    door.show(*people(1, shown=enrolled.shown, count=2))
    assert door.show(wall(), every_s=2, nobody=True) == []
    [answer] = door.show(*people(1, count=4))
    assert answer.outcome.subject == subject(enrolled)


def test_who_got_an_answer_gets_another_only_after_leaving_and_the_next_person_at_once(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY)
    enrolled = [door.enrol(1), door.enrol(2)]
    assert len(door.show(*people(1, count=60))) == 1
    door.tracks = [2]
    [answer] = door.show(*people(2, count=20))
    assert answer.outcome.subject == subject(enrolled[1])
    door.empty()
    assert len(door.show(*people(2, count=20))) == 1


def test_who_held_still_in_vain_may_show_a_pass_yet(tmp_path: Path) -> None:
    door = Door(tmp_path)
    enrolled, _ = door.enrol(1, VERIFY), door.enrol(2, IDENTIFY)
    assert outcomes(door.show(*people(1, count=60))) == [NotRecognised()]
    assert door.embedder.computed == 3
    [answer] = door.show(*people(1, shown=enrolled.shown, count=60))
    assert (answer.mode, answer.outcome.subject) == (VERIFY, subject(enrolled))
    assert door.show(*people(1, shown=enrolled.shown, count=20)) == []


def test_a_charter_that_has_lapsed_lets_no_face_through(tmp_path: Path) -> None:
    door = Door(tmp_path)
    enrolled = door.enrol(1)
    door.clock.now_ns += 400 * 86_400 * 10**9
    with pytest.raises(PolicyDenied):
        door.show(*people(1, shown=enrolled.shown))
    assert door.embedder.computed == 0


@pytest.mark.parametrize("tables_", [{}, {**tables(VERIFY), "recognition": None}, "no capability"])
def test_there_is_no_point_without_a_charter_that_names_it(tmp_path: Path, tables_: object) -> None:
    tables_ = tables(VERIFY) if tables_ == "no capability" else tables_
    if tables_ and tables_["recognition"]:
        del tables_["recognition"]["capability"]
    charter = make_charter(DOOR, **{name: table for name, table in tables_.items() if table})
    with pytest.raises(PolicyDenied, match="no recognition point"):
        Door(tmp_path, charter=charter)


LEFT, RIGHT, EYES, CLOSER = Prompt.LEFT, Prompt.RIGHT, Prompt.EYES, Prompt.CLOSER
NEAR = 1.4
Acts = Callable[[Prompt | None], Picture]


def head_of(
    person: int,
    turn: int = 0,
    at: tuple[int, int] = AT,
    *,
    closed: float = 0.0,
    near: float = 1.0,
    **shown: Pass,
) -> Picture:
    picture = framed(head(person, closed), turn)
    side = round(picture.shape[0] * near)
    left, top = (one - (side - picture.shape[0]) // 2 for one in at)
    return wall((np.asarray(cv2.resize(picture, (side, side)), np.uint8), (left, top)), **shown)


@pytest.mark.parametrize(("asked", "answers"), [({}, 1), ({"turned": 0.2}, 0)])
def test_the_charter_says_how_far_one_may_look_aside(tmp_path: Path, asked: dict[str, float], answers: int) -> None:
    door = Door(tmp_path, charter=make_charter(DOOR, **tables(IDENTIFY, **asked)))
    door.enrol(1)
    assert len(door.show(*[head_of(1, 1)] * 20)) == answers


def willing(person: int, **shown: Pass) -> Acts:
    """Return what a person shows who does what is asked."""
    return lambda prompt: doing(person, prompt, **shown)


def doing(person: int, prompt: Prompt | None, **shown: Pass) -> Picture:
    return head_of(
        person,
        {LEFT: 1, RIGHT: -1}.get(prompt, 0),
        closed=prompt is EYES,
        near=NEAR if prompt is CLOSER else 1,
        **shown,
    )


def visit(door: Door, acts: Acts, count: int = 80) -> tuple[list[Answer], list[Prompt | None]]:
    """Let somebody act as they are asked; return the answers, and what was asked, each once."""
    answers, prompts = [], [door.point.prompt]
    for _ in range(count):
        answers += door.show(acts(door.point.prompt))
        prompts += [door.point.prompt] if door.point.prompt is not prompts[-1] else []
    return answers, prompts


@pytest.mark.parametrize(
    ("mode", "challenge"), [(VERIFY, "everybody"), (IDENTIFY, "identify"), (IDENTIFY, "everybody")]
)
def test_who_turns_as_asked_is_recognised(tmp_path: Path, mode: RecognitionMode, challenge: str) -> None:
    door = Door(tmp_path, mode, challenge=challenge, acts=(LEFT, RIGHT))
    enrolled = door.enrol(1)
    shown = {"shown": enrolled.shown} if mode is VERIFY else {}
    [answer], prompts = visit(door, willing(1, **shown))
    assert answer.outcome.subject == subject(enrolled)
    assert prompts == [None, Prompt.AHEAD, Prompt.LEFT, Prompt.AHEAD, Prompt.RIGHT, Prompt.AHEAD, None]
    assert len(door.drawn) == 1
    assert door.embedder.computed == 5, "two before the turns, one in each, one afterwards"


@pytest.mark.parametrize("acts", [(EYES, LEFT, CLOSER), (RIGHT, CLOSER, EYES)])
def test_so_is_who_closes_the_eyes_and_comes_closer(tmp_path: Path, acts: tuple[Prompt, ...]) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=acts, timeout_s=20)
    enrolled = door.enrol(1)
    [answer], prompts = visit(door, willing(1), 120)
    assert answer.outcome.subject == subject(enrolled)
    ahead = Prompt.AHEAD
    assert prompts == [None, ahead, acts[0], ahead, acts[1], ahead, acts[2], ahead, None]
    assert door.embedder.computed == 6, "two before the acts, one in each, one afterwards"


@pytest.mark.parametrize("act", [EYES, CLOSER])
def test_who_does_that_in_somebody_s_stead_gets_no_answer(tmp_path: Path, act: Prompt) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(act,))
    door.enrol(1)
    answers, _ = visit(door, lambda prompt: doing(STRANGER if prompt is act else 1, prompt))
    assert outcomes(answers) in ([Abstained(Reason.CHANGED)], [Abstained(Reason.UNMOVED)])


def test_eyes_of_who_is_not_asked_anything_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*_: object, **__: object) -> None:
        pytest.fail("it looked")

    monkeypatch.setattr("custodes.perceive.pad.Eyes.look", look)
    door = Door(tmp_path, IDENTIFY)
    door.enrol(1)
    assert isinstance(door.show(*people(1, count=20))[0].outcome, Recognised)


def test_faces_that_are_turned_too_far_never_reach_the_embedder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(LEFT, RIGHT))
    door.enrol(1)
    made, before = Gate.present, len(door.embedder.made)
    let_through: list[Sight] = []

    def present(self: Gate, frame: object, sight: Sight, presenting: Presenting) -> PresentedFace | None:
        face = made(self, frame, sight, presenting)
        let_through.extend([sight] if face is not None else [])
        return face

    monkeypatch.setattr(Gate, "present", present)
    turns = {Prompt.LEFT: [2, 2, 1], Prompt.RIGHT: [-2, -2, -2, -1]}
    seen: list[Prompt | None] = []

    def acts(prompt: Prompt | None) -> Picture:
        seen.append(prompt)
        course = turns.get(prompt, [0])
        return head_of(1, course[min(seen.count(prompt), len(course)) - 1])

    answers, _ = visit(door, acts)
    assert isinstance(answers[0].outcome, Recognised)
    assert len(door.embedder.made) - before == len(let_through) == 5
    assert all(sight.good for sight in let_through)
    assert let_through[4].utc_ns - let_through[1].utc_ns > NS_PER_S, "the last one is taken after the turns"


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        (lambda _: head_of(1), Reason.UNMOVED),
        (lambda prompt: head_of(1, {Prompt.LEFT: -1, Prompt.RIGHT: 1}.get(prompt, 0)), Reason.ATTACK),
        (lambda prompt: head_of(1, at=(300, 150) if prompt is not Prompt.LEFT else (370, 150)), Reason.CHANGED),
        (lambda prompt: wall() if prompt is Prompt.LEFT else head_of(1), Reason.CHANGED),
        (lambda prompt: head_of(1, 2 if prompt is Prompt.LEFT else 0), Reason.UNMOVED),
    ],
    ids=["a photo", "a recording", "somebody else beside", "away for a while", "turned too far to be compared"],
)
def test_who_does_not_turn_is_not(tmp_path: Path, acts: Acts, reason: Reason) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(LEFT,))
    door.enrol(1)
    answers, _ = visit(door, acts, 60)
    assert outcomes(answers) == [Abstained(reason)]
    assert door.embedder.computed <= 2


@pytest.mark.parametrize(
    ("act", "acts", "reason"),
    [
        (EYES, lambda _: head_of(1), Reason.UNMOVED),
        (EYES, lambda prompt: head_of(1, 1 if prompt is EYES else 0, closed=prompt is EYES), Reason.ATTACK),
        (EYES, lambda prompt: head_of(1, closed=prompt is not None), Reason.UNMOVED),
        (CLOSER, lambda prompt: head_of(1, near=1.15 if prompt is CLOSER else 1), Reason.UNMOVED),
        (CLOSER, lambda prompt: head_of(1, near=1.8 if prompt is CLOSER else 1), Reason.CHANGED),
    ],
    ids=["a photo", "a recording of a turn", "closed from the beginning", "hardly closer", "another one, closer"],
)
def test_nor_is_who_does_not_close_the_eyes_or_come_closer(
    tmp_path: Path, act: Prompt, acts: Acts, reason: Reason
) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(act,))
    door.enrol(1)
    answers, _ = visit(door, acts, 60)
    assert outcomes(answers) == [Abstained(reason)]
    assert door.embedder.computed <= 2


def test_who_turns_in_somebody_s_stead_gets_no_answer(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(LEFT,))
    door.enrol(1)
    answers, prompts = visit(
        door, lambda prompt: head_of(STRANGER if prompt is Prompt.LEFT else 1, prompt is Prompt.LEFT)
    )
    assert outcomes(answers) == [Abstained(Reason.CHANGED)]
    assert prompts[-2:] == [Prompt.AHEAD, None], "it was told by what it looks like, at the end"


def test_a_face_that_is_another_after_the_turns_gets_no_answer(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(LEFT,))
    door.enrol(1)
    turned: list[bool] = []

    def acts(prompt: Prompt | None) -> Picture:
        turned.extend([True] if prompt is Prompt.LEFT else [])
        return head_of(STRANGER if turned else 1, 1 if prompt is Prompt.LEFT else 0)

    answers, _ = visit(door, acts, 60)
    assert outcomes(answers) == [Abstained(Reason.CHANGED)]


def test_each_attempt_is_asked_something_new(tmp_path: Path) -> None:
    door = Door(tmp_path, IDENTIFY, challenge="identify", acts=(LEFT,))
    door.enrol(1)
    for _ in range(2):
        visit(door, willing(1), 40)
        door.empty()
    assert len(door.drawn) == 2
    assert door.drawn[0] is not door.drawn[1]


@pytest.mark.parametrize(("mode", "challenge"), [(VERIFY, "identify"), (VERIFY, "nobody"), (IDENTIFY, "nobody")])
def test_others_are_not_asked(tmp_path: Path, mode: RecognitionMode, challenge: str) -> None:
    door = Door(tmp_path, mode, challenge=challenge)
    enrolled = door.enrol(1)
    answers, prompts = visit(door, willing(1, shown=enrolled.shown))
    assert isinstance(answers[0].outcome, Recognised)
    assert prompts == [None]
    assert door.drawn == []


@pytest.mark.parametrize("who", [1, STRANGER])
@pytest.mark.parametrize("mode", [VERIFY, IDENTIFY])
def test_faces_and_numbers_are_overwritten_when_the_attempt_ends(tmp_path: Path, who: int, mode) -> None:
    door = Door(tmp_path, mode)
    enrolled = door.enrol(1)
    assert door.show(*people(who, shown=enrolled.shown, count=2)) == []
    door.show(*people(who, shown=enrolled.shown, count=18))
    assert len(door.embedder.made) == 3
    assert not any(one.any() for one in door.embedder.given)
    assert not any(one.any() for one in door.embedder.made)
    assert held_by(door.point) == []


@pytest.mark.parametrize("challenge", ["nobody", "everybody"])
@pytest.mark.parametrize("end", ["leaves", "lapses", "forget"])
def test_they_are_overwritten_however_it_ends(tmp_path: Path, end: str, challenge: str) -> None:
    door = Door(tmp_path, VERIFY, challenge=challenge, acts=(LEFT,))
    enrolled = door.enrol(1)
    door.show(*people(1, shown=enrolled.shown, count=2))
    assert any(one.any() for one in door.embedder.made)
    if end == "leaves":
        door.empty()
    elif end == "forget":
        door.point.forget()
    else:
        door.clock.now_ns += 400 * 86_400 * 10**9
        door.show(*people(1, shown=enrolled.shown, count=60))
    assert not any(one.any() for one in [*door.embedder.made, *door.embedder.given])
    assert held_by(door.point) == []


def held_by(point: object) -> list[object]:
    """Return all arrays, passes and presented faces that can be reached from what `point` holds of an attempt."""
    gc.collect()
    own = [point._attempt, point._vectors, point._shown, point._challenge, point._eyes]
    found, seen = [], set()
    while own:
        one = own.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray | Pass | PresentedFace):
            found.append(one)
        own += gc.get_referents(one) if not isinstance(one, str | int | float) else []
    return found
