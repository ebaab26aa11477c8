"""The course of one person or loose face through time, and the masks that follow from it at any instant."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from custodes.domain.geometry import Boxes, grow
from custodes.domain.time import NS_PER_S
from custodes.redact.regions import to_relative
from custodes.redact.settings import RedactionSettings

_GROWTH_PER_S = 0.3
"""How much a box that is only guessed grows each second, as a share of its size."""
_VELOCITY_OVER_NS = NS_PER_S * 6 // 10
"""Velocity is measured over the last this much of sight."""
_PACE_PER_S = np.array([0.6, 0.15, 0.6, 0.15])
"""Where velocity is not known: how far to either side, and up or down, a box may move each second, in units of its
height, besides its growth. A person of 1.7 m walking across the view at 1.4 m/s moves by 0.8; towards the camera, by
less than half of that."""
_FACE_MEMORY_NS = 2 * NS_PER_S
"""A face found is carried along its person for this long, even through searches that miss it."""
_DOUBTFUL_NS = NS_PER_S * 3 // 10
"""A doubtful person is masked for this long before and after."""
_BRIDGE_NS = 3 * NS_PER_S
"""Two sights no further apart than this are of one course, and the way between is a straight line."""
_PAST_NS = NS_PER_S
"""A sight between two others no further apart than this may be wrong, and the line past it right."""
_ALL_OF_IT = np.array([0.0, 0.0, 1.0, 1.0])
"""A face in units of its own box."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far beyond what was seen masks reach in time.

    Attributes:
        lookbehind_ns: Before the first sight.
        hold_ns: After the last.
    """

    lookbehind_ns: int
    hold_ns: int

    @classmethod
    def of(cls, settings: RedactionSettings) -> "Reach":
        """Return what `settings` ask for."""
        return cls(round(settings.lookbehind_s * NS_PER_S), round(settings.hold_s * NS_PER_S))


class Course(NamedTuple):
    """Where a box is on its way, at one instant.

    Attributes:
        start: (4,) pixels.
        end: (4,) pixels.
        share: How much of the way from `start` to `end` it has come; above 1 it is past `end`.
        growth: What it is scaled by there, about its centre, as nobody saw it.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    share: float
    growth: float = 1.0


class Group(NamedTuple):
    """One face or person at one instant: somewhere in the hull of some boxes.

    Attributes:
        courses: The boxes, one at least.
        face: (4,) the face in units of each box; None where no face is known.
        head: Whether the whole head region of each box is to be masked.
    """

    courses: list[Course]
    face: NDArray[np.float64] | None
    head: bool


