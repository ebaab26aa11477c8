"""Zones, tripwires, and what makes an event."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.events import Tripwire, Zone

_USUAL = ("person", "bicycle", "car", "motorcycle", "bus", "truck")

Norm = Annotated[float, Field(ge=0, le=1)]
PointNorm = tuple[Norm, Norm]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w][\w .-]*$")]


def _known(classes: tuple[str, ...]) -> tuple[str, ...]:
    for name in classes:
        if name not in COCO_CLASSES:
            msg = f"{name!r} is no COCO class; person, bicycle, car, bus, truck, dog are some"
            raise ValueError(msg)
    return classes


Classes = Annotated[tuple[str, ...], AfterValidator(_known)]


class ZoneSettings(BaseModel):
    """A part of the picture; an object is in it when its foot point, the middle of its lower edge, is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="Unique among the camera's zones and tripwires.")
    polygon: tuple[PointNorm, ...] = Field(
        min_length=3, max_length=64, description="Corners, each x and y as shares (0-1) of the picture's sides."
    )
    classes: Classes = Field(default=_USUAL, description="Classes of objects that count.")
    entries: bool = Field(default=True, description="Report and count objects that come in.")
    dwell_s: float | None = Field(default=None, gt=0, description="Report objects that stay longer, in seconds.")
    occupancy: int | None = Field(default=None, ge=1, description="Report when at least so many objects are inside.")

    def to_zone(self) -> Zone:
        """Return the polygon alone."""
        return Zone(self.name, self.polygon)


class TripwireSettings(BaseModel):
    """A directed line; crossing it from its left to its right (seen from start to end) is `forward`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="Unique among the camera's zones and tripwires.")
    start: PointNorm = Field(description="Start, x and y as shares (0-1) of the picture's sides.")
    end: PointNorm = Field(description="End, likewise.")
    classes: Classes = Field(default=_USUAL, description="Classes of objects that count.")

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            msg = "start and end are the same point"
            raise ValueError(msg)
        return self

    def to_tripwire(self) -> Tripwire:
        """Return the line alone."""
        return Tripwire(self.name, self.start, self.end)


class RulesSettings(BaseModel):
    """All rules of one camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zones: tuple[ZoneSettings, ...] = Field(default=(), description="Polygons to watch.")
    tripwires: tuple[TripwireSettings, ...] = Field(default=(), description="Lines to watch.")
    appeared: Classes = Field(default=_USUAL, description="Classes whose coming and going is an event of its own.")
    confirm_s: float = Field(
        default=0.6, ge=0, le=60, description="An object seen for less than this makes no event, in seconds."
    )
    grace_s: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="An object out of sight for less than this, and back at about the same place, never left; seconds.",
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [zone.name for zone in self.zones] + [wire.name for wire in self.tripwires]
        if len(set(names)) < len(names):
            msg = "two zones or tripwires have the same name"
            raise ValueError(msg)
        return self
