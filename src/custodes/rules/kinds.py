"""The kinds of rules: appearance, zones (entry, dwell, occupancy) and tripwires."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import Event, EventKind
from custodes.domain.geometry import Point, contains, segments_cross, side
from custodes.domain.time import NS_PER_S
from custodes.rules.book import Book, Now, Rule, version_of
from custodes.rules.objects import Watched
from custodes.rules.settings import RulesSettings, TripwireSettings, ZoneSettings

_SETTLED_NS = NS_PER_S // 2
"""A crossing of a zone's border, or a change of its occupancy, counts once it has lasted so long."""
_MARGIN = 0.1
"""An object is on a side of a tripwire once its foot is so many box heights away; less may be the box's jitter."""


class Appearance:
    """First seen, gone."""

    def __init__(self, settings: RulesSettings, book: Book) -> None:
        self._rule = Rule(EventKind.APPEARED, "appeared", version_of(settings, exclude={"zones", "tripwires"}))
        self._classes = frozenset(settings.appeared)
        self._book = book
        self._events: dict[Watched, Event] = {}

    def watch(self, watched: Watched, now: Now) -> None:
        """Look at an object in view."""
        event = self._events.get(watched)
        if event is not None:
            self._events[watched] = self._book.improve(event, watched, now)
        elif COCO_CLASSES[watched.class_id] in self._classes:
            self._events[watched] = self._book.start(self._rule, watched, now, start_ns=watched.first_ns)

    def leave(self, watched: Watched) -> None:
        """Note that an object is gone."""
        if event := self._events.pop(watched, None):
            self._book.end(event, watched.last_ns, score=watched.score)


@dataclass(slots=True)
class _Stay:
    """An object at a zone: whether it is inside, since when, and since when it seems otherwise."""

    inside: bool = False
    since_ns: int = 0
    differs_ns: int | None = None
    entered: Event | None = None
    dwelt: Event | None = None


class ZoneRule:
    """Who is in a zone, who stays long, and how many there are."""

    def __init__(self, settings: ZoneSettings, book: Book, totals: Counter[str]) -> None:
        version, name = version_of(settings), settings.name
        self._settings = settings
        self._entry = Rule(EventKind.ZONE, name, version, name)
        self._dwell = Rule(EventKind.DWELL, f"{name}/dwell", version, name)
        self._occupancy = Rule(EventKind.OCCUPANCY, f"{name}/occupancy", version, name)
        self._book = book
        self._totals = totals
        self._stays: dict[Watched, _Stay] = {}
        self._crowd: Event | None = None
        self._differs_ns: int | None = None

    def watch(self, watched: Watched, now: Now) -> None:
        """Look at an object in view."""
        if COCO_CLASSES[watched.class_id] not in self._settings.classes:
            return
        stay = self._stays.setdefault(watched, _Stay())
        inside = contains(self._settings.polygon, now.norm(watched.foot))
        if inside == stay.inside:
            stay.differs_ns = None
        elif stay.differs_ns is None:
            stay.differs_ns = watched.last_ns
        elif watched.last_ns - stay.differs_ns >= _SETTLED_NS:
            self._cross(watched, stay, stay.differs_ns, now)
        if stay.inside and inside and stay.dwelt is None and self._is_long(watched.last_ns - stay.since_ns):
            stay.dwelt = self._book.start(self._dwell, watched, now, start_ns=stay.since_ns)

    def _is_long(self, stay_ns: int) -> bool:
        return self._settings.dwell_s is not None and stay_ns >= self._settings.dwell_s * NS_PER_S

    def _cross(self, watched: Watched, stay: _Stay, changed_ns: int, now: Now) -> None:
        stay.inside, stay.since_ns, stay.differs_ns = not stay.inside, changed_ns, None
        if not stay.inside:
            self._end(watched, stay, changed_ns)
        elif self._settings.entries:
            self._totals[self._settings.name] += 1
            stay.entered = self._book.start(self._entry, watched, now, start_ns=changed_ns)

    def _end(self, watched: Watched, stay: _Stay, end_ns: int) -> None:
        for event in (stay.entered, stay.dwelt):
            if event is not None:
                self._book.end(event, end_ns, score=watched.score)
        stay.entered = stay.dwelt = None

    def leave(self, watched: Watched) -> None:
        """Note that an object is gone."""
        if stay := self._stays.pop(watched, None):
            self._end(watched, stay, watched.last_ns if stay.differs_ns is None else stay.differs_ns)

    def count(self, present: Sequence[Watched], now: Now) -> None:
        """Compare the number of objects inside with the rule's."""
        if self._settings.occupancy is None:
            return
        here = [one for one in present if one in self._stays and self._stays[one].inside]
        if self._crowd is not None:
            self._crowd = self._book.recount(self._crowd, len(here))
        if (len(here) >= self._settings.occupancy) == (self._crowd is not None):
            self._differs_ns = None
        elif self._differs_ns is None:
            self._differs_ns = now.ns
        elif now.ns - self._differs_ns >= _SETTLED_NS:
            self._turn(here, self._differs_ns, now)

    def _turn(self, here: Sequence[Watched], since_ns: int, now: Now) -> None:
        if self._crowd is not None:
            self.close(since_ns)
            return
        ((most, _),) = Counter(COCO_CLASSES[one.class_id] for one in here).most_common(1)
        self._crowd = self._book.start_group(self._occupancy, most, len(here), now, start_ns=since_ns)
        self._differs_ns = None

    def close(self, end_ns: int) -> None:
        """End a crowd that still lasts."""
        if self._crowd is not None:
            self._book.end(self._crowd, end_ns)
        self._crowd = self._differs_ns = None


class WireRule:
    """Who crosses a tripwire, and in which direction."""

    def __init__(self, settings: TripwireSettings, book: Book, totals: Counter[str]) -> None:
        self._settings = settings
        self._rule = Rule(EventKind.CROSSED, settings.name, version_of(settings), settings.name)
        self._book = book
        self._totals = totals
        self._sure: dict[Watched, Point] = {}

    def watch(self, watched: Watched, now: Now) -> None:
        """Look at an object in view; it crosses where the path between two sure sides meets the wire."""
        if COCO_CLASSES[watched.class_id] not in self._settings.classes:
            return
        if watched not in self._sure:
            self._step(watched, watched.origin, now)
        self._step(watched, watched.foot, now)

    def _step(self, watched: Watched, foot: Point, now: Now) -> None:
        start, end = now.pixels(self._settings.start), now.pixels(self._settings.end)
        distance = side(start, end, foot) / math.dist(start, end)
        if abs(distance) < _MARGIN * watched.height:
            return
        before = self._sure.get(watched)
        self._sure[watched] = foot
        if before is None or not segments_cross(start, end, before, foot):
            return
        direction = "forward" if distance > 0 else "backward"
        self._totals[f"{self._settings.name}/{direction}"] += 1
        self._book.start(
            self._rule, watched, now, start_ns=watched.last_ns, end_ns=watched.last_ns, direction=direction
        )

    def leave(self, watched: Watched) -> None:
        """Note that an object is gone."""
        self._sure.pop(watched, None)
