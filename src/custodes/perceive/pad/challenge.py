"""What a person is asked to do, and whether they do it: turn to one side and back, drawn anew for everybody. Pure."""

import math
import secrets
from collections import deque
from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from custodes.domain.time import NS_PER_S
from custodes.perceive.pad.parallax import LEAST_RELIEF, WINDOW, Side, parallax, reference
from custodes.perceive.pad.sight import Sight

TURNS: Final = 2
"""Turns that are asked for. A recording of somebody who turns fits one draw in four."""
_AHEAD: Final = LEAST_RELIEF * 2 / 3
"""Up to here, to either side, a face looks ahead: about 11 degrees, as nobody looks back exactly."""
_STEP_NS: Final = 4 * NS_PER_S
"""Time for each turn, and to look ahead again."""
_MISSED_NS: Final = round(0.8 * NS_PER_S)
"""A face that is not seen for longer may be another one."""
_JUMP: Final = 0.5
"""So may one that has moved farther since it was last seen, or grown or shrunk by more, in heights of the face."""


class Prompt(StrEnum):
    """What the person is asked to do."""

    AHEAD = "ahead"
    """Look straight into the camera."""
    LEFT = "left"
    """Turn the head to one's own left."""
    RIGHT = "right"
    """Turn the head to one's own right."""


class Verdict(StrEnum):
    """What presentation attack detection says."""

    BONA_FIDE = "bona fide"
    """A person, as far as it can tell."""
    ATTACK = "attack"
    """It turned the other way."""
    CHANGED = "changed"
    """The face jumped, or was not seen for a while: it may be another one."""
    UNMOVED = "unmoved"
    """It did not do in time what was asked."""
    UNSURE = "unsure"
    """It has not seen enough yet."""


class Challenge:
    """Asks for turns, one after another, and follows one face.

    Attributes:
        prompt: What the person is asked now.
        verdict: What was seen so far; every one but `UNSURE` is final.
        shows: Whether the sight that was seen last shows the turn that is asked for in a face good enough to be
            compared, and is the first to. It is to be compared, or somebody else may turn in the person's stead.

    Args:
        sides: Where to turn to, in order.
    """

    def __init__(self, *sides: Side) -> None:
        self.prompt = Prompt.AHEAD
        self.verdict = Verdict.UNSURE
        self.shows = False
        self._shown = self._reached = False
        self._sides = deque(sides)
        self._facing: list[NDArray[np.float32]] = []
        self._reference: NDArray[np.float64] | None = None
        self._last: Sight | None = None
        self._since_ns = 0
        self._window: deque[tuple[float, float]] = deque(maxlen=WINDOW)

    @classmethod
    def drawn(cls) -> Self:
        """Return a challenge with sides that nobody can foresee."""
        return cls(*(secrets.choice(tuple(Side)) for _ in range(TURNS)))

    def see(self, sight: Sight | None, utc_ns: int) -> Verdict:
        """Note what the picture of `utc_ns` shows, a face or None, and return the verdict."""
        self.shows = False
        if self.verdict is Verdict.UNSURE:
            self.verdict = self._judged(sight, utc_ns)
        return self.verdict

    def wipe(self) -> None:
        """Overwrite what is held of the face."""
        if self._reference is not None:
            self._reference.fill(0)
        for points in [*self._facing, *([self._last.points] if self._last else [])]:
            points.fill(0)
        self._facing.clear()
        self._window.clear()
        self._last = None

    def _judged(self, sight: Sight | None, utc_ns: int) -> Verdict:
        last = self._last
        if self._reference is not None and not 0 <= utc_ns - self._since_ns <= _STEP_NS:
            return Verdict.UNMOVED
        if last is not None and utc_ns - last.utc_ns > _MISSED_NS:
            return Verdict.CHANGED
        if sight is None:
            return Verdict.UNSURE
        self._last = sight
        if last is not None and _jumped(last, sight):
            return Verdict.CHANGED
        return self._began(sight) if self._reference is None else self._turned(self._reference, sight)

    def _began(self, sight: Sight) -> Verdict:
        """Take what the face is like when it looks ahead."""
        if sight.good:
            self._facing.append(sight.points)
            if len(self._facing) == WINDOW:
                self._reference = reference(self._facing)
                self._facing.clear()
                return self._next(sight.utc_ns)
        return Verdict.UNSURE

    def _turned(self, before: NDArray[np.float64], sight: Sight) -> Verdict:
        found = parallax(before, sight.points)
        if found is None:
            return Verdict.UNSURE
        self._window.append((found.towards(Side.LEFT), abs(found.relief)))
        full = len(self._window) == WINDOW
        towards, away = np.median(np.array(self._window), axis=0).tolist()
        if self.prompt is Prompt.AHEAD:
            return self._next(sight.utc_ns) if full and away <= _AHEAD and sight.good else Verdict.UNSURE
        side = Side(self.prompt)
        if full and side.sign * towards <= -LEAST_RELIEF:
            return Verdict.ATTACK
        self.shows = not self._shown and sight.good and found.towards(side) >= LEAST_RELIEF
        self._shown = self._shown or self.shows
        self._reached = self._reached or (full and side.sign * towards >= LEAST_RELIEF)
        if self._shown and self._reached:
            self._sides.popleft()
            self._ask(Prompt.AHEAD, sight.utc_ns)
        return Verdict.UNSURE

    def _next(self, utc_ns: int) -> Verdict:
        """Ask for the next turn of a face that looks ahead; without one it is a person's."""
        if not self._sides:
            return Verdict.BONA_FIDE
        self._ask(Prompt(self._sides[0]), utc_ns)
        return Verdict.UNSURE

    def _ask(self, prompt: Prompt, utc_ns: int) -> None:
        self.prompt = prompt
        self._since_ns = utc_ns
        self._window.clear()
        self._shown = self._reached = False


def _jumped(last: Sight, now: Sight) -> bool:
    allowed = _JUMP * last.height
    return math.dist(last.middle, now.middle) > allowed or abs(last.height - now.height) > allowed
