"""Error rates of pairs, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.evaluate.biometrics import FAILED, Rate, Scores

cosines = st.floats(-1, 1, width=32)
lists = st.lists(cosines, min_size=1, max_size=40)


def scores(mated, non_mated):
    return Scores.of(
        np.array([*mated, *non_mated], np.float32), np.array([True] * len(mated) + [False] * len(non_mated))
    )


def test_a_score_at_the_threshold_matches():
    rates = scores([0.5, 0.4, FAILED], [0.5, 0.2, 0.1, FAILED]).at(0.5)
    assert (rates.fmr, rates.fnmr) == (Rate(1, 4), Rate(2, 3))


@given(lists, lists, st.floats(-0.99, 1))
def test_rates_are_what_counting_gives(mated, non_mated, threshold):
    rates = scores(mated, non_mated).at(threshold)
    assert rates.fmr == Rate(sum(one >= threshold for one in non_mated), len(non_mated))
    assert rates.fnmr == Rate(sum(one < threshold for one in mated), len(mated))


@given(lists, lists, st.floats(0, 1))
def test_the_threshold_for_a_rate_keeps_to_it_and_is_the_lowest_that_does(mated, non_mated, target):
    found = scores(mated, non_mated)
    threshold = found.threshold_for(target)
    assert threshold > FAILED
    assert found.at(threshold).fmr.errors <= target * len(non_mated)
    below = float(np.nextafter(threshold, -2))
    if below > FAILED:
        assert found.at(below).fmr.errors > target * len(non_mated)


def test_failures_do_not_match_at_any_threshold_that_is_chosen():
    found = scores([FAILED] * 3 + [0.9], [FAILED] * 10)
    assert found.at(found.threshold_for(1.0)).fnmr == Rate(3, 4)
    assert found.at(found.threshold_for(1.0)).fmr.errors == 0
    assert found.accuracy()[0] == pytest.approx(11 / 14)


@given(lists, lists)
def test_no_threshold_decides_more_rightly_than_the_best(mated, non_mated):
    found = scores(mated, non_mated)
    accuracy, at = found.accuracy()

    def right(threshold):
        rates = found.at(threshold)
        return (rates.fmr.trials - rates.fmr.errors + rates.fnmr.trials - rates.fnmr.errors) / (
            len(mated) + len(non_mated)
        )

    assert accuracy == pytest.approx(right(at))
    assert accuracy == pytest.approx(max(right(one) for one in [*mated, *non_mated, 2.0] if one > FAILED))


@given(lists, lists)
def test_the_det_curve_trades_one_error_for_the_other(mated, non_mated):
    fmr, fnmr = scores(mated, non_mated).det()
    assert (np.diff(fmr) <= 0).all()
    assert (np.diff(fnmr) >= 0).all()
    assert (fmr[-1], fnmr[-1]) == (0, 1)


def test_scores_that_separate_have_no_equal_error_and_mixed_ones_have_half():
    assert scores([0.8, 0.9], [0.1, 0.2]).equal_error() == 0
    same = np.linspace(0, 0.9, 10).tolist()
    assert scores(same, same).equal_error() == pytest.approx(0.5)


def test_a_rate_is_shown_with_its_interval():
    assert Rate(0, 3000).shown() == "0.0000 (0.0000-0.0013)"
    assert Rate(2, 78000).shown().startswith("2.6e-05 (")
    assert Rate(0, 0).shown() == "-"
