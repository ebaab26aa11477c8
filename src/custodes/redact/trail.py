"""The course of one person or loose face through time, and the masks that follow from it at any instant."""

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from custodes.domain.geometry import Boxes, grow
from custodes.domain.time import NS_PER_S
from custodes.redact.regions import from_relative, to_relative
from custodes.redact.settings import RedactionSettings

_GROWTH_PER_S = 0.3
"""How much a box that is only guessed grows each second, as a share of its size."""
_VELOCITY_OVER_S = 0.6
"""Velocity is measured over the last this many seconds of sight."""
_PACE_PER_S = 0.6
"""Where velocity is not known: how far to either side a box may move each second, in units of its height. A person of
1.7 m walking across the view at 1.4 m/s moves by 0.8."""
_FACE_MEMORY_S = 2.0
"""A face found is carried along its person for this long, even through searches that miss it."""
_DOUBTFUL_NS = NS_PER_S * 3 // 10
"""A doubtful person is masked for this long before and after."""
_BRIDGE_NS = 3 * NS_PER_S
"""Two sights no further apart than this are of one course, and the way between is a straight line."""
_PAST_NS = NS_PER_S
"""A sight between two others no further apart than this may be wrong, and the line past it right."""
_APART = 0.01
"""Lines no further apart than this share of the height are the same."""


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
        kept_ns: Until when nothing spoke against it still being there, at least the last sight.
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
        self.times.append(utc_ns)
        self.boxes.append(np.asarray(box, np.float64))
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
        keep = max(bisect_right(self.times, before_ns) - 1, 0)
        del self.times[:keep], self.boxes[:keep]
        keep = max(bisect_right(self.looks, before_ns, key=_when) - 1, 0)
        del self.looks[:keep]

    def rescale(self, factor: NDArray[np.float64]) -> None:
        """Multiply all boxes by `factor` (4,): the analysed picture changed its size."""
        self.boxes = [box * factor for box in self.boxes]

    def at(
        self, utc_ns: int, settings: RedactionSettings
    ) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
        """Return what to mask at `utc_ns`: groups (n, 4), pixels, of faces, and of persons without a sure face.

        The face, or the head of the person, lies in the hull of the group.
        """
        first_ns, last_ns = self.times[0], max(self.times[-1], self.kept_ns)
        if not first_ns - _ns(settings.lookbehind_s) <= utc_ns <= last_ns + _ns(settings.hold_s):
            return [], []
        groups = self._boxes_at(utc_ns, settings)
        if not self.is_person or not groups:
            return groups, []
        relative = self._face_at(utc_ns, settings)
        faces = [] if relative is None else [from_relative(relative, boxes) for boxes in groups]
        return faces, [] if self._face_is_sure(utc_ns, settings) else groups

    def _boxes_at(self, utc_ns: int, settings: RedactionSettings) -> list[NDArray[np.float64]]:
        """Return groups (n, 4) of boxes; the object is somewhere in the hull of a group."""
        after = bisect_right(self.times, utc_ns)
        before = after - 1
        lookbehind, hold = _ns(settings.lookbehind_s), _ns(settings.hold_s)
        if self.doubtful and len(self.times) == 1:
            lookbehind, hold = min(lookbehind, _DOUBTFUL_NS), min(hold, _DOUBTFUL_NS)
        bridged = max(lookbehind + hold, _BRIDGE_NS)
        if before >= 0 and after < len(self.times) and self.times[after] - self.times[before] <= bridged:
            return self._lines(before, after, utc_ns)
        groups = []
        if before >= 0 and utc_ns <= self._held_until(before, hold):
            groups.append(self._carried(before, min(utc_ns, self.times[before] + hold)))
        if after < len(self.times) and self.times[after] - utc_ns <= lookbehind:
            groups.append(self._carried(after, utc_ns))
        return groups

    def _lines(self, before: int, after: int, utc_ns: int) -> list[NDArray[np.float64]]:
        """Return the boxes on the straight lines between sights `before` and `after`, and past either of them.

        Where people hide each other, one box may show two of them for once, and the head is not where it says.
        """
        pairs = [(before, after)]
        if before > 0 and self.times[after] - self.times[before - 1] <= _PAST_NS:
            pairs.append((before - 1, after))
        if after + 1 < len(self.times) and self.times[after + 1] - self.times[before] <= _PAST_NS:
            pairs.append((before, after + 1))
        line, *past = (_between(self.times, self.boxes, pair, utc_ns) for pair in pairs)
        apart = _APART * (line[3] - line[1])
        return [line[None], *(box[None] for box in past if np.abs(box - line).max() > apart)]

    def _held_until(self, index: int, hold: int) -> int:
        """Return until when sight `index` is held, wall time in nanoseconds."""
        if index < len(self.times) - 1:
            return self.times[index] + hold
        until = max(self.times[index], self.kept_ns) + hold
        return until if self.ended_ns is None else min(until, self.ended_ns)

    def _carried(self, index: int, utc_ns: int) -> NDArray[np.float64]:
        """Return sight `index` held, and moved on, to `utc_ns`: (n, 4), grown with the distance."""
        box = self.boxes[index]
        away_s = (utc_ns - self.times[index]) / NS_PER_S
        velocity = self._velocity(index, forward=away_s > 0)
        if velocity is not None:
            moved = [box + velocity * away_s]
        else:
            aside = np.array([1, 0, 1, 0]) * _PACE_PER_S * (box[3] - box[1]) * away_s
            moved = [box - aside, box + aside]
        return np.asarray(grow(np.stack([box, *moved]), 1 + _GROWTH_PER_S * abs(away_s)), np.float64)

    def _velocity(self, index: int, *, forward: bool) -> NDArray[np.float64] | None:
        """Return how the centre moves at sight `index`, (4,) pixels a second; None where no other sight is near."""
        step = -1 if forward else 1
        other = index
        while 0 <= other + step < len(self.times):
            if abs(self.times[other + step] - self.times[index]) > _ns(_VELOCITY_OVER_S):
                break
            other += step
        if other == index:
            return None
        shift = (self.boxes[index] - self.boxes[other]) / ((self.times[index] - self.times[other]) / NS_PER_S)
        return np.tile((shift[:2] + shift[2:]) / 2, 2)

    def _face_at(self, utc_ns: int, settings: RedactionSettings) -> NDArray[np.float64] | None:
        """Return where the face is, (4,) in units of the person's box, from the searches before and after."""
        found = [look for look in self.looks if look.relative is not None]
        after = bisect_right(found, utc_ns, key=_when)
        last = found[after - 1] if after else None
        if last is not None and utc_ns - last.utc_ns > _ns(_FACE_MEMORY_S) and self._missed_since(last, utc_ns):
            last = None
        coming = found[after] if after < len(found) else None
        if coming is not None and coming.utc_ns - utc_ns > _ns(settings.lookbehind_s):
            coming = None
        if last is None or coming is None:
            known = last or coming
            return known.relative if known else None
        share = (utc_ns - last.utc_ns) / (coming.utc_ns - last.utc_ns)
        return np.asarray(last.relative * (1 - share) + coming.relative * share)  # type: ignore[operator]

    def _missed_since(self, last: Look, utc_ns: int) -> bool:
        """Return whether a search after `last` and before `utc_ns` found no face."""
        return any(last.utc_ns < look.utc_ns <= utc_ns for look in self.looks)

    def _face_is_sure(self, utc_ns: int, settings: RedactionSettings) -> bool:
        """Return whether the searches on both sides of `utc_ns` found the face so surely that it is the whole head."""
        after = bisect_right(self.looks, utc_ns, key=_when)
        near = self.looks[max(after - 1, 0) : after + 1]
        if near and near[0].utc_ns == utc_ns:
            return near[0].sure
        reach = _ns(settings.lookbehind_s)
        return len(near) == 2 and all(look.sure and abs(look.utc_ns - utc_ns) <= reach for look in near)  # noqa: PLR2004


def _between(
    times: list[int], boxes: list[NDArray[np.float64]], pair: tuple[int, int], utc_ns: int
) -> NDArray[np.float64]:
    """Return the box (4,) at `utc_ns` on the straight line between the two sights of `pair`."""
    first, last = pair
    share = (utc_ns - times[first]) / (times[last] - times[first])
    return np.asarray(boxes[first] * (1 - share) + boxes[last] * share, np.float64)


def _when(look: Look) -> int:
    return look.utc_ns


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
