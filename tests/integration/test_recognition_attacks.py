"""People, and pictures of them, at a recognition point that asks them to act: real photos, real models."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from api_support import ManualClock
from custodes.domain.tracks import Track, TrackState
from custodes.evaluate.staging import Pose, on_screen, printed, seen
from custodes.identity import Abstained, Outcome, Reason, Recognised
from custodes.perceive.embed import load_locator
from custodes.perceive.pad import DRAWS, Challenge, Prompt
from custodes.recognition import Challenged, Recogniser, RecognitionSettings
from sim.houses import DOOR, IDENTIFY, House
from sim.visitors import AT, ZONE, Picture, frame, portrait, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

PERSON = 26
AHEAD, LEFT, RIGHT, EYES = 9, 4, 2, 6
"""Numbers of photos on which that person looks ahead, to their own left and right, and has closed eyes."""
NEAR = 1.35
"""How much larger a face is that has come closer."""
VIEW_AT = (190, 80)
Acts = Callable[[Prompt | None, np.random.Generator], Picture]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> Iterator[House]:
    one = House(tmp_path_factory.mktemp("house"))
    one.enrol([portrait(fixtures, PERSON, number) for number in (1, 2, 4, 9)], IDENTIFY)
    yield one
    one.close()


def visit(house: House, acts: Acts, *asked: Prompt) -> tuple[Outcome, int]:
    """Let somebody act as they are asked; return what comes of it, and how many faces were made numbers of."""
    clock, rng = ManualClock(house.clock.utc_ns()), np.random.default_rng(0)
    recogniser = Recogniser(
        house.safe, house.embedder, load_locator(), clock=house.clock, draw=lambda: Challenge(*asked)
    )
    settings = RecognitionSettings(zone=ZONE, challenge=Challenged.IDENTIFY)
    point, before = recogniser.point(DOOR, settings, house.charter), house.embedder.computed
    box = np.array([200, 100, 420, 470], np.float32)
    for _ in range(120):
        clock.sleep(0.2)
        picture = acts(point.prompt, rng)
        answer = point.step(frame(picture, clock.utc_ns()), [Track(1, 0, TrackState.CONFIRMED, box, 0.9, box)])
        if answer is not None:
            return answer.outcome, house.embedder.computed - before
    raise AssertionError("there was no answer")


def person(fixtures: Path, mirrored: bool = False, closes: bool = True) -> Acts:
    """Return what a person does who does what is asked, or turns the other way, or does not close the eyes."""
    shown = {Prompt.LEFT: RIGHT if mirrored else LEFT, Prompt.RIGHT: LEFT if mirrored else RIGHT}
    shown |= {Prompt.EYES: EYES} if closes else {}

    def acts(prompt: Prompt | None, rng: np.random.Generator) -> Picture:
        near = NEAR if prompt is Prompt.CLOSER else 1.0
        photo = portrait(fixtures, PERSON, shown.get(prompt, AHEAD), 2 * near)
        left, top = np.array(AT) - (np.array(photo.shape[1::-1]) * (1 - 1 / near) / 2).astype(int)
        shift = rng.integers(-2, 3, 2)
        return wall((photo, (int(left + shift[0]), int(top + shift[1]))), seed=int(rng.integers(4)))

    return acts


def photo_of(fixtures: Path, *, screen: bool, pose: Callable[[int], Pose]) -> Acts:
    """Return what somebody shows who holds a photo into the zone, and turns it as asked."""
    photo = np.asarray(cv2.imread(str(fixtures / f"faces_orl/s{PERSON}/{AHEAD}.pgm")), np.uint8)
    print_ = printed(photo, load_locator().locate(photo).found.xyxy[0])
    shown = on_screen(print_) if screen else print_

    def acts(prompt: Prompt | None, rng: np.random.Generator) -> Picture:
        turn = {Prompt.LEFT: 1, Prompt.RIGHT: -1}.get(prompt, 0)
        return wall((seen(shown, pose(turn), rng), VIEW_AT), seed=int(rng.integers(4)))

    return acts


@pytest.mark.parametrize("asked", [DRAWS[0], DRAWS[4], DRAWS[14], DRAWS[23]], ids=" ".join)
def test_a_person_who_does_what_is_asked_is_recognised(house: House, fixtures: Path, asked: tuple[Prompt, ...]) -> None:
    outcome, computed = visit(house, person(fixtures), *asked)
    assert isinstance(outcome, Recognised)
    assert computed == 6, "two before the acts, one in each, one afterwards"


@pytest.mark.parametrize("act", [Prompt.LEFT, Prompt.EYES, Prompt.CLOSER])
def test_somebody_else_who_acts_in_the_person_s_stead_is_not(house: House, fixtures: Path, act: Prompt) -> None:
    as_person, other = (
        person(fixtures),
        {Prompt.LEFT: (23, 8, 2.0), Prompt.EYES: (11, 4, 2.0), Prompt.CLOSER: (11, 5, 2.7)},
    )

    def acts(prompt: Prompt | None, rng: np.random.Generator) -> Picture:
        return wall((portrait(fixtures, *other[act]), AT)) if prompt is act else as_person(prompt, rng)

    outcome, _ = visit(house, acts, act)
    assert outcome in {Abstained(Reason.CHANGED), Abstained(Reason.UNMOVED), Abstained(Reason.ATTACK)}


def test_a_recording_that_turns_the_other_way_is_not(house: House, fixtures: Path) -> None:
    outcome, computed = visit(house, person(fixtures, mirrored=True), Prompt.LEFT, Prompt.RIGHT)
    assert outcome == Abstained(Reason.ATTACK)
    assert computed == 2


def test_nor_is_one_that_turns_and_does_not_close_the_eyes(house: House, fixtures: Path) -> None:
    outcome, computed = visit(house, person(fixtures, closes=False), Prompt.LEFT, Prompt.EYES)
    assert outcome == Abstained(Reason.UNMOVED)
    assert computed == 3, "two before the acts, one in the turn"


@pytest.mark.parametrize("screen", [False, True], ids=["print", "screen"])
@pytest.mark.parametrize(
    ("angle", "asked"), [(15, Prompt.LEFT), (30, Prompt.RIGHT), (45, Prompt.LEFT), (0, Prompt.EYES)]
)
def test_a_flat_picture_is_not_however_it_is_turned(
    house: House, fixtures: Path, *, screen: bool, angle: float, asked: Prompt
) -> None:
    acts = photo_of(fixtures, screen=screen, pose=lambda turn: Pose(turn=turn * angle, at=(0, 0, 0.5)))
    outcome, computed = visit(house, acts, asked)
    assert outcome == Abstained(Reason.UNMOVED)
    assert computed == 2
