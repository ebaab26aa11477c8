"""What a person is asked to do, and whether they do it: turn, close the eyes, come closer, drawn anew. Pure."""

import math
import secrets
from collections import deque
from enum import StrEnum
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from custodes.domain.time import NS_PER_S
from custodes.perceive.pad.eyes import LEAST_CLOSED
from custodes.perceive.pad.parallax import LEAST_RELIEF, WINDOW, Side, parallax, reference
from custodes.perceive.pad.sight import Sight

CLOSED_NS: Final = NS_PER_S // 2
"""Eyes are closed for so long at least once they are seen to be: who blinks opens them sooner, after .1 to .4 s."""
LEAST_GROWN: Final = 1.25
"""From here on a face has come closer: from 75 to 60 cm, say. It tells no face from a picture of one, and only makes
what is asked harder to foresee, so it is more than people sway by, and less than the zone is deep."""
_AHEAD: Final = LEAST_RELIEF * 2 / 3
"""Up to here, to either side, a face looks ahead: about 11 degrees, as nobody looks back exactly."""
_STEP_NS: Final = 4 * NS_PER_S
"""Time for each act, and to look ahead again."""
_MISSED_NS: Final = round(0.8 * NS_PER_S)
"""A face that is not seen for longer may be another one."""
_JUMP: Final = 0.5
"""So may one that has moved farther since it was last seen, or grown or shrunk by more, in heights of the face."""


class Prompt(StrEnum):
    """What the person is asked to do."""

    AHEAD = "ahead"
    """Look straight into the camera, with open eyes."""
    LEFT = "left"
    """Turn the head to one's own left."""
    RIGHT = "right"
    """Turn the head to one's own right."""
    EYES = "eyes"
    """Close both eyes for two seconds."""
    CLOSER = "closer"
    """Come closer to the camera."""


class Verdict(StrEnum):
    """What presentation attack detection says."""

    BONA_FIDE = "bona fide"
    """A person, as far as it can tell."""
    ATTACK = "attack"
    """It turned the other way, or where no turn was asked for."""
    CHANGED = "changed"
    """The face jumped, or was not seen for a while: it may be another one."""
    UNMOVED = "unmoved"
    """It did not do in time what was asked."""
    UNSURE = "unsure"
    """It has not seen enough yet."""


_TURNS: Final = (Prompt.LEFT, Prompt.RIGHT)
_OTHERS: Final = (
    *((one, other) for one in _TURNS for other in _TURNS),
    *((one, Prompt.CLOSER) for one in _TURNS),
    *((Prompt.CLOSER, one) for one in _TURNS),
)
DRAWS: Final = tuple((*acts[:place], Prompt.EYES, *acts[place:]) for acts in _OTHERS for place in range(3))
"""All that may be drawn: closing the eyes, in one of three places, and two turns, or a turn and coming closer."""


class _Seen(NamedTuple):
    """What one sight shows, against the beginning: see `Parallax` and `Sight`."""

    left: float
    away: float
    scale: float
    closed: float


class Challenge:
    """Asks for one act after another, and follows one face.

    Attributes:
        prompt: What the person is asked now.
        verdict: What was seen so far; every one but `UNSURE` is final.
        shows: Whether the sight that was seen last shows the act that is asked for in a face good enough to be
            compared, and is the first to. It is to be compared, or somebody else may act in the person's stead.

    Args:
        acts: What to ask for, in order.
    """

    def __init__(self, *acts: Prompt) -> None:
        self.prompt = Prompt.AHEAD
        self.verdict = Verdict.UNSURE
        self.shows = False
        self._shown = self._reached = False
        self._acts = deque(acts)
        self._facing: list[NDArray[np.float32]] = []
        self._reference: NDArray[np.float64] | None = None
        self._last: Sight | None = None
        self._since_ns = 0
        self._held_ns: int | None = None
        self._scale = 1.0
        self._window: deque[_Seen] = deque(maxlen=WINDOW)

    @classmethod
    def drawn(cls) -> Self:
        """Return a challenge of acts that nobody can foresee, one of `DRAWS`."""
        return cls(*secrets.choice(DRAWS))

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
        return self._began(sight) if self._reference is None else self._acted(self._reference, sight)

    def _began(self, sight: Sight) -> Verdict:
        """Take what the face is like when it looks ahead."""
        if sight.good:
            self._facing.append(sight.points)
            if len(self._facing) == WINDOW:
                self._reference = reference(self._facing)
                self._facing.clear()
                return self._next(sight.utc_ns)
        return Verdict.UNSURE

    def _acted(self, before: NDArray[np.float64], sight: Sight) -> Verdict:
        found = parallax(before, sight.points)
        if found is None:
            return Verdict.UNSURE
        now = _Seen(found.towards(Side.LEFT), abs(found.relief), found.scale, sight.closed)
        self._window.append(now)
        full, median = len(self._window) == WINDOW, _Seen(*np.median(np.array(self._window), axis=0).tolist())
        if self.prompt is Prompt.AHEAD:
            ahead = full and sight.good and median.away <= _AHEAD and median.closed < LEAST_CLOSED
            return self._next(sight.utc_ns, median.scale) if ahead else Verdict.UNSURE
        if full and self._turned_unasked(median):
            return Verdict.ATTACK
        self.shows = not self._shown and sight.good and self._does(now)
        self._shown = self._shown or self.shows
        self._reached = self._reached or (full and self._holds(sight.utc_ns, does=self._does(median)))
        if self._shown and self._reached:
            self._acts.popleft()
            self._ask(Prompt.AHEAD, sight.utc_ns)
        return Verdict.UNSURE

    def _turned_unasked(self, seen: _Seen) -> bool:
        return any(Side(one).sign * seen.left >= LEAST_RELIEF for one in _TURNS if one is not self.prompt)

    def _does(self, seen: _Seen) -> bool:
        """Return whether what was seen is what is asked for."""
        match self.prompt:
            case Prompt.EYES:
                return seen.closed >= LEAST_CLOSED and seen.away < LEAST_RELIEF
            case Prompt.CLOSER:
                return seen.scale >= LEAST_GROWN * self._scale
            case turn:
                return Side(turn).sign * seen.left >= LEAST_RELIEF

    def _holds(self, utc_ns: int, *, does: bool) -> bool:
        """Return whether the act lasts for as long as it has to."""
        if not does:
            self._held_ns = None
            return False
        self._held_ns = utc_ns if self._held_ns is None else self._held_ns
        return self.prompt is not Prompt.EYES or utc_ns - self._held_ns >= CLOSED_NS

    def _next(self, utc_ns: int, scale: float = 1.0) -> Verdict:
        """Ask for the next act of a face that looks ahead; without one it is a person's."""
        if not self._acts:
            return Verdict.BONA_FIDE
        self._scale = scale
        self._ask(self._acts[0], utc_ns)
        return Verdict.UNSURE

    def _ask(self, prompt: Prompt, utc_ns: int) -> None:
        self.prompt = prompt
        self._since_ns = utc_ns
        self._held_ns = None
        self._window.clear()
        self._shown = self._reached = False


def _jumped(last: Sight, now: Sight) -> bool:
    allowed = _JUMP * last.height
    return math.dist(last.middle, now.middle) > allowed or abs(last.height - now.height) > allowed
