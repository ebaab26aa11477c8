"""Searches among N people, with faces whose scores are known."""

import numpy as np
import pytest

from custodes.evaluate.biometrics import Rate
from custodes.evaluate.identification import search_rates


def people(count, pictures, *, noise=0.0, size=64):
    """Return embeddings and persons: everybody has a direction of their own, each picture strays from it."""
    random = np.random.default_rng(3)
    centres = np.eye(size, dtype=np.float32)[:count]
    rows = np.repeat(centres, pictures, axis=0) + noise * random.standard_normal((count * pictures, size))
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), np.repeat(np.arange(count), pictures)


def rates(embeddings, person, threshold=0.5, enrolled=None):
    enrolled = np.ones(len(person), bool) if enrolled is None else enrolled
    return search_rates(embeddings, enrolled, person, (threshold,))


def test_people_who_are_clearly_apart_are_found_and_nobody_else():
    found = rates(*people(30, 3))
    assert [one.gallery for one in found] == [5, 10, 20, 29]
    assert all((one.fpir, one.fnir) == (Rate(0, 90), Rate(0, 90)) for one in found)


def test_a_threshold_that_everything_reaches_names_strangers_always():
    found = rates(*people(10, 2, noise=0.3), threshold=-0.99)
    assert all(one.fpir == Rate(20, 20) for one in found)


def test_a_threshold_that_nothing_reaches_finds_nobody():
    found = rates(*people(10, 2, noise=0.3), threshold=1.1)
    assert all((one.fpir.share, one.fnir.share) == (0, 1) for one in found)


def test_twins_are_named_for_each_other_only_where_both_are_enrolled():
    embeddings, person = people(12, 2)
    embeddings[2:4] = embeddings[0:2]
    (whole,) = [one for one in rates(embeddings, person) if one.gallery == 11]
    assert whole.fpir == Rate(4, 24)  # without its person, each search finds the twin
    assert 0 < whole.fnir.errors <= 4
    (few,) = [one for one in rates(embeddings, person) if one.gallery == 5]
    assert few.fpir.errors < 4


def test_a_picture_is_not_searched_with_against_itself():
    embeddings, person = people(8, 2)
    stray = embeddings.copy()
    stray[1] = np.eye(64, dtype=np.float32)[60]  # nothing like the other picture of person 0
    (few, most) = rates(stray, person)
    assert few.fnir == Rate(2, 16)
    assert most.fnir == Rate(2, 16)


def test_failures_to_enrol_are_misses_and_no_candidates():
    embeddings, person = people(8, 3)
    enrolled = np.ones(24, bool)
    enrolled[[0, 3, 4, 5]] = False  # one picture of person 0, all of person 1
    for one in rates(embeddings, person, threshold=-0.5, enrolled=enrolled):
        assert one.fnir.trials == 24
        assert one.fnir.errors == 4
        assert one.fpir == Rate(20, 24)


def test_people_with_one_picture_are_strangers_and_rivals_only():
    embeddings, person = people(9, 2)
    keep = np.arange(18) != 1
    (one, _) = rates(embeddings[keep], person[keep])
    assert (one.fpir.trials, one.fnir.trials) == (17, 16)


@pytest.mark.parametrize("count", [1, 5])
def test_too_few_people_are_not_measured(count):
    assert rates(*people(count, 2)) == []


def test_larger_galleries_name_strangers_more_often():
    found = rates(*people(60, 2, noise=0.4), threshold=0.28)
    shares = [one.fpir.share for one in found]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
