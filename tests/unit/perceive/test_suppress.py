"""Non-maximum suppression against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.geometry import iou
from custodes.perceive.detect.base import pad, suppress

PICTURE = np.zeros((100, 200, 3), np.uint8)


def by_definition(xyxy, score, class_id, overlap):
    """Return the rows that stay: each in order of score, unless a better one of its class overlaps it too much."""
    kept = []
    for row in np.argsort(-score, kind="stable"):
        rivals = [one for one in kept if class_id[one] == class_id[row]]
        if not rivals or iou(xyxy[[row]], xyxy[rivals]).max() <= overlap:
            kept.append(row)
    return kept


@given(st.integers(0, 60), st.integers(0, 10_000), st.floats(0.2, 0.8))
def test_it_does_what_its_definition_says(n, seed, overlap):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, (150, 60), (n, 2))
    xyxy = np.concatenate([corner, corner + rng.uniform(5, 40, (n, 2))], axis=1).astype(np.float32)
    score = rng.permutation(np.linspace(0.1, 0.9, n)).astype(np.float32)
    class_id = rng.integers(0, 3, n).astype(np.int32)
    found = suppress(xyxy, score, class_id, picture=PICTURE, overlap=overlap, model="m")
    kept = by_definition(xyxy, score, class_id, overlap)
    assert found.xyxy.tolist() == xyxy[kept].tolist()
    assert found.score.tolist() == score[kept].tolist()
    assert found.class_id.tolist() == class_id[kept].tolist()
    assert found.model == "m"


def test_boxes_that_are_none_or_lie_outside_are_dropped():
    inside, across = [10, 10, 50, 50], [180, -20, 220, 30]
    bad = [
        [np.nan, 0, 5, 5],
        [0, 0, np.inf, 5],
        [40, 40, 40, 60],
        [60, 60, 40, 80],
        [-30, 10, 0, 40],
        [200, 10, 230, 40],
        [10, -30, 40, -1],
        [10, 100, 40, 120],
    ]
    xyxy = np.array([inside, *bad, across], np.float32)
    score = np.linspace(0.9, 0.5, len(xyxy)).astype(np.float32)
    found = suppress(xyxy, score, np.zeros(len(xyxy), np.int32), picture=PICTURE, overlap=0.5, model="")
    assert found.xyxy.tolist() == [inside, across]


def test_nothing_in_nothing_out():
    found = suppress(
        np.empty((0, 4), np.float32),
        np.empty(0, np.float32),
        np.empty(0, np.int32),
        picture=PICTURE,
        overlap=0.5,
        model="m",
    )
    assert (len(found), found.model) == (0, "m")


def test_padding_is_black_and_right_and_below():
    padded = pad(np.full((33, 64, 3), 9, np.uint8), 32)
    assert padded.shape == (64, 64, 3)
    assert (padded[:33] == 9).all()
    assert not padded[33:].any()
