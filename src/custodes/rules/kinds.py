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
_MARGIN = 0.03
"""An object is on a side of a tripwire once its foot is so many box heights away from the line."""


class Appearance:
    """First seen, gone."""

    def __init__(self, settings: RulesSettings, book: Book) -> None:
        self._rule = Rule(EventKind.APPEARED, "appeared", version_of(settings))
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
            self._cross(watched, stay, now)
        dwell_s = self._settings.dwell_s
        if stay.inside and stay.dwelt is None and dwell_s and now.ns - stay.since_ns >= dwell_s * NS_PER_S:
            stay.dwelt = self._book.start(self._dwell, watched, now, start_ns=stay.since_ns)

    def _cross(self, watched: Watched, stay: _Stay, now: Now) -> None:
        changed_ns = stay.differs_ns or now.ns
        stay.inside, stay.since_ns, stay.differs_ns = not stay.inside, changed_ns, None
        if stay.inside:
            self._totals[self._settings.name] += 1
            stay.entered = self._book.start(self._entry, watched, now, start_ns=changed_ns)
        else:
            self._end(watched, stay, changed_ns)

    def _end(self, watched: Watched, stay: _Stay, end_ns: int) -> None:
        for event in (stay.entered, stay.dwelt):
            if event is not None:
                self._book.end(event, end_ns, score=watched.score)
        stay.entered = stay.dwelt = None

    def leave(self, watched: Watched) -> None:
        """Note that an object is gone."""
        if stay := self._stays.pop(watched, None):
            self._end(watched, stay, watched.last_ns)

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
            self._turn(here, now)

    def _turn(self, here: Sequence[Watched], now: Now) -> None:
        self._differs_ns = None
        if self._crowd is None:
            ((most, _),) = Counter(COCO_CLASSES[one.class_id] for one in here).most_common(1)
            self._crowd = self._book.start_group(self._occupancy, most, len(here), now)
        else:
            self.close(now)

    def close(self, now: Now) -> None:
        """End a crowd that still lasts."""
        if self._crowd is not None:
            self._book.end(self._crowd, now.ns)
            self._crowd = None


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
        start, end = now.pixels(self._settings.start), now.pixels(self._settings.end)
        distance = side(start, end, watched.foot) / max(math.dist(start, end), 1e-6)
        if abs(distance) < _MARGIN * watched.height:
            return
        before = self._sure.get(watched)
        self._sure[watched] = watched.foot
        if (
            before is None
            or side(start, end, before) * distance > 0
            or not segments_cross(start, end, before, watched.foot)
        ):
            return
        direction = "forward" if distance > 0 else "backward"
        self._totals[f"{self._settings.name}/{direction}"] += 1
        self._book.start(
            self._rule, watched, now, start_ns=watched.last_ns, end_ns=watched.last_ns, direction=direction
        )

    def leave(self, watched: Watched) -> None:
        """Note that an object is gone."""
        self._sure.pop(watched, None)
