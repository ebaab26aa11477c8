"""The one way in which a face gets to the embedder."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doors import AT, DOOR, IDENTIFY, MODEL, OUTSIDE, SIDE, VERIFY, Door, allowed, framed, head, tables
from hypothesis import given
from hypothesis import strategies as st

from api_support import ManualClock, make_charter
from custodes.charter import Charters
from custodes.recognition import Gate, PresentedFace, RecognitionSettings, Sight, TemplateMaker
from custodes.recognition.attempt import Attempt
from custodes.recognition.zone import PixelZone
from sim.visitors import HEIGHT, WIDTH, ZONE, frame, wall

POINTS = np.array([(0.34, 0.46), (0.66, 0.46), (0.50, 0.62), (0.37, 0.80), (0.63, 0.80)])
NOON = ManualClock().utc_ns()
WALL = frame(wall(), NOON)


def seen(left: float, top: float, side: float = SIDE) -> Sight:
    box = np.array([left, top, left + side, top + side], np.float32)
    return Sight(NOON, box, (box[:2] + POINTS * side).astype(np.float32))


def gate(door: Door, **changes: object) -> Gate:
    wanted = {
        "camera": DOOR,
        "zone": ZONE,
        "charters": door.charters,
        "model": door.embedder.model,
        "clock": door.clock,
    }
    wanted |= changes
    return Gate(wanted.pop("camera"), wanted.pop("zone"), wanted.pop("charters"), **wanted)


def presenting(door: Door, mode=VERIFY):
    attempt = Attempt(door.settings, allowed(mode))
    if mode is VERIFY:
        attempt.show_pass(NOON)
    else:
        for at_ns in (0, 500_000_000, 1_000_000_000):
            attempt.see(Sight(NOON + at_ns, seen(*AT).xyxy, seen(*AT).points), NOON + at_ns)
    return attempt.presenting


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path, VERIFY)


def test_a_face_in_the_zone_of_whoever_presents_themselves_gets_through(door: Door) -> None:
    face = gate(door).present(frame(wall((framed(head(1)), AT)), NOON), seen(*AT), presenting(door))
    assert face.aligned.shape == (112, 112, 3)
    assert face.aligned.std() > 10
    vector = TemplateMaker(door.embedder).vector_of(face)
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert not face.aligned.any()


@given(st.floats(-50, WIDTH), st.floats(-50, HEIGHT), st.floats(20, 400))
def test_no_face_gets_through_that_is_not_in_the_zone_as_a_whole(left: float, top: float, side: float) -> None:
    clock = ManualClock()
    sight = seen(left, top, side)
    zone = PixelZone.of(ZONE, (WIDTH, HEIGHT))
    box = sight.xyxy
    inside = box[0] >= 160 and box[1] >= 48 and box[2] <= 627.2 and box[3] <= 456
    assert zone.holds(box) <= inside
    charter = make_charter(DOOR, **tables(VERIFY))
    made = Gate(DOOR, ZONE, Charters({DOOR: charter}), model=MODEL, clock=clock)
    attempt = Attempt(RecognitionSettings(zone=ZONE), allowed(VERIFY))
    attempt.show_pass(NOON)
    assert (made.present(WALL, sight, attempt.presenting) is not None) <= inside


def test_a_face_that_is_not_good_enough_does_not_get_through(door: Door) -> None:
    sight = replace(seen(*AT), good=False)
    assert gate(door).present(frame(wall((framed(head(1)), AT)), NOON), sight, presenting(door)) is None


def test_faces_outside_do_not_get_through(door: Door) -> None:
    picture = frame(wall((framed(head(1)), OUTSIDE)), NOON)
    assert gate(door).present(picture, seen(*OUTSIDE), presenting(door)) is None


@pytest.mark.parametrize(
    "changes",
    [{"camera": "elsewhere"}, {"model": "6e" * 32}, {"charters": Charters()}],
    ids=["camera", "model", "no charter"],
)
def test_what_the_charter_does_not_name_does_not_get_through(door: Door, changes: dict[str, object]) -> None:
    picture = frame(wall((framed(head(1)), AT)), NOON)
    assert gate(door, **changes).present(picture, seen(*AT), presenting(door)) is None
    assert gate(door).present(picture, seen(*AT), presenting(door, IDENTIFY)) is None
    door.clock.now_ns += 400 * 86_400 * 10**9
    assert gate(door).present(picture, seen(*AT), presenting(door)) is None


def test_nobody_else_makes_one_and_it_does_not_leave(door: Door) -> None:
    with pytest.raises(TypeError, match="no public constructor"):
        PresentedFace(np.zeros((112, 112, 3), np.uint8))
    face = gate(door).present(frame(wall((framed(head(1)), AT)), NOON), seen(*AT), presenting(door))
    with pytest.raises(TypeError, match="stays in its worker"):
        pickle.dumps(face)
    assert repr(face) == "PresentedFace()"


def test_a_face_is_overwritten_even_where_the_model_fails(door: Door) -> None:
    class Broken(type(door.embedder)):
        def embed(self, _aligned):
            raise RuntimeError

    face = gate(door).present(frame(wall((framed(head(1)), AT)), NOON), seen(*AT), presenting(door))
    with pytest.raises(RuntimeError):
        TemplateMaker(Broken()).vector_of(face)
    assert not face.aligned.any()
