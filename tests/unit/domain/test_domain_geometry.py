"""Boxes, polygons and lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.geometry import area, clip, contains, grow, intersection, iou, segments_cross, side

number = st.floats(-1e3, 1e3, allow_nan=False, width=32)
point = st.tuples(number, number)


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    rows = draw(st.lists(st.tuples(number, number, number, number), max_size=6))
    corners = np.array(rows, np.float64).reshape(-1, 2, 2)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


@given(boxes(), boxes())
def test_iou_is_symmetric_and_within_bounds(a: np.ndarray, b: np.ndarray) -> None:
    values = iou(a, b)
    assert values.shape == (len(a), len(b))
    assert np.allclose(values, iou(b, a).T)
    assert ((values >= 0) & (values <= 1 + 1e-9)).all()


@given(boxes())
def test_a_box_with_area_overlaps_itself_wholly(a: np.ndarray) -> None:
    own = np.diag(iou(a, a))
    assert np.allclose(own[area(a) > 0], 1)


def test_intersection_of_known_boxes() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[5, 5, 15, 15], [10, 0, 20, 10]], np.float32)
    assert intersection(a, b).tolist() == [[25, 0]]


@given(boxes(), st.floats(0.1, 4))
def test_growing_keeps_centres_and_scales_sides(a: np.ndarray, factor: float) -> None:
    grown = grow(a, factor)
    assert np.allclose(grown[:, :2] + grown[:, 2:], a[:, :2] + a[:, 2:], atol=1e-6)
    assert np.allclose(grown[:, 2:] - grown[:, :2], (a[:, 2:] - a[:, :2]) * factor, atol=1e-6)


@given(boxes())
def test_clipped_boxes_lie_in_the_picture(a: np.ndarray) -> None:
    inside = clip(a, 320, 240)
    assert ((inside >= 0) & (inside <= [320, 240, 320, 240])).all()


SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
HOOK = ((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.0, 3.0), (2.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("polygon", "where", "inside"),
    [(SQUARE, (0.5, 0.5), True), (SQUARE, (1.5, 0.5), False), (HOOK, (2.5, 2.5), True), (HOOK, (1.0, 2.0), False)],
)
def test_points_in_polygons(polygon: tuple, where: tuple, inside: bool) -> None:
    assert contains(polygon, where) is inside


@given(point)
def test_two_squares_that_share_an_edge_never_both_hold_a_point(where: tuple[float, float]) -> None:
    right = tuple((x + 1, y) for x, y in SQUARE)
    assert not (contains(SQUARE, where) and contains(right, where))


def test_side_is_positive_on_the_right_in_picture_coordinates() -> None:
    assert side((0, 0), (10, 0), (5, 5)) > 0
    assert side((0, 0), (10, 0), (5, -5)) < 0


quarter = st.integers(-8000, 8000).map(lambda number: number / 4)
"""Quarters of pixels: sides of lines between them are exact, so that no rounding decides."""
exact = st.tuples(quarter, quarter)


@given(exact, exact, exact, exact)
def test_crossing_is_symmetric(a: tuple, b: tuple, c: tuple, d: tuple) -> None:
    assert segments_cross(a, b, c, d) == segments_cross(c, d, a, b) == segments_cross(b, a, c, d)


def test_crossing_of_known_segments() -> None:
    assert segments_cross((0, 0), (2, 2), (0, 2), (2, 0))
    assert not segments_cross((0, 0), (1, 1), (0, 2), (2, 2))
