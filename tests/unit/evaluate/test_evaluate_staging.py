"""Prints before a camera: five dots on paper, found again by their colours, lie where geometry says."""

import numpy as np
import pytest
from dots import DotLocator, dotted
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.evaluate.face_attacks import AHEAD_VIEWS, ATTACKS, BENT_KINDS, CLOSED_VIEWS, FLAT_KINDS, Photos
from custodes.evaluate.staging import PRINT_PX, VIEW_PX, Pose, covered, on_screen, printed, seen, shaded
from custodes.perceive.pad import Prompt, Side, parallax

FINDER = DotLocator()
PHOTO = dotted()


def paper(nose: float = 0.0) -> np.ndarray:
    photo = dotted(nose)
    return printed(photo, FINDER.locate(photo).found.xyxy[0])


def points(picture: np.ndarray) -> np.ndarray | None:
    """Return the points of the dots; None where one is behind the edge of bent paper."""
    found = FINDER.locate(picture).points
    return found[0] if len(found) else None


def view(pose: Pose, picture: np.ndarray | None = None) -> np.ndarray:
    return points(seen(paper() if picture is None else picture, pose, np.random.default_rng(0)))


def test_a_print_holds_the_face_in_its_middle() -> None:
    print_ = paper()
    assert print_.shape == (PRINT_PX, PRINT_PX, 3)
    box = FINDER.locate(print_).found.xyxy[0]
    assert (box[:2] + box[2:]) / 2 == pytest.approx([PRINT_PX / 2] * 2, abs=3)
    assert (box[2:] - box[:2]).max() == pytest.approx(PRINT_PX / 1.6, rel=0.03)


def test_far_away_it_is_smaller_and_to_the_right_it_is_to_the_right() -> None:
    near, far = view(Pose(at=(0, 0, 0.5))), view(Pose(at=(0, 0, 1.0)))
    assert np.ptp(near, axis=0) == pytest.approx(2 * np.ptp(far, axis=0), rel=0.04)
    assert near.mean(axis=0) - VIEW_PX / 2 == pytest.approx(2 * (far.mean(axis=0) - VIEW_PX / 2), abs=2)
    aside = view(Pose(at=(0.05, 0.02, 0.5)))
    assert (aside - near).mean(axis=0) == pytest.approx([48, 19.2], abs=1.5)


@settings(max_examples=20)
@given(st.floats(-45, 45), st.floats(-30, 30), st.floats(-30, 30))
def test_flat_paper_has_no_relief(turn: float, tilt: float, roll: float) -> None:
    found = parallax(view(Pose()), view(Pose(turn, tilt, roll, (0.01, 0, 0.55))))
    assert abs(found.relief) < 0.03


@pytest.mark.parametrize("radius", [0.15, 0.09, 0.06])
@pytest.mark.parametrize("side", Side)
def test_bent_paper_has_what_a_cylinder_has(radius: float, side: Side) -> None:
    now = view(Pose(turn=side.sign * 30, radius=radius))
    before = view(Pose(radius=radius))
    apart = np.ptp(before[:2, 0]) / 480 * 0.6
    depth = radius - np.sqrt(radius**2 - (apart / 2) ** 2)
    assert parallax(before, now).towards(side) == pytest.approx(depth / apart * np.sin(np.pi / 6), abs=0.04)


def test_a_screen_shows_the_same_a_little_coarser() -> None:
    shown = on_screen(paper())
    assert shown.shape[0] > PRINT_PX
    assert view(Pose(), shown) == pytest.approx(view(Pose()), abs=0.7)
    assert (seen(shown, Pose(), np.random.default_rng(0)) != seen(paper(), Pose(), np.random.default_rng(0))).any()


def test_a_finger_covers_the_eyes_and_nothing_else() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (PRINT_PX, PRINT_PX, 3), np.uint8)
    changed = (covered(grey, 0.5, np.random.default_rng(1)) != grey).any(axis=(1, 2))
    assert changed[round(0.428 * PRINT_PX)]
    assert not changed[: round(0.3 * PRINT_PX)].any()
    assert not changed[round(0.55 * PRINT_PX) :].any()


def test_light_that_changes_moves_nothing() -> None:
    rng = np.random.default_rng(2)
    plain = seen(paper(), Pose(), rng)
    darker = shaded(plain, rng)
    assert darker.shape == plain.shape
    assert (darker != plain).mean() > 0.5


@pytest.mark.parametrize("kind", ATTACKS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("asked", [Prompt.LEFT, Prompt.RIGHT])
def test_every_kind_shows_what_it_says(kind, asked: Prompt) -> None:
    photos = Photos(paper(), {Prompt(side): paper(side.sign * 0.3) for side in Side})
    rng = np.random.default_rng(1)
    ahead = [points(one) for one in kind.ahead(photos, asked, rng)]
    assert len(ahead) == AHEAD_VIEWS
    relief = {}
    for first in (Prompt.LEFT, Prompt.RIGHT):
        views = kind.views(photos, asked, first, rng)
        found = [parallax(np.median(ahead, axis=0), now) for one in views if (now := points(one)) is not None]
        assert len(found) > 1
        relief[first] = max(one.towards(Side(asked)) for one in found)
    if kind in FLAT_KINDS or kind.name == "screen_blinking":
        assert max(relief.values()) < 0.05
    elif kind in BENT_KINDS:
        assert min(relief.values()) > 0
    elif kind.name == "screen_controlled":
        assert min(relief.values()) > 0.2
    else:
        assert {side: value > 0.2 for side, value in relief.items()} == {side: side is asked for side in relief}


@pytest.mark.parametrize("kind", ATTACKS, ids=lambda kind: kind.name)
def test_every_kind_has_eyes_to_show(kind) -> None:
    light, dark = (np.full((PRINT_PX, PRINT_PX, 3), value, np.uint8) for value in (200, 60))
    photos = Photos(light, {Prompt.EYES: dark}, light)
    views = kind.views(photos, Prompt.EYES, Prompt.EYES, np.random.default_rng(1))
    closed = [view[140:180, 140:180].mean() < 110 for view in views]
    assert len(views) == CLOSED_VIEWS
    shows = {"screen_recording": CLOSED_VIEWS, "screen_controlled": CLOSED_VIEWS, "screen_blinking": 2}
    assert sum(closed) == shows.get(kind.name, 0)


@pytest.mark.parametrize("kind", ATTACKS, ids=lambda kind: kind.name)
def test_every_kind_can_come_closer(kind) -> None:
    photos, rng = Photos(paper()), np.random.default_rng(1)
    before = np.mean([np.ptp(points(one), axis=0)[1] for one in kind.ahead(photos, Prompt.CLOSER, rng)])
    views = [points(one) for one in kind.views(photos, Prompt.CLOSER, Prompt.CLOSER, rng)]
    near = max(np.ptp(one, axis=0)[1] for one in views if one is not None)
    assert near > 1.25 * before
