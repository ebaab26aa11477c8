"""What comes of presenting oneself at a recognition point, and what is left of it: nothing."""

import gc
from pathlib import Path

import numpy as np
import pytest
from doors import AT, DOOR, IDENTIFY, OUTSIDE, VERIFY, Door, framed, head, tables

from api_support import make_charter
from custodes.domain.errors import PolicyDenied
from custodes.identity import Abstained, NotRecognised, Pass, Reason, Recognised
from custodes.recognition import Answer, PresentedFace, Sight, Verdict
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
    two = [wall((framed(head(1)), (180, 150)), (framed(head(2)), (310, 150)), shown=enrolled.shown)] * 60
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


class Judge:
    """Says what it was told to say, and keeps what it was asked about."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)
        self.asked: list[tuple[Sight, ...]] = []

    def judge(self, course: tuple[Sight, ...]) -> Verdict:
        self.asked.append(course)
        return self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([Verdict.BONA_FIDE], Recognised),
        ([Verdict.ATTACK], Abstained(Reason.ATTACK)),
        ([Verdict.UNSURE, Verdict.UNSURE, Verdict.BONA_FIDE], Recognised),
        ([Verdict.UNSURE], Abstained(Reason.UNSEEN)),
    ],
)
def test_presentation_attack_detection_has_a_say(tmp_path: Path, verdicts: list[Verdict], outcome: object) -> None:
    door = Door(tmp_path, VERIFY)
    judge = Judge(*verdicts)
    door.recogniser._attacks = judge
    door.point = door.another_point()
    enrolled = door.enrol(1)
    [answer] = door.show(*people(1, shown=enrolled.shown, count=60))
    assert answer.outcome == outcome or type(answer.outcome) is outcome
    assert door.embedder.computed == 3
    course = judge.asked[-1]
    assert len(course) >= 3
    assert [seen.utc_ns for seen in course] == sorted(seen.utc_ns for seen in course)
    assert {seen.points.shape for seen in course} == {(5, 2)}
    assert all(seen.points[:, 0].min() > AT[0] for seen in course)


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


@pytest.mark.parametrize("end", ["leaves", "lapses", "forget"])
def test_they_are_overwritten_however_it_ends(tmp_path: Path, end: str) -> None:
    door = Door(tmp_path, VERIFY)
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
    own = [point._attempt, point._vectors, point._shown]
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
