"""People, and pictures of them, at a recognition point that asks them to turn: real photos, real models."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from api_support import ManualClock
from custodes.domain.tracks import Track, TrackState
from custodes.evaluate.staging import Pose, on_screen, printed, seen
from custodes.identity import Abstained, Outcome, Reason, Recognised
from custodes.perceive.embed import load_locator
from custodes.perceive.pad import Challenge, Prompt, Side
from custodes.recognition import Challenged, Recogniser, RecognitionSettings
from sim.houses import DOOR, IDENTIFY, House
from sim.visitors import AT, ZONE, Picture, frame, portrait, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

PERSON = 4
AHEAD, LEFT, RIGHT = 4, 10, 6
"""Numbers of photos on which that person looks ahead, and to their own left and right."""
VIEW_AT = (190, 80)
Acts = Callable[[Prompt | None, np.random.Generator], Picture]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> Iterator[House]:
    one = House(tmp_path_factory.mktemp("house"))
    one.enrol([portrait(fixtures, PERSON, number) for number in (1, 4, 5, 7)], IDENTIFY)
    yield one
    one.close()


def visit(house: House, acts: Acts, *sides: Side) -> tuple[Outcome, int]:
    """Let somebody act as they are asked; return what comes of it, and how many faces were made numbers of."""
    clock, rng = ManualClock(house.clock.utc_ns()), np.random.default_rng(0)
    recogniser = Recogniser(
        house.safe, house.embedder, load_locator(), clock=house.clock, draw=lambda: Challenge(*sides)
    )
    settings = RecognitionSettings(zone=ZONE, challenge=Challenged.IDENTIFY)
    point, before = recogniser.point(DOOR, settings, house.charter), house.embedder.computed
    box = np.array([200, 100, 420, 470], np.float32)
    for _ in range(80):
        clock.sleep(0.2)
        picture = acts(point.prompt, rng)
        answer = point.step(frame(picture, clock.utc_ns()), [Track(1, 0, TrackState.CONFIRMED, box, 0.9, box)])
        if answer is not None:
            return answer.outcome, house.embedder.computed - before
    raise AssertionError("there was no answer")


def person(fixtures: Path, mirrored: bool = False) -> Acts:
    shown = {Prompt.LEFT: RIGHT if mirrored else LEFT, Prompt.RIGHT: LEFT if mirrored else RIGHT}

    def acts(prompt: Prompt | None, rng: np.random.Generator) -> Picture:
        photo = portrait(fixtures, PERSON, shown.get(prompt, AHEAD))
        shift = rng.integers(-2, 3, 2)
        return wall((photo, (AT[0] + int(shift[0]), AT[1] + int(shift[1]))), seed=int(rng.integers(4)))

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


@pytest.mark.parametrize("sides", list(product(Side, Side)))
def test_a_person_who_turns_as_asked_is_recognised(house: House, fixtures: Path, sides: tuple[Side, Side]) -> None:
    outcome, computed = visit(house, person(fixtures), *sides)
    assert isinstance(outcome, Recognised)
    assert computed == 5, "two before the turns, one in each, one afterwards"


def test_somebody_else_who_turns_in_the_person_s_stead_is_not(house: House, fixtures: Path) -> None:
    as_person, other = person(fixtures), {Prompt.LEFT: 8, Prompt.RIGHT: 4}

    def acts(prompt: Prompt | None, rng: np.random.Generator) -> Picture:
        return wall((portrait(fixtures, 23, other[prompt]), AT)) if prompt in other else as_person(prompt, rng)

    outcome, _ = visit(house, acts, Side.LEFT, Side.RIGHT)
    assert outcome in {Abstained(Reason.CHANGED), Abstained(Reason.UNMOVED), Abstained(Reason.ATTACK)}


def test_a_recording_that_turns_the_other_way_is_not(house: House, fixtures: Path) -> None:
    outcome, computed = visit(house, person(fixtures, mirrored=True), Side.LEFT, Side.RIGHT)
    assert outcome == Abstained(Reason.ATTACK)
    assert computed == 2


@pytest.mark.parametrize("screen", [False, True], ids=["print", "screen"])
@pytest.mark.parametrize(("angle", "side"), [(15, Side.LEFT), (30, Side.RIGHT), (45, Side.LEFT)])
def test_a_flat_picture_is_not_however_it_is_turned(
    house: House, fixtures: Path, *, screen: bool, angle: float, side: Side
) -> None:
    acts = photo_of(fixtures, screen=screen, pose=lambda turn: Pose(turn=turn * angle, at=(0, 0, 0.5)))
    outcome, computed = visit(house, acts, side, side)
    assert outcome == Abstained(Reason.UNMOVED)
    assert computed == 2
