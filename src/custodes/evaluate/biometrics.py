"""Error rates of comparisons, from the scores of pairs that somebody labelled.

Terms are those of ISO/IEC 19795-1. A pair is mated where both pictures show one person. A failure to enrol has the
score -1, which no threshold accepts: it is a non-match, and is never left out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.intervals import wilson

FAILED: Final = -1.0
"""Score of a pair of which a picture could not be enrolled: the least that a cosine can be."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was measured.

    Attributes:
        errors: How often it was so.
        trials: Of how many.
    """

    errors: int
    trials: int

    @property
    def share(self) -> float:
        """Return the share 0-1, 0 where nothing was tried."""
        return self.errors / self.trials if self.trials else 0.0

    def shown(self) -> str:
        """Return the share with its 95 % Wilson interval, for people to read."""
        low, high = wilson(self.errors, self.trials)
        return f"{_short(self.share)} ({_short(low)}-{_short(high)})" if self.trials else "-"


def _short(share: float) -> str:
    return f"{share:.4f}" if share == 0 or share >= 0.001 else f"{share:.1e}"  # noqa: PLR2004  four digits show it


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """What a threshold does.

    Attributes:
        threshold: Score from which a pair is taken for one person's.
        fmr: False match rate: non-mated pairs that are.
        fnmr: False non-match rate: mated pairs that are not, failures to enrol among them.
    """

    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of labelled pairs, in rising order.

    Attributes:
        mated: float64 (m,).
        non_mated: float64 (n,).
    """

    mated: NDArray[np.float64]
    non_mated: NDArray[np.float64]

    @classmethod
    def of(cls, score: NDArray[np.floating], same: NDArray[np.bool_]) -> "Scores":
        """Return scores (k,) sorted into those of mated and of non-mated pairs."""
        values = score.astype(np.float64)
        return cls(np.sort(values[same]), np.sort(values[~same]))

    def at(self, threshold: float) -> ErrorRates:
        """Return the error rates of a threshold above -1."""
        non_matches = int(np.searchsorted(self.mated, threshold, "left"))
        rejections = int(np.searchsorted(self.non_mated, threshold, "left"))
        return ErrorRates(
            threshold,
            Rate(len(self.non_mated) - rejections, len(self.non_mated)),
            Rate(non_matches, len(self.mated)),
        )

    def threshold_for(self, fmr: float) -> float:
        """Return the lowest threshold whose false match rate on these pairs is no more than `fmr`, 0-1.

        It is the next number above the score of the first non-mated pair that must not match.
        """
        allowed = int(fmr * len(self.non_mated))
        last = self.non_mated[len(self.non_mated) - 1 - allowed] if allowed < len(self.non_mated) else FAILED
        return float(np.nextafter(max(float(last), FAILED), 2.0))

    def accuracy(self) -> tuple[float, float]:
        """Return the highest share of all pairs that one threshold decides rightly, and that threshold."""
        thresholds = np.unique(np.concatenate([self.mated, self.non_mated, [2.0]]))
        thresholds = thresholds[thresholds > FAILED]
        right = (len(self.mated) - np.searchsorted(self.mated, thresholds)) + np.searchsorted(
            self.non_mated, thresholds
        )
        best = int(right.argmax())
        return float(right[best] / (len(self.mated) + len(self.non_mated))), float(thresholds[best])

    def det(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return false match and false non-match rates of every threshold that makes a difference, rising."""
        thresholds = np.unique(np.concatenate([self.mated, self.non_mated, [2.0]]))
        thresholds = thresholds[thresholds > FAILED]
        fmr = 1 - np.searchsorted(self.non_mated, thresholds) / max(len(self.non_mated), 1)
        fnmr = np.searchsorted(self.mated, thresholds) / max(len(self.mated), 1)
        return fmr, fnmr

    def equal_error(self) -> float:
        """Return the mean of both rates where they are nearest to each other."""
        fmr, fnmr = self.det()
        nearest = int(np.abs(fmr - fnmr).argmin())
        return float(fmr[nearest] + fnmr[nearest]) / 2
