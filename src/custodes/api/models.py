"""What the API answers with, and how domain values become it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from custodes.api.context import CameraInfo
from custodes.charter import Charter, Kept
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.time import to_iso
from custodes.record.forecast import Amount

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""ISO 8601 in UTC with milliseconds."""


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)


class Status(Answer):
    """How a camera is doing now."""

    state: CameraState = Field(description="What the camera is doing.")
    reason: str = Field(description="Why, in words.")
    since: Instant = Field(description="Since when it has been in this state.")
    width: int = Field(description="Picture width in pixels, 0 while unknown.")
    height: int = Field(description="Picture height in pixels, 0 while unknown.")
    codec: str = Field(description="Codec the camera sends, empty while unknown.")
    fps: float = Field(description="Pictures a second received lately.")
    analysed_fps: float = Field(description="Pictures a second analysed lately; low while nothing moves.")
    dropped: int = Field(description="Pictures that analysis or recording skipped since the start for want of CPU.")
    blanked: int = Field(description="Pictures blanked since the start because redaction failed or was late.")
    recording: bool = Field(description="Whether redacted recordings are being written.")
    occupancy: dict[str, int] = Field(description="Objects in view now, by class.")
    totals: dict[str, int] = Field(description="Crossings (`tripwire/direction`) and zone entries since the start.")
    prompt: str = Field(
        description="What the person at the recognition point is asked to do now: look `ahead`, turn to their own "
        "`left` or `right`, close the `eyes`, or come `closer`; empty where nobody is asked anything."
    )
    answer: str = Field(
        description="How the last attempt at the recognition point ended, for five seconds: `recognised`, "
        "`not_recognised`, or why there is no answer (such as `invalid`, `unseen`, `too_alike`). It names nobody; "
        "empty otherwise."
    )

    @classmethod
    def of(cls, status: CameraStatus) -> Self:
        """Return `status` as the API shows it."""
        return cls(
            state=status.state,
            reason=status.reason,
            since=to_iso(status.since_ns),
            width=status.width,
            height=status.height,
            codec=status.codec,
            fps=status.fps,
            analysed_fps=status.analysed_fps,
            dropped=status.dropped,
            blanked=status.blanked,
            recording=status.recording,
            occupancy=status.occupancy,
            totals=status.totals,
            prompt=status.prompt,
            answer=status.answer,
        )


class ZoneShape(Answer):
    """A zone, for drawing over the picture."""

    name: str = Field(description="Unique within the camera.")
    polygon: tuple[tuple[float, float], ...] = Field(description="Corners, 0-1 of the picture's width and height.")


class TripwireShape(Answer):
    """A tripwire, for drawing over the picture; crossing from its left to its right is `forward`."""

    name: str = Field(description="Unique within the camera.")
    start: tuple[float, float] = Field(description="0-1 of the picture's width and height.")
    end: tuple[float, float] = Field(description="0-1 of the picture's width and height.")


class CharterExtract(Answer):
    """What a camera's charter says about looking at it; the whole of it is in the register."""

    version: str = Field(description="SHA-256 of its canonical form.")
    controller: str = Field(description="Who answers for the camera.")
    purpose: str = Field(description="What the camera is for.")
    live: bool = Field(description="Whether the live picture may be watched.")
    playback: bool = Field(description="Whether recordings may be played.")
    search: bool = Field(description="Whether events may be searched.")
    recipients: list[str] = Field(description="To whom recordings or events may be exported.")

    @classmethod
    def of(cls, charter: Charter) -> Self:
        """Return what the API shows of `charter`."""
        return cls(
            version=charter.version,
            controller=charter.controller.name,
            purpose=charter.purpose.statement,
            live=charter.show.live,
            playback=charter.show.playback,
            search=charter.show.search,
            recipients=[
                one.name for one in charter.recipients if not {Kept.RECORDING, Kept.EVENT}.isdisjoint(one.receives)
            ],
        )


class Camera(Answer):
    """A configured camera."""

    id: CameraId = Field(description="Its id.")
    name: str = Field(description="Its name for people.")
    zones: tuple[ZoneShape, ...] = Field(description="Its zones.")
    tripwires: tuple[TripwireShape, ...] = Field(description="Its tripwires.")
    charter: CharterExtract | None = Field(description="What it may do; null where it has none, and so is dark.")
    status: Status | None = Field(description="How it is doing; null until its worker has said so.")

    @classmethod
    def of(cls, camera: CameraId, info: CameraInfo, charter: Charter | None, status: CameraStatus | None) -> Self:
        """Return the camera as the API shows it."""
        return cls(
            id=camera,
            name=info.name,
            zones=tuple(ZoneShape(name=zone.name, polygon=zone.polygon) for zone in info.zones),
            tripwires=tuple(TripwireShape(name=w.name, start=w.start, end=w.end) for w in info.tripwires),
            charter=CharterExtract.of(charter) if charter else None,
            status=Status.of(status) if status else None,
        )


class CameraList(Answer):
    """All configured cameras."""

    items: list[Camera] = Field(description="In order of their ids.")


