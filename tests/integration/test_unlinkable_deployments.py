"""Templates of one person at two deployments tell nobody that they are of one person, on real faces.

Two null hypotheses, each with a positive control in which the deployments are one:

- Over many pairs of deployments, scores of one person and of two people have one distribution. Each score comes from
  deployments of its own, so all are independent, and the two-sample Kolmogorov-Smirnov test is valid. Level: 1e-6.
- At one given pair of deployments, who is who does not matter: if the people of the second one swap names at random,
  the distance between the two kinds of score is as large as before as often as chance has it. Level: 1e-3 for a pair,
  and it counts only where two pairs agree, so 1e-6.
"""

import itertools
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from custodes.evaluate.faces import FaceReader
from custodes.identity import Rotation, Template, TemplateSafe

pytestmark = [pytest.mark.needs_fixtures, pytest.mark.slow]

PEOPLE, PHOTOS = 40, 10
DRAWS = 250
LEVEL = 1e-6
SWAPS = 999
Floats = npt.NDArray[np.floating]


@pytest.fixture(scope="module")
def faces(fixtures: Path) -> Floats:
    """Templates (40, 10, 128) of ten photos of each of the 40 people of the ORL faces."""
    reader = FaceReader()
    folder = fixtures / "faces_orl"
    rows = [
        reader.read(folder / f"s{person}/{photo}.pgm")
        for person, photo in itertools.product(range(1, PEOPLE + 1), range(1, PHOTOS + 1))
    ]
    return np.array(rows, np.float32).reshape(PEOPLE, PHOTOS, -1)


def means(faces: Floats) -> list[Template]:
    """Return a template of each person, as the desk makes it."""
    mean = faces.mean(axis=1)
    return [Template(row) for row in (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)]


def distance(scores: Floats, mated: npt.NDArray[np.bool_]) -> float:
    """Return the Kolmogorov-Smirnov distance between the scores that are mated and the others."""
    there = mated[np.argsort(scores, kind="stable")]
    steps = np.cumsum(there) / there.sum() - np.cumsum(~there) / (~there).sum()
    return float(np.abs(steps).max())


def critical(first: int, second: int) -> float:
    """Return the distance that samples of these sizes and one distribution exceed with probability `LEVEL` at most.

    Smirnov's asymptotic form, which errs on the large side for finite samples: P(D > d) <= 2 exp(-2 d^2 nm / (n + m)).
    """
    return math.sqrt(-math.log(LEVEL / 2) / 2 * (first + second) / (first * second))


def drawn(faces: Floats, rng: np.random.Generator, *, one: bool) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return scores of one person and of two people, each between two deployments of its own, or all within `one`."""
    here, there = means(faces[:, :5]), means(faces[:, 5:])
    scores, mated, only = [], [], Rotation.generate()
    for number in range(2 * DRAWS):
        person, other = rng.choice(PEOPLE, 2, replace=False)
        same = number % 2 == 0
        first, second = (only, only) if one else (Rotation.generate(), Rotation.generate())
        scores.append(first.apply(here[person]) @ second.apply(there[person if same else other]))
        mated.append(same)
    return np.array(scores), np.array(mated)


def test_over_many_deployments_one_person_scores_as_two_people_do(faces: Floats) -> None:
    rng = np.random.default_rng(20)
    limit = critical(DRAWS, DRAWS)
    assert limit < 0.25
    scores, mated = drawn(faces, rng, one=False)
    assert distance(scores, mated) < limit
    assert abs(scores.mean()) < 6 / math.sqrt(128 * len(scores))
    assert distance(*drawn(faces, rng, one=True)) > 0.9


def swapped(first: TemplateSafe, second: TemplateSafe, faces: Floats, rng: np.random.Generator) -> float:
    """Return how often people who swap names at the second deployment are as far from the others as before."""
    here = np.array([first.rotated(Template(row)) for row in faces[:, :5].reshape(-1, 128)])
    there = np.array([second.rotated(Template(row)) for row in faces[:, 5:].reshape(-1, 128)])
    scores = (here @ there.T).ravel()
    order = np.argsort(scores, kind="stable")

    def far(names: npt.NDArray[np.intp]) -> float:
        mated = (np.repeat(np.arange(PEOPLE), 5)[:, None] == np.repeat(names, 5)[None]).ravel()[order]
        steps = np.cumsum(mated) / mated.sum() - np.cumsum(~mated) / (~mated).sum()
        return float(np.abs(steps).max())

    before = far(np.arange(PEOPLE))
    as_far = sum(far(rng.permutation(PEOPLE)) >= before for _ in range(SWAPS))
    return (1 + as_far) / (1 + SWAPS)


def test_at_two_given_deployments_names_may_be_swapped(faces: Floats, tmp_path: Path) -> None:
    rng = np.random.default_rng(21)
    safes = [TemplateSafe.open(tmp_path / f"{name}/templates", tmp_path / f"{name}/keys") for name in "abcd"]
    try:
        chances = [swapped(first, second, faces, rng) for first, second in (safes[:2], safes[2:])]
        assert max(chances) > 1 / (1 + SWAPS), chances
        assert swapped(safes[0], safes[0], faces, rng) == 1 / (1 + SWAPS)
    finally:
        for safe in safes:
            safe.close()
