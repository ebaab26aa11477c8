"""Error rates of searches: is this person among N, and which one?

Each picture in turn is the one searched with, against people enrolled with all their other pictures (leave one out).
Once its person is among the N (mated), once they are not (open set). Galleries are drawn at random, the same ones each
time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.biometrics import Rate

_SIZES: Final = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_DRAWS: Final = 10
_ROWS: Final = 1024
"""Pictures searched with at once, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class SearchRates:
    """How often searches among `gallery` people went wrong.

    Attributes:
        gallery: People enrolled, N.
        threshold: Score from which the best candidate is named.
        fpir: False positive identification rate: searches for somebody not enrolled that named anybody.
        fnir: False negative identification rate: searches for somebody enrolled that did not name them first, failures
            to enrol among them.
    """

    gallery: int
    threshold: float
    fpir: Rate
    fnir: Rate


def search_rates(
    embeddings: NDArray[np.float32],
    enrolled: NDArray[np.bool_],
    person: NDArray[np.intp],
    thresholds: Sequence[float],
) -> list[SearchRates]:
    """Return the rates by gallery size and threshold; none where fewer than six people can be enrolled.

    Rates are means over ten random galleries of each size; N of each is the number of pictures searched with.

    Args:
        embeddings: float32 (n, d), rows of length 1; those of failures are not looked at.
        enrolled: bool (n,), whether each picture could be enrolled.
        person: int (n,), who is on each picture, 0 and up.
        thresholds: Scores.
    """
    gallery = _Gallery(embeddings, enrolled, person)
    most = len(gallery.people) - 1
    sizes = [size for size in _SIZES if size < most] + [most] if most >= _SIZES[0] else []
    random = np.random.default_rng(0)
    return [rates for size in sizes for rates in gallery.rates(size, thresholds, random)]


class _Gallery:
    """Everybody who can be enrolled, and what each picture scores against them."""

    def __init__(self, embeddings: NDArray[np.float32], enrolled: NDArray[np.bool_], person: NDArray[np.intp]) -> None:
        used = np.where(enrolled[:, None], embeddings, 0).astype(np.float32)
        sums = np.zeros((int(person.max()) + 1, used.shape[1]), np.float32)
        np.add.at(sums, person, used)
        self.people = np.unique(person[enrolled])
        self._column = np.full(len(sums), -1)
        self._column[self.people] = np.arange(len(self.people))
        self._templates = _unit(sums[self.people])
        self._used, self._enrolled, self._person = used, enrolled, person
        others = sums[person] - used
        counts = np.bincount(person[enrolled], minlength=len(sums))[person] - enrolled
        self._has_mate = np.bincount(person)[person] > 1
        own = (_unit(others) * used).sum(axis=1)
        self._own = np.where(enrolled & (counts > 0), own, -np.inf)

    def rates(self, size: int, thresholds: Sequence[float], random: np.random.Generator) -> Iterator[SearchRates]:
        """Yield the rates of one gallery size at each threshold."""
        wrong = np.zeros((len(thresholds), 2))
        levels = np.asarray(thresholds)[:, None]
        for _ in range(_DRAWS):
            drawn = random.permutation(len(self.people))[: size + 1]
            for rows in np.array_split(np.arange(len(self._person)), -(-len(self._person) // _ROWS)):
                strangers = self._best(rows, drawn, size)
                rivals = self._best(rows, drawn, size - 1)
                own = self._own[rows]
                wrong[:, 0] += (strangers >= levels).sum(axis=1)
                missed = (own < levels) | (own <= rivals)
                wrong[:, 1] += (missed & self._has_mate[rows]).sum(axis=1)
        for threshold, (false, missed) in zip(thresholds, np.rint(wrong / _DRAWS).astype(int).tolist(), strict=True):
            yield SearchRates(size, threshold, Rate(false, len(self._person)), Rate(missed, int(self._has_mate.sum())))

    def _best(self, rows: NDArray[np.intp], drawn: NDArray[np.intp], count: int) -> NDArray[np.float32]:
        """Return the highest score of each picture against the first `count` of those drawn that are others."""
        columns = drawn[: count + 1]
        score = self._used[rows] @ self._templates[columns].T
        own = self._column[self._person[rows]][:, None] == columns
        score[own] = -np.inf
        score[~own.any(axis=1), count] = -np.inf
        best = score.max(axis=1)
        return np.where(self._enrolled[rows], best, -np.inf)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), np.float32)
