"""The map that brings five points to where an embedder expects them."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.perceive.embed.align import SIDE, TEMPLATE, aligned, similarity

angles = st.floats(-np.pi, np.pi)
scales = st.floats(0.05, 20)
shifts = st.floats(-3000, 3000)


def turned(points, angle, scale, x, y):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ (scale * turn).T + (x, y)


def applied(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@given(angles, scales, shifts, shifts)
def test_any_turn_scale_and_shift_is_undone(angle, scale, x, y):
    assert applied(similarity(turned(TEMPLATE, angle, scale, x, y)), turned(TEMPLATE, angle, scale, x, y)) == (
        pytest.approx(TEMPLATE, abs=1e-5)
    )


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=5, max_size=5, unique=True))
def test_no_nearby_map_is_nearer_in_the_least_squares_sense(points):
    points = np.array(points)
    best = similarity(points)
    error = ((applied(best, points) - TEMPLATE) ** 2).sum()
    for change in (1e-3, -1e-3):
        for other in (
            best * [[1 + change, 1 + change, 1]],
            np.add(best, [[0, 0, change], [0, 0, 0]]),
            np.add(best, [[0, -change, 0], [change, 0, 0]]),
        ):
            assert ((applied(other, points) - TEMPLATE) ** 2).sum() >= error - 1e-6


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=5, max_size=5, unique=True))
def test_faces_are_never_mirrored(points):
    assert np.linalg.det(similarity(np.array(points))[:, :2]) >= 0


@pytest.mark.parametrize("points", [np.full((5, 2), 7.0), np.full((5, 2), np.nan)])
def test_points_in_one_place_or_no_numbers_are_refused(points):
    with pytest.raises(ValueError, match="one place"):
        similarity(points)


def dots(points, size, radius):
    bgr = np.zeros((size, size, 3), np.uint8)
    for number, (x, y) in enumerate(points):
        cv2.circle(bgr, (round(x), round(y)), radius, [(255, 0, 0), (0, 255, 0), (0, 0, 255)][number % 3], -1)
    return bgr


@pytest.mark.parametrize("scale", [1.0, 3.0, 9.0, 20.0])
def test_the_points_of_a_picture_land_on_the_template_from_any_size(scale):
    points = turned(TEMPLATE, 0.3, scale, 40 * scale, 10 * scale)
    face = aligned(dots(points, round(160 * scale), max(round(3 * scale), 1)), points)
    assert face.shape == (SIDE, SIDE, 3)
    for number, (x, y) in enumerate(TEMPLATE):
        rows, columns = np.nonzero(face[..., number % 3] > 100)
        near = np.hypot(columns - x, rows - y) < 10
        assert [columns[near].mean(), rows[near].mean()] == pytest.approx([x, y], abs=0.8)


def test_a_large_face_is_averaged_and_not_sampled():
    stripes = np.zeros((1600, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    face = aligned(stripes, TEMPLATE * 14)
    assert np.abs(face[20:90, 20:90].astype(int) - 128).max() <= 8


def test_what_lies_outside_the_picture_is_black():
    white = np.full((60, 60, 3), 255, np.uint8)
    face = aligned(white, TEMPLATE)
    assert face[:50, :50].min() == 255
    assert face[70:, 70:].max() == 0
