"""Zones, tripwires and the events that rules make of tracks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from ulid import ULID

from custodes.domain.geometry import Point
from custodes.domain.time import NS_PER_S

CameraId = NewType("CameraId", str)
"""Name of a camera: 1-40 of a-z, 0-9, - and _, starting with a letter."""

STUB_CHARTER: Final = "none"
"""Charter version of cameras that run without one."""


class EventKind(StrEnum):
    """What an event reports."""

    APPEARED = "appeared"
    """A track was confirmed: first seen to gone."""
    ZONE = "zone"
    """A track was inside a zone: entered to left."""
    DWELL = "dwell"
    """A track stayed inside a zone for longer than the rule's time."""
    CROSSED = "crossed"
    """A track crossed a tripwire."""
    OCCUPANCY = "occupancy"
    """A zone held at least as many objects as the rule's number."""
    VERIFIED = "recognition.verified"
    """Somebody is the person whose pass was shown at the recognition point."""
    IDENTIFIED = "recognition.identified"
    """Somebody at the recognition point is one of those who agreed to be identified there."""
    NOT_RECOGNISED = "recognition.refused"
    """Somebody presented themselves at the recognition point, and is nobody they could be."""
    ABSTAINED = "recognition.abstained"
    """Somebody presented themselves at the recognition point, and there is no answer."""


RULE_KINDS: Final = (EventKind.APPEARED, EventKind.ZONE, EventKind.DWELL, EventKind.CROSSED, EventKind.OCCUPANCY)
"""Kinds of events that rules make; the others come of recognition."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon.

    Attributes:
        name: Unique within the camera.
        polygon: At least three points, normalised to 0-1 of the picture's width and height.
    """

    name: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tripwire:
    """A named, directed line; crossing from its left to its right side is `forward` (y points down).

    Attributes:
        name: Unique within the camera.
        start: Normalised to 0-1 of the picture's width and height.
        end: The same.
    """

    name: str
    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in front of one camera.

    Attributes:
        event_id: ULID; sorts by start time.
        camera: Which camera saw it.
        kind: What it reports.
        rule: Name of the rule that made it.
        rule_version: Digest of the rule's settings.
        charter_version: Version of the camera's charter, `STUB_CHARTER` where there is none.
        start_ns: Wall time of its start, nanoseconds since the Unix epoch.
        end_ns: Wall time of its end; None while it lasts.
        class_name: COCO class of the object.
        track_id: The camera's track, None for events of several objects.
        zone: Zone or tripwire, None for the whole picture.
        direction: `forward` or `backward` for crossings, else None.
        count: Objects that took part, at least 1.
        score: Best detection score of the track so far, 0-1.
        box_norm: Left, top, right, bottom at the event's key moment, normalised to 0-1; None without a track.
        key_ns: Wall time of the picture that `box_norm` and the thumbnail show.
        subject: Random id of the enrolment of whoever was recognised; None for everybody else.
        reason: Why recognition gave no answer; None where it gave one, and for other kinds.
    """

    event_id: str
    camera: CameraId
    kind: EventKind
    rule: str
    rule_version: str
    charter_version: str
    start_ns: int
    end_ns: int | None
    class_name: str
    track_id: int | None = None
    zone: str | None = None
    direction: str | None = None
    count: int = 1
    score: float = 0.0
    box_norm: tuple[float, float, float, float] | None = None
    key_ns: int = 0
    subject: str | None = None
    reason: str | None = None


def new_event_id(utc_ns: int) -> str:
    """Return a new ULID whose time part is `utc_ns` (nanoseconds since the Unix epoch)."""
    return str(ULID.from_timestamp(utc_ns / NS_PER_S))
