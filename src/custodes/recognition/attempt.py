"""How somebody presents themselves at a recognition point: by a pass, or by holding still. Pure; no pixels."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from custodes.charter import RecognitionMode
from custodes.domain.imagery import NoPublicConstructor
from custodes.domain.time import NS_PER_S
from custodes.recognition.settings import RecognitionSettings

_MISSED_NS: Final = round(0.6 * NS_PER_S)
"""A face that is not seen well for no longer than this still holds still."""
_MOST_SIGHTS: Final = 2000
"""Sights of a course: more than there are in the longest attempt at the highest rate."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A face in the zone, as seen in one picture: where it is, and nothing of what it looks like.

    Attributes:
        utc_ns: Wall time of the picture, nanoseconds since the Unix epoch.
        xyxy: float32 (4,), its box, pixels.
        points: float32 (5, 2), its points as in `custodes.perceive.detect.yunet.PointedFaces`, pixels.
    """

    utc_ns: int
    xyxy: NDArray[np.float32]
    points: NDArray[np.float32]

    @property
    def middle(self) -> tuple[float, float]:
        """Middle of the box, pixels."""
        left, top, right, bottom = (float(side) for side in self.xyxy)
        return (left + right) / 2, (top + bottom) / 2

    @property
    def height(self) -> float:
        """Height of the box, pixels."""
        return float(self.xyxy[3] - self.xyxy[1])


class Verdict(StrEnum):
    """What presentation attack detection says."""

    BONA_FIDE = "bona fide"
    """A person, as far as it can tell."""
    ATTACK = "attack"
    """A photo, a screen, or something else that shows a face."""
    UNSURE = "unsure"
    """It has not seen enough yet."""


class AttackDetector(Protocol):
    """Presentation attack detection: tells from how a face moves whether it is a person's. Threads may share it."""

    def judge(self, course: tuple[Sight, ...]) -> Verdict:
        """Return what `course`, the sights of one attempt in order of time, shows; asked after each good picture."""
        ...


@dataclass(frozen=True, slots=True)
class Presenting(metaclass=NoPublicConstructor):
    """Somebody presents themselves; made by `Attempt` alone.

    Attributes:
        mode: By a pass, or by holding still.
        since_ns: Since when, nanoseconds since the Unix epoch.
    """

    mode: RecognitionMode
    since_ns: int


class Attempt:
    """Follows one person at the recognition point, from the first sight to an answer.

    Attributes:
        presenting: How the person presents themselves; None while they do not.

    Args:
        settings: Of the point.
        modes: Ways of recognition that the charter names.
    """

    def __init__(self, settings: RecognitionSettings, modes: frozenset[RecognitionMode]) -> None:
        self.presenting: Presenting | None = None
        self._settings = settings
        self._modes = modes
        self._anchor: Sight | None = None
        self._last_ns = 0
        self._course: list[Sight] = []

    @property
    def wants_faces(self) -> bool:
        """Whether anything is to be done with a face yet: where only a pass counts, not before it was shown."""
        return self.presenting is not None or RecognitionMode.IDENTIFY in self._modes

    @property
    def course(self) -> tuple[Sight, ...]:
        """Good sights since the person began to present themselves."""
        return tuple(self._course)

    def show_pass(self, utc_ns: int) -> None:
        """Note that a valid pass was shown at `utc_ns`."""
        self._present(RecognitionMode.VERIFY, utc_ns)
        self._course.clear()

    def see(self, sight: Sight | None, utc_ns: int) -> None:
        """Note what the picture of `utc_ns` shows: a face that will do, or None.

        A face that moves too far begins anew; where it presented itself by holding still, it does so no more.
        """
        if self.presenting is not None and self.presenting.mode is RecognitionMode.VERIFY:
            self._follow(sight)
        elif sight is None:
            if utc_ns - self._last_ns > _MISSED_NS:
                self._begin(None)
        elif self._holds_still(sight):
            self._last_ns = utc_ns
            self._follow(sight)
            self._present_if_due(utc_ns)
        else:
            self._last_ns = utc_ns
            self._begin(sight)

    def overdue(self, utc_ns: int) -> bool:
        """Return whether the time of whoever presents themselves is over at `utc_ns`."""
        since = self.presenting
        return since is not None and not 0 <= utc_ns - since.since_ns <= self._settings.timeout_s * NS_PER_S

    def _holds_still(self, sight: Sight) -> bool:
        anchor = self._anchor
        if anchor is None or sight.utc_ns < anchor.utc_ns:
            return False
        allowed = self._settings.movement * anchor.height
        return math.dist(sight.middle, anchor.middle) <= allowed and abs(sight.height - anchor.height) <= allowed

    def _present_if_due(self, utc_ns: int) -> None:
        anchor = self._anchor
        if self.presenting is None and anchor and utc_ns - anchor.utc_ns >= self._settings.still_s * NS_PER_S:
            self._present(RecognitionMode.IDENTIFY, utc_ns)

    def _present(self, mode: RecognitionMode, utc_ns: int) -> None:
        if mode in self._modes:
            self.presenting = Presenting._seal(mode, utc_ns)

    def _begin(self, anchor: Sight | None) -> None:
        self.presenting = None
        self._anchor = anchor
        self._course = [anchor] if anchor else []

    def _follow(self, sight: Sight | None) -> None:
        if sight is not None and len(self._course) < _MOST_SIGHTS:
            self._course.append(sight)
