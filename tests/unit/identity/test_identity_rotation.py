"""The rotation keeps angles, and makes templates of two deployments strangers to each other."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import face, faces

from custodes.domain.errors import IntegrityError, StoreError
from custodes.identity import Rotation, Template

ROTATION = Rotation.generate()
SCORES = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_cosines_are_kept(one: int, other: int) -> None:
    rotation = ROTATION
    before = float(face(one).vector @ face(other).vector)
    after = float(rotation.apply(face(one)) @ rotation.apply(face(other)))
    assert after == pytest.approx(before, abs=1e-6)
    assert not np.allclose(rotation.apply(face(one)), face(one).vector, atol=0.05)


def test_no_two_deployments_have_the_same() -> None:
    first, second = (Rotation.generate().apply(face(1)) for _ in range(2))
    assert abs(float(first @ second)) < 0.6


def test_it_is_kept_to_the_bit(tmp_path: Path) -> None:
    rotation, path = Rotation.generate(), tmp_path / "keys/rotation"
    rotation.write(path)
    assert (Rotation.read(path).apply(face(1)) == rotation.apply(face(1))).all()
    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(rotation) == "Rotation()"


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rotation"
    with pytest.raises(StoreError, match="cannot be read"):
        Rotation.read(path)
    Rotation.generate().write(path)
    data = path.read_bytes()
    path.write_bytes(data[:-8])
    with pytest.raises(IntegrityError, match="damaged"):
        Rotation.read(path)
    path.write_bytes(data[8:] + data[:8])
    with pytest.raises(IntegrityError, match="damaged"):
        Rotation.read(path)


def across(people: npt.NDArray[np.float32], deployments: int, *, rotated: bool) -> SCORES:
    """Return mated and non-mated scores between pairs of deployments, in which the same people are enrolled.

    Each pair of deployments has its own rotations. A pair of them shifts all its scores by the same small amount, as
    all faces have something in common; over many pairs this evens out.
    """
    mated, others = [], []
    share = len(people) // deployments
    for number in range(deployments):
        group = people[number * share : (number + 1) * share]
        here, there = group[:, 0].astype(np.float64), group[:, 1].astype(np.float64)
        if rotated:
            one, other = Rotation.generate(), Rotation.generate()
            here = np.array([one.apply(Template(photo)) for photo in group[:, 0]], np.float64)
            there = np.array([other.apply(Template(photo)) for photo in group[:, 1]], np.float64)
        scores = here @ there.T
        mated.append(np.diag(scores))
        others.append(scores[~np.eye(len(scores), dtype=bool)])
    return np.concatenate(mated), np.concatenate(others)


def distance(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples: the greatest difference of their distributions."""
    scores = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(sample), scores, side="right") / len(sample) for sample in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def chance(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return how likely samples of one distribution are at least so far apart (the asymptotic series)."""
    reach = distance(one, other) * np.sqrt(len(one) * len(other) / (len(one) + len(other)))
    steps = np.arange(1, 101)
    return float(np.clip(2 * np.sum((-1.0) ** (steps - 1) * np.exp(-2 * (steps * reach) ** 2)), 0, 1))


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=2000), rng.normal(size=3000)
    assert distance(np.arange(4.0), np.arange(4.0) + 1) == 0.25
    assert distance(np.zeros(3), np.ones(5)) == 1
    assert chance(one, other) > 0.01
    assert chance(one, other + 0.3) < 1e-6


def test_templates_of_two_deployments_are_unlinkable() -> None:
    people = faces(7, 1000)
    assert distance(*across(people, 40, rotated=False)) > 0.9  # these templates do tell people apart
    mated, non_mated = across(people, 40, rotated=True)
    assert chance(mated, non_mated) > 1e-4  # one run in ten thousand fails by chance
    assert abs(mated.mean() - non_mated.mean()) < 0.02
    assert abs(mated.std() - non_mated.std()) < 0.02
