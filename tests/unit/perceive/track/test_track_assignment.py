"""The assignment is a valid one, and none is cheaper."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from custodes.perceive.track.assignment import assign

costs = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.one_of(st.floats(-1, 0), st.just(1e6), st.integers(-3, 3).map(float)),
)


def cheapest(cost):
    rows, columns = cost.shape
    if rows > columns:
        return cheapest(cost.T)
    return min(
        sum(cost[row, column] for row, column in enumerate(order)) for order in permutations(range(columns), rows)
    )


@given(costs)
def test_none_is_cheaper(cost):
    pairs = assign(cost)
    assert len(pairs) == min(cost.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert sum(cost[pair] for pair in pairs) == pytest.approx(cheapest(cost), abs=1e-9)


def test_a_row_yields_its_best_column_where_that_costs_less_in_all():
    assert assign(np.array([[1.0, 2.0], [1.0, 9.0]])) == [(0, 1), (1, 0)]


def test_large_problems_agree_with_scipy():
    scipy = pytest.importorskip("scipy.optimize")
    random = np.random.default_rng(0)
    for shape in ((30, 40), (40, 30), (25, 25)):
        cost = random.random(shape)
        theirs = cost[scipy.linear_sum_assignment(cost)].sum()
        assert sum(cost[pair] for pair in assign(cost)) == pytest.approx(theirs)
