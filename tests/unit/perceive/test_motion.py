"""The motion gate: things that move pass it; noise and light do not."""

import functools

import numpy as np
import pytest

from custodes.perceive.motion import MotionGate, MotionSettings

HOLD = MotionSettings().hold


@functools.cache
def scene(width=640, height=360):
    """Return a picture with structure, 40-200."""
    y, x = np.mgrid[:height, :width]
    waves = np.sin(x / 40) + np.cos(y / 30) + np.random.default_rng(3).normal(0, 0.1, (height, width))
    return (120 + 35 * waves).clip(40, 200).astype(np.uint8)


def noisy(picture, sigma, rng):
    grain = rng.standard_normal(picture.shape, np.float32)
    return (picture + sigma * grain).clip(0, 255).astype(np.uint8)


def with_person(picture, x, height=24):
    """Return the picture with a dark person of `height` pixels whose left side is at `x`."""
    changed = picture.copy()
    changed[200 : 200 + height, x : x + height // 3] = 20
    return changed


@pytest.fixture
def gate():
    """A gate that knows the still scene."""
    gate = MotionGate(MotionSettings())
    assert gate.moved(scene())
    assert not gate.moved(scene())
    return gate


def test_the_first_picture_counts_as_moving():
    assert MotionGate(MotionSettings(hold=0)).moved(scene())


@pytest.mark.parametrize("sigma", [2, 6, 10])
def test_noise_does_not_open_it_once_the_background_is_learned(sigma):
    rng = np.random.default_rng(0)
    gate = MotionGate(MotionSettings(hold=0))
    for _ in range(20):
        gate.moved(noisy(scene(), sigma, rng))
    assert sum(gate.moved(noisy(scene(), sigma, rng)) for _ in range(100)) == 0


@pytest.mark.parametrize("sigma", [0, 6])
def test_a_small_walking_person_opens_it_at_each_step(sigma):
    rng = np.random.default_rng(0)
    gate = MotionGate(MotionSettings(hold=0))
    for _ in range(20):
        gate.moved(noisy(scene(), sigma, rng))
    assert all(gate.moved(noisy(with_person(scene(), 100 + 8 * step), sigma, rng)) for step in range(30))


def test_it_stays_open_for_some_pictures_after_the_last_motion(gate):
    assert gate.moved(with_person(scene(), 100))
    assert [gate.moved(scene()) for _ in range(HOLD + 1)] == [True] * HOLD + [False]


def test_who_stands_fades_into_the_background_and_is_seen_leaving():
    gate = MotionGate(MotionSettings(hold=0))
    gate.moved(scene())
    seen = [gate.moved(with_person(scene(), 100)) for _ in range(150)]
    assert seen[0]
    assert not any(seen[-50:])
    assert gate.moved(scene())


@pytest.mark.parametrize("change", [-30, 15, 40])
def test_a_lamp_that_lights_everything_does_not_open_it(gate, change):
    lit = (scene().astype(int) + change).clip(0, 255).astype(np.uint8)
    assert not any(gate.moved(lit) for _ in range(30))


def test_someone_who_walks_while_the_light_changes_opens_it(gate):
    assert gate.moved(with_person(scene() + np.uint8(30), 100))


def test_another_view_is_motion_once_and_then_the_background(gate):
    other = 240 - scene()
    assert gate.moved(other)
    assert [gate.moved(other) for _ in range(HOLD + 1)] == [True] * HOLD + [False]


def test_a_new_size_starts_anew(gate):
    assert gate.moved(scene(640, 480))
    for _ in range(HOLD):
        gate.moved(scene(640, 480))
    assert not gate.moved(scene(640, 480))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (32, 32), (8, 2000), (3840, 2160)])
def test_it_takes_every_size(width, height):
    gate = MotionGate(MotionSettings(hold=0))
    picture = np.full((height, width), 100, np.uint8)
    assert [gate.moved(picture), gate.moved(picture), gate.moved(255 - picture // 2)] == [True, False, False]


def test_a_view_of_padded_rows_will_do(gate):
    padded = np.full((360, 704), 255, np.uint8)
    padded[:, :640] = scene()
    assert not gate.moved(padded[:, :640])


def test_the_callers_picture_is_left_alone(gate):
    picture = with_person(scene(), 50)
    before = picture.copy()
    gate.moved(picture)
    assert (picture == before).all()