def boxes_of(courses: Sequence[Course]) -> NDArray[np.float64]:
    """Return the boxes (n, 4), pixels, of `courses`."""
    start, end = np.array([course.start for course in courses]), np.array([course.end for course in courses])
    share, growth = np.array([course[2:] for course in courses]).T[..., None]
    return np.asarray(grow(start * (1 - share) + end * share, growth), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One search for the face of a person.

    Attributes:
        utc_ns: When.
        relative: (4,) the face in units of the person's box; None where none was found.
        sure: Whether the face found can stand for the head region.
    """

    utc_ns: int
    relative: NDArray[np.float64] | None
    sure: bool = False


@dataclass(slots=True, eq=False)
class Trail:
    """Boxes of one person (or of one face seen without a person) by time, rising.

    Attributes:
        is_person: False where the boxes are those of a face.
        track_id: Of the tracker; None for persons and faces that only redaction follows.
        doubtful: Whether the first sight was so weak that it needs a second one to be held for long.
        ended_ns: When another trail took over, after which nothing is held; None while none has.
        missed: Whether the newest analysis that should have shown it did not.
        kept_ns: Until when nothing spoke against it still being there, never before the last sight.
    """

    is_person: bool
    track_id: int | None = None
    doubtful: bool = False
    ended_ns: int | None = None
    missed: bool = False
    kept_ns: int = 0
    times: list[int] = field(default_factory=list)
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    def see(self, utc_ns: int, box: Boxes) -> None:
        """Add a sight: `box` (4,) pixels."""
        self.boxes.append(np.asarray(box, np.float64).reshape(4))
        self.times.append(utc_ns)
        self.missed = False
        self.kept_ns = utc_ns

    def keep(self, utc_ns: int) -> None:
        """Note that nobody looked at `utc_ns`: what was there still is, unless it had been missed before."""
        if self.missed:
            return
        self.kept_ns = utc_ns
        if utc_ns - self.times[-1] >= _BRIDGE_NS:
            self.see(utc_ns, self.boxes[-1])

    def look(self, utc_ns: int, face: Boxes | None, *, sure: bool = False) -> None:
        """Add a search for the face of a person just seen; `face` (4,) pixels or None."""
        relative = None if face is None else to_relative(face, self.boxes[-1])
        self.looks.append(Look(utc_ns, relative, sure))

    def forget(self, before_ns: int) -> None:
        """Drop what is older than `before_ns`, but for the last sight and look before it."""
        if self.times[0] >= before_ns:
            return
        keep = max(bisect_right(self.times, before_ns) - 1, 0)
        del self.times[:keep], self.boxes[:keep]
        keep = max(bisect_right(self.looks, before_ns, key=_when) - 1, 0)
        del self.looks[:keep]

    def rescale(self, factor: NDArray[np.float64]) -> None:
        """Multiply all boxes by `factor` (4,): the analysed picture changed its size."""
        self.boxes = [box * factor for box in self.boxes]

    def at(self, utc_ns: int, reach: Reach) -> list[Group]:
        """Return what to mask at `utc_ns`."""
        if not self.times[0] - reach.lookbehind_ns <= utc_ns <= self.kept_ns + reach.hold_ns:
            return []
        ways = self._ways_at(utc_ns, reach)
        if not ways:
            return []
        if not self.is_person:
            return [Group(courses, _ALL_OF_IT, head=False) for courses in ways]
        face, head = self._face_at(utc_ns, reach), not self._face_is_sure(utc_ns, reach)
        return [Group(courses, face, head) for courses in ways]

    def _ways_at(self, utc_ns: int, reach: Reach) -> list[list[Course]]:
        """Return groups of courses; the object is somewhere in the hull of a group."""
        after = bisect_right(self.times, utc_ns)
        before = after - 1
        lookbehind, hold = reach.lookbehind_ns, reach.hold_ns
        if self.doubtful and len(self.times) == 1:
            lookbehind, hold = min(lookbehind, _DOUBTFUL_NS), min(hold, _DOUBTFUL_NS)
        bridged = max(lookbehind + hold, _BRIDGE_NS)
        if before >= 0 and after < len(self.times) and self.times[after] - self.times[before] <= bridged:
            return [self._lines(before, after, utc_ns)]
        ways = []
        if before >= 0 and utc_ns <= self._held_until(before, hold):
            ways.append(self._carried(before, min(utc_ns, self.times[before] + hold)))
        if after < len(self.times) and self.times[after] - utc_ns <= lookbehind:
            ways.append(self._carried(after, utc_ns))
        return ways

    def _lines(self, before: int, after: int, utc_ns: int) -> list[Course]:
        """Return the straight lines between sights `before` and `after`, and past either of them.

        Where people hide each other, one box may show two of them for once, and the head is not where it says.
        """
        pairs = [(before, after)]
        if before > 0 and self.times[after] - self.times[before - 1] <= _PAST_NS:
            pairs.append((before - 1, after))
        if after + 1 < len(self.times) and self.times[after + 1] - self.times[before] <= _PAST_NS:
            pairs.append((before, after + 1))
        return [self._between(*pair, utc_ns) for pair in pairs]

    def _between(self, first: int, last: int, utc_ns: int) -> Course:
        share = (utc_ns - self.times[first]) / (self.times[last] - self.times[first])
        return Course(self.boxes[first], self.boxes[last], share)

    def _held_until(self, index: int, hold: int) -> int:
        """Return until when sight `index` is held, wall time in nanoseconds."""
        if index < len(self.times) - 1:
            return self.times[index] + hold
        until = self.kept_ns + hold
        return until if self.ended_ns is None else min(until, self.ended_ns)

    def _carried(self, index: int, utc_ns: int) -> list[Course]:
        """Return sight `index` held, and moved on, to `utc_ns`, grown with the distance."""
        box = self.boxes[index]
        away_s = (utc_ns - self.times[index]) / NS_PER_S
        growth = 1 + _GROWTH_PER_S * abs(away_s)
        velocity = self._velocity(index, forward=away_s > 0)
        if velocity is not None:
            in_a_second = [box + velocity]
        else:
            pace = _PACE_PER_S * (box[3] - box[1])
            in_a_second = [box - pace, box + pace]
        return [Course(box, box, 0.0, growth), *(Course(box, end, away_s, growth) for end in in_a_second)]

    def _velocity(self, index: int, *, forward: bool) -> NDArray[np.float64] | None:
        """Return how the centre moves at sight `index`, (4,) pixels a second; None where no other sight is near."""
        step = -1 if forward else 1
        other = index
        while 0 <= other + step < len(self.times):
            if abs(self.times[other + step] - self.times[index]) > _VELOCITY_OVER_NS:
                break
            other += step
        if other == index:
            return None
        shift = (self.boxes[index] - self.boxes[other]) / ((self.times[index] - self.times[other]) / NS_PER_S)
        middle = (shift[:2] + shift[2:]) / 2
        return np.concatenate([middle, middle])

    def _face_at(self, utc_ns: int, reach: Reach) -> NDArray[np.float64] | None:
        """Return where the face is, (4,) in units of the person's box, from the searches before and after."""
        found = [look for look in self.looks if look.relative is not None]
        after = bisect_right(found, utc_ns, key=_when)
        last = found[after - 1] if after else None
        if last is not None and utc_ns - last.utc_ns > _FACE_MEMORY_NS and self._missed_since(last, utc_ns):
            last = None
        coming = found[after] if after < len(found) else None
        if coming is not None and coming.utc_ns - utc_ns > reach.lookbehind_ns:
            coming = None
        if last is None or coming is None:
            known = last or coming
            return known.relative if known else None
        share = (utc_ns - last.utc_ns) / (coming.utc_ns - last.utc_ns)
        return np.asarray(last.relative * (1 - share) + coming.relative * share)  # type: ignore[operator]

    def _missed_since(self, last: Look, utc_ns: int) -> bool:
        """Return whether a search after `last` and before `utc_ns` found no face."""
        return any(last.utc_ns < look.utc_ns <= utc_ns for look in self.looks)

    def _face_is_sure(self, utc_ns: int, reach: Reach) -> bool:
        """Return whether the searches on both sides of `utc_ns` found the face so surely that it is the whole head."""
        after = bisect_right(self.looks, utc_ns, key=_when)
        near = self.looks[max(after - 1, 0) : after + 1]
        if near and near[0].utc_ns == utc_ns:
            return near[0].sure
        if len(near) < 2:  # noqa: PLR2004
            return False
        return all(look.sure and abs(look.utc_ns - utc_ns) <= reach.lookbehind_ns for look in near)


def _when(look: Look) -> int:
    return look.utc_ns
