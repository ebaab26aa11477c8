"""Wilson's interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.evaluate.intervals import wilson

counts = st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(counts)
def test_the_interval_holds_the_share(count):
    successes, trials = count
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


@given(counts.filter(lambda count: 0 < count[0] < count[1]))
def test_its_bounds_are_where_the_score_test_just_rejects(count):
    successes, trials = count
    for bound in wilson(successes, trials):
        z_squared = trials * (successes / trials - bound) ** 2 / (bound * (1 - bound))
        assert z_squared == pytest.approx(1.959964**2, rel=1e-6)


@given(counts)
def test_failures_mirror_successes(count):
    successes, trials = count
    low, high = wilson(successes, trials)
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


@given(counts)
def test_more_trials_narrow_it(count):
    successes, trials = count
    few, many = wilson(successes, trials), wilson(10 * successes, 10 * trials)
    assert many[1] - many[0] < few[1] - few[0]


def test_known_values():
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0, 0) == (0, 1)


@pytest.mark.parametrize("trials", [1, 3, 400, 600, 78_000])
def test_none_and_all_have_exact_bounds(trials):
    assert wilson(0, trials)[0] == 0
    assert wilson(trials, trials)[1] == 1
