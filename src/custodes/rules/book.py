"""Writing events down: starting, improving and ending them."""

import hashlib
from dataclasses import dataclass, replace

from pydantic import BaseModel

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import CameraId, Event, EventKind, new_event_id
from custodes.domain.geometry import Point
from custodes.rules.objects import Watched

_BETTER = 2.0
"""A picture of an object replaces the one that an event shows when the object is so many times larger in it."""


@dataclass(frozen=True, slots=True)
class Now:
    """One picture, as rules see it.

    Attributes:
        ns: Wall time.
        width: Pixels.
        height: Pixels.
    """

    ns: int
    width: int
    height: int

    def norm(self, point: Point) -> Point:
        """Return a point in pixels as shares of the picture's sides."""
        return point[0] / self.width, point[1] / self.height

    def pixels(self, point: Point) -> Point:
        """Return a normalised point in pixels."""
        return point[0] * self.width, point[1] * self.height


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event says about the rule that made it.

    Attributes:
        kind: What it reports.
        name: Of the rule.
        version: Digest of its settings.
        zone: Zone or tripwire, None for the whole picture.
    """

    kind: EventKind
    name: str
    version: str
    zone: str | None = None


def version_of(settings: BaseModel, *, exclude: set[str] | None = None) -> str:
    """Return a digest of a rule's settings, 16 hex digits: equal settings have equal versions, on every machine."""
    return hashlib.sha256(settings.model_dump_json(exclude=exclude).encode()).hexdigest()[:16]


class Book:
    """Collects what is new until it is taken.

    Args:
        camera: Whose events.
        charter_version: Stamped on each.
    """

    def __init__(self, camera: CameraId, charter_version: str) -> None:
        self._camera = camera
        self._charter_version = charter_version
        self._new: dict[str, Event] = {}

    def take(self) -> list[Event]:
        """Return events started or changed since the last call."""
        events = list(self._new.values())
        self._new.clear()
        return events

    def start(
        self,
        rule: Rule,
        watched: Watched,
        now: Now,
        *,
        start_ns: int,
        end_ns: int | None = None,
        direction: str | None = None,
    ) -> Event:
        """Start an event about one object; with `end_ns` it is over at once."""
        return self._note(
            Event(
                event_id=new_event_id(start_ns),
                camera=self._camera,
                kind=rule.kind,
                rule=rule.name,
                rule_version=rule.version,
                charter_version=self._charter_version,
                start_ns=start_ns,
                end_ns=end_ns,
                class_name=COCO_CLASSES[watched.class_id],
                track_id=watched.track_id,
                zone=rule.zone,
                direction=direction,
                score=round(watched.score, 3),
                box_norm=_box_norm(watched, now),
                key_ns=watched.last_ns,
            )
        )

    def start_group(self, rule: Rule, class_name: str, count: int, now: Now, *, start_ns: int) -> Event:
        """Start an event about several objects."""
        return self._note(
            Event(
                event_id=new_event_id(start_ns),
                camera=self._camera,
                kind=rule.kind,
                rule=rule.name,
                rule_version=rule.version,
                charter_version=self._charter_version,
                start_ns=start_ns,
                end_ns=None,
                class_name=class_name,
                zone=rule.zone,
                count=count,
                key_ns=now.ns,
            )
        )

    def end(self, event: Event, end_ns: int, *, score: float | None = None) -> None:
        """End an event."""
        final = max(event.score, round(score or 0.0, 3))
        self._note(replace(event, end_ns=max(end_ns, event.start_ns), score=final))

    def improve(self, event: Event, watched: Watched, now: Now) -> Event:
        """Return `event`, with a better picture where the object is much larger by now."""
        box = _box_norm(watched, now)
        if watched.last_ns != now.ns or _area(box) < _BETTER * _area(event.box_norm):
            return event
        return self._note(replace(event, box_norm=box, key_ns=now.ns, score=round(watched.score, 3)))

    def recount(self, event: Event, count: int) -> Event:
        """Return `event` with the largest number of objects so far."""
        return event if count <= event.count else self._note(replace(event, count=count))

    def _note(self, event: Event) -> Event:
        self._new[event.event_id] = event
        return event


def _box_norm(watched: Watched, now: Now) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in watched.box)
    corners = (left / now.width, top / now.height, right / now.width, bottom / now.height)
    first, second, third, fourth = (round(min(max(value, 0.0), 1.0), 4) for value in corners)
    return first, second, third, fourth


def _area(box: tuple[float, float, float, float] | None) -> float:
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])