class EventItem(Answer):
    """Something that happened in front of a camera."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    event_id: str = Field(description="ULID; sorts by start.")
    camera: CameraId = Field(description="The camera that saw it.")
    kind: EventKind = Field(description="What it reports.")
    rule: str = Field(description="The rule that made it.")
    rule_version: str = Field(description="Digest of the rule's settings.")
    charter_version: str = Field(description="Version of the camera's charter; `none` without one.")
    start: Instant = Field(description="When it started.")
    end: Instant | None = Field(description="When it ended; null while it lasts.")
    class_name: str = Field(serialization_alias="class", description="COCO class of the object.")
    track_id: int | None = Field(description="The camera's track; null for events of several objects.")
    zone: str | None = Field(description="Zone or tripwire; null for the whole picture.")
    direction: str | None = Field(description="`forward` or `backward` for crossings.")
    count: int = Field(description="Objects that took part.")
    score: float = Field(description="Best detection score of the track, 0-1.")
    box: tuple[float, float, float, float] | None = Field(
        description="Left, top, right, bottom at the key moment, 0-1 of the picture's width and height."
    )
    key: Instant = Field(description="The moment that box and thumbnail show.")
    thumbnail: str | None = Field(description="Address of the redacted thumbnail; null until there is one.")
    subject: str | None = Field(
        description="Random number of the enrolment of whoever was recognised; null for everybody else."
    )
    reason: str | None = Field(description="Why recognition gave no answer; null where it gave one.")

    @classmethod
    def of(cls, event: Event, *, thumbnail: bool) -> Self:
        """Return the event as the API shows it."""
        return cls(
            event_id=event.event_id,
            camera=event.camera,
            kind=event.kind,
            rule=event.rule,
            rule_version=event.rule_version,
            charter_version=event.charter_version,
            start=to_iso(event.start_ns),
            end=None if event.end_ns is None else to_iso(event.end_ns),
            class_name=event.class_name,
            track_id=event.track_id,
            zone=event.zone,
            direction=event.direction,
            count=event.count,
            score=round(event.score, 3),
            box=event.box_norm,
            key=to_iso(event.key_ns or event.start_ns),
            thumbnail=f"/api/v1/events/{event.event_id}/thumbnail.jpg" if thumbnail else None,
            subject=event.subject,
            reason=event.reason,
        )


class EventPage(Answer):
    """Events, newest first."""

    items: list[EventItem] = Field(description="The events of this page.")
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null on the last.")


class SegmentItem(Answer):
    """A piece of redacted recording."""

    id: str = Field(description="Its id.")
    start: Instant = Field(description="Wall time of its first picture.")
    end: Instant = Field(description="Wall time of its end.")
    bytes: int = Field(description="Size of the file.")
    url: str = Field(description="Address of the fragmented MP4.")


class GapItem(Answer):
    """An interval in which nothing was received or recorded."""

    start: Instant = Field(description="When it started.")
    end: Instant = Field(description="When it ended.")
    reason: str = Field(description="Why, in words.")


class Recordings(Answer):
    """What was recorded in an interval."""

    segments: list[SegmentItem] = Field(description="In order of time.")
    gaps: list[GapItem] = Field(description="In order of time.")


class DiskUse(Answer):
    """What one kind takes at one camera."""

    used_bytes: int = Field(description="Bytes now.")
    bytes_per_day: int = Field(description="Bytes that a day of recording takes, as measured in the last day.")
    needed_bytes: int = Field(description="Bytes that it will take once retention deletes what is too old.")
    goes: Instant | None = Field(description="When the oldest of it goes; null where there is none, or all is held.")

    @classmethod
    def of(cls, amount: Amount) -> Self:
        """Return `amount` as the API shows it."""
        goes = None if amount.goes_ns is None else to_iso(amount.goes_ns)
        return cls(
            used_bytes=amount.used_bytes,
            bytes_per_day=amount.bytes_per_day,
            needed_bytes=amount.needed_bytes,
            goes=goes,
        )


class CameraDisk(Answer):
    """What one camera takes of the disk."""

    camera: CameraId = Field(description="Id of the camera.")
    recordings: DiskUse = Field(description="Redacted recordings.")
    sealed: DiskUse = Field(description="Originals under seal.")


class Forecast(Answer):
    """What recordings and sealed originals take, and will take if they go on as in the last day."""

    used_bytes: int = Field(description="Bytes of all recordings and sealed originals now.")
    bytes_per_day: int = Field(description="Bytes that a day of recording takes, as measured in the last day.")
    needed_bytes: int = Field(description="Bytes that they will take once retention deletes what is too old.")
    full_in_s: float | None = Field(description="Seconds until the disk is full; null where all that is needed fits.")
    free_bytes: int = Field(description="Bytes free on their disk.")
    total_bytes: int = Field(description="Size of their disk in bytes.")
    cameras: list[CameraDisk] = Field(description="The same by camera, in order of their ids.")


class System(Answer):
    """The server itself."""

    version: str = Field(description="Version of custodes.")
    started: Instant = Field(description="When the server started.")
    uptime_s: float = Field(description="Seconds since then.")
    now: Instant = Field(description="The server's wall time.")
    cameras: int = Field(description="Configured cameras.")
    disk: Forecast = Field(description="The disk of recordings and sealed originals.")
