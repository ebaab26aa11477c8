"""From tracks to events: who came and went, was in which zone for how long, crossed which line."""

from collections import Counter
from collections.abc import Sequence

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import STUB_CHARTER, CameraId, Event
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track
from custodes.rules.book import Book, Now
from custodes.rules.kinds import Appearance, WireRule, ZoneRule
from custodes.rules.objects import Scene, Watched
from custodes.rules.settings import RulesSettings


class RuleEngine:
    """The rules of one camera. Pure: time and tracks come in, events go out.

    Attributes:
        totals: Crossings by `tripwire/direction` and entries by zone since the start.

    Args:
        camera: Whose.
        settings: Its rules.
        charter_version: Stamped on each event.
    """

    def __init__(self, camera: CameraId, settings: RulesSettings, *, charter_version: str = STUB_CHARTER) -> None:
        self.totals: Counter[str] = Counter()
        self._settings = settings
        self._scene = Scene(settings.grace_s)
        self._book = Book(camera, charter_version)
        self._confirm_ns = round(settings.confirm_s * NS_PER_S)
        self._now = Now(0, 1, 1)
        self._appeared = Appearance(settings, self._book)
        self._zones = [ZoneRule(zone, self._book, self.totals) for zone in settings.zones]
        self._wires = [WireRule(wire, self._book, self.totals) for wire in settings.tripwires]

    @property
    def occupancy(self) -> dict[str, int]:
        """Objects in view now, by class name."""
        return dict(Counter(COCO_CLASSES[one.class_id] for one in self._present()))

    def update(self, tracks: Sequence[Track], width: int, height: int, utc_ns: int) -> list[Event]:
        """Add the tracks of one picture of `width` x `height` pixels taken at `utc_ns`; return new and changed events.

        An event comes once when it starts and again, with the same id, when it ends or has a better picture. Where
        the size changes, the view may have, so everything ends and starts anew.
        """
        ended = [] if (width, height) == (self._now.width, self._now.height) else self.close()
        now = self._now = Now(utc_ns, width, height)
        gone = self._scene.update(tracks, utc_ns)
        present = self._present()
        for watched in gone:
            self._leave(watched)
        for watched in present:
            self._appeared.watch(watched, now)
            for zone in self._zones:
                zone.watch(watched, now)
            for wire in self._wires:
                wire.watch(watched, now)
        for zone in self._zones:
            zone.count(present, now)
        return ended + self._book.take()

    def close(self) -> list[Event]:
        """End everything that still lasts when it was last seen; return the ended events."""
        for watched in self._scene.objects:
            self._leave(watched)
        for zone in self._zones:
            zone.close(self._now.ns)
        self._scene.objects.clear()
        return self._book.take()

    def _present(self) -> list[Watched]:
        """Return the objects in view that have been seen long enough to count."""
        now_ns = self._now.ns
        return [
            one for one in self._scene.objects if one.present(now_ns) and one.last_ns - one.first_ns >= self._confirm_ns
        ]

    def _leave(self, watched: Watched) -> None:
        self._appeared.leave(watched)
        for zone in self._zones:
            zone.leave(watched)
        for wire in self._wires:
            wire.leave(watched)
