"""What a turn does to five points: nothing that a flat picture could not, and what a nose does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.perceive.pad import LEAST_RELIEF, LEAST_SHORTENING, Side, parallax, reference
from sim.turning import HEAD, NOSE, PICTURE, projected, rotation

ANGLES = st.floats(-60, 60)
BEFORE = projected(HEAD)


def flattened(turn: float, tilt: float, roll: float) -> np.ndarray:
    """Return the points of a picture turned far from the camera, where nothing is nearer than anything else."""
    return (PICTURE @ rotation(turn, tilt, roll).T)[:, :2] * 1000


@given(ANGLES, ANGLES, st.floats(-180, 180), st.floats(0.3, 3), st.floats(-500, 500))
def test_a_flat_picture_has_no_relief_however_it_is_held(
    turn: float, tilt: float, roll: float, scale: float, shift: float
) -> None:
    found = parallax(flattened(0, 0, 0), flattened(turn, tilt, roll) * scale + shift)
    assert found.relief == pytest.approx(0, abs=1e-9)
    assert 0 < found.shortening <= 1 + 1e-9


@given(st.floats(-40, 40), st.floats(-30, 30), st.floats(-30, 30), st.floats(0.35, 2))
def test_nor_has_one_that_is_near_enough_for_perspective(turn: float, tilt: float, roll: float, away: float) -> None:
    found = parallax(projected(PICTURE), projected(PICTURE, turn, tilt, roll, (0.02, -0.02, away)))
    assert abs(found.relief) < LEAST_RELIEF / 4


@given(st.floats(-35, 35), st.floats(-10, 10), st.floats(-30, 30), st.floats(0.5, 2))
def test_a_head_has_the_height_of_its_nose_times_the_sine(turn: float, tilt: float, roll: float, away: float) -> None:
    found = parallax(BEFORE, projected(HEAD, turn, tilt, roll, (0.02, 0.01, away)))
    assert found.relief == pytest.approx(NOSE * np.sin(np.radians(turn)), abs=0.04)


@pytest.mark.parametrize(("turn", "side"), [(30, Side.LEFT), (-30, Side.RIGHT)])
def test_it_says_to_which_side_the_person_turned(turn: float, side: Side) -> None:
    found = parallax(BEFORE, projected(HEAD, turn))
    assert [found.towards(one) >= LEAST_RELIEF for one in Side] == [one is side for one in Side]
    assert found.towards(Side.LEFT) == -found.towards(Side.RIGHT)


@pytest.mark.parametrize("turn", [0, 20, 35, -50])
def test_how_much_narrower_a_picture_gets_says_how_far_it_turned(turn: float) -> None:
    found = parallax(flattened(0, 0, 0), flattened(turn, 0, 0))
    assert found.shortening == pytest.approx(np.cos(np.radians(turn)))


def test_a_turn_that_is_too_far_says_nothing() -> None:
    found = parallax(BEFORE, projected(HEAD, 60))
    assert found.shortening < LEAST_SHORTENING
    assert [found.towards(side) for side in Side] == [0, 0]


@given(st.floats(0.25, 1.5))
def test_coming_closer_shows_next_to_nothing_of_a_nose(away: float) -> None:
    heads, pictures = (parallax(projected(one), projected(one, at=(0, 0, away))) for one in (HEAD, PICTURE))
    assert abs(heads.relief - pictures.relief) < 0.02


@pytest.mark.parametrize(
    "points",
    [np.zeros((5, 2)), np.tile([(3.0, 4.0)], (5, 1)), np.arange(10.0).reshape(5, 2)],
    ids=["zero", "one place", "one line"],
)
def test_points_that_are_no_face_say_nothing(points: np.ndarray) -> None:
    assert parallax(BEFORE, points) is None
    assert parallax(points, BEFORE) is None


def test_one_bad_sight_does_not_spoil_the_beginning() -> None:
    good = [BEFORE, BEFORE + 0.5, BEFORE * 0 + 9]
    assert reference(good) == pytest.approx(BEFORE)
    assert reference([BEFORE]) == pytest.approx(BEFORE)
