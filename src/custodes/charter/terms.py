"""Kinds of things that charters speak of, and kinds of values that stand in them."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from custodes.charter.problems import wrong
from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import RULE_KINDS, CameraId, EventKind

MOST_HOURS: Final = 72
"""Longer retention needs a published justification (EDPB Guidelines 3/2019, par. 121)."""
LONGEST_REVIEW: Final = timedelta(days=731)
"""From adoption to review of the necessity, at most: two years, see docs/adr/0013-charter.md."""


class Kept(StrEnum):
    """What can be stored."""

    RECORDING = "recording"
    """Redacted video."""
    SEALED = "sealed"
    """Originals that only custodians together can open."""
    EVENT = "event"
    """Rows about what happened, without imagery."""
    THUMBNAIL = "thumbnail"
    """Redacted pictures of events."""


class RecognitionMode(StrEnum):
    """Ways to recognise people who enrolled."""

    VERIFY = "verify"
    """One to one: is this the person whose pass was shown?"""
    IDENTIFY = "identify"
    """One to a small gallery of people who consented."""


class DeletionReason(StrEnum):
    """Why something is deleted."""

    EXPIRED = "expired"
    """Its retention period is over; always allowed."""
    DISK_SPACE = "disk space"
    """The disk is full."""
    ERASURE_REQUEST = "erasure request"
    """A data subject asked for it."""


Item = TypeVar("Item", bound=str)


def as_a_set(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return `items` in order, each once: what is said twice, or in another order, is the same charter."""
    return tuple(sorted(set(items)))


def _known_class(name: str) -> str:
    if name not in COCO_CLASSES:
        raise wrong("custodes knows no such class", "write COCO classes, such as person, bicycle, car, bus, truck, dog")
    return name


def _camera_id(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", text):
        raise wrong("it is no camera id", "write 1-40 of a-z, 0-9, - and _, starting with a letter")
    return text


def _made_by_a_rule(kind: EventKind) -> EventKind:
    if kind not in RULE_KINDS:
        raise wrong("no rule makes such events", "leave it out; recognition has a table of its own")
    return kind


def _early(reason: DeletionReason) -> DeletionReason:
    if reason is DeletionReason.EXPIRED:
        raise wrong("what expired is always deleted", "leave it out")
    return reason


def _rising(distances: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted(set(distances)))


def _https(text: str) -> str:
    if text and not re.fullmatch(r"https://[\w.-]+\S*", text):
        raise wrong("it is no https:// address", "write the whole address, such as https://example.org/contract-7")
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise wrong("it is no ISO 4217 code", "write three capital letters, such as EUR or RSD")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=2000)]
Optional = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Hours = Annotated[int, Field(strict=True, ge=0, le=87_600)]
Flag = Annotated[bool, Field(strict=True)]
Amount = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Count = Annotated[int, Field(strict=True, ge=0)]
Score = Annotated[float, Field(strict=True, gt=0, le=1)]

CameraName = Annotated[CameraId, AfterValidator(_camera_id)]
ClassName = Annotated[str, AfterValidator(_known_class)]
RuleKind = Annotated[EventKind, AfterValidator(_made_by_a_rule)]
Early = Annotated[DeletionReason, AfterValidator(_early)]
Link = Annotated[Optional, AfterValidator(_https)]
Currency = Annotated[str, AfterValidator(_currency)]
Distances = Annotated[tuple[Annotated[float, Field(gt=0, le=10_000)], ...], AfterValidator(_rising)]


class Part(BaseModel):
    """A table of a charter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
