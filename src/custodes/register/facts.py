"""What a register is made of: plain facts, gathered by whoever calls, and nothing that asks a clock or a disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from custodes.charter import Charter, lapsed, not_assessed
from custodes.identity.attempts import Tally
from custodes.register.ground import Ground
from custodes.store import Figures


class Standing(StrEnum):
    """Whether a camera may run, and if not, why."""

    CHARTERED = "chartered"
    """Its charter holds."""
    MISSING = "missing"
    """It has no charter."""
    INVALID = "invalid"
    """What stands for its charter is not valid, or two charters name it."""
    EARLY = "early"
    """Its charter holds from a later day on."""
    LAPSED = "lapsed"
    """The review of the necessity is overdue."""
    UNSIGNED = "unsigned"
    """Its charter lacks a signature without which it does not count."""
    CHANGED = "changed"
    """Its configuration is not the one that the impact assessment is about."""
    ABSENT = "absent"
    """It has a charter, but is not connected."""


@dataclass(frozen=True, slots=True)
class ModelFact:
    """A model that looks at pictures.

    Attributes:
        name: Short name.
        purpose: What it finds.
        licence: SPDX expression, or whatever is known.
        source: Where it is from.
        digest: SHA-256 of its weights, hex; empty where it is not known.
        caveat: What to know before relying on it; may be empty.
    """

    name: str
    purpose: str
    licence: str
    source: str
    digest: str
    caveat: str


@dataclass(frozen=True, slots=True)
class Component:
    """A package that is installed.

    Attributes:
        name: Normalised name.
        version: Its version.
        licence: As the package states it, empty where it does not.
    """

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class LogFact:
    """What the published log says.

    Attributes:
        checkpoint: The signed checkpoint, as published.
        origin: Name of the log.
        size: Number of leaves.
        newest_s: Time of the newest leaf, seconds since the Unix epoch; None where there is none.
        counts: Number of leaves by camera (empty text: none or several) and type.
    """

    checkpoint: str
    origin: str
    size: int
    newest_s: int | None
    counts: Mapping[str, Mapping[str, int]]

    def count(self, camera: str, kind: str) -> int:
        """Return how many leaves of `camera` are of type `kind`, or below it, as `unseal.open` is below `unseal`."""
        found = self.counts.get(camera, {})
        return sum(number for type_, number in found.items() if f"{type_}.".startswith(f"{kind}."))


@dataclass(frozen=True, slots=True)
class CameraFact:
    """One camera.

    Attributes:
        id: Its id.
        name: Name shown to people.
        charter: Its charter, None where it has none that is valid.
        problem: Why what stands for its charter cannot be used, empty where there is no such thing.
        unsigned_by: Names of those who have to sign the charter before it counts, and have not.
        settings: Its settings as JSON, every field; None where it is not connected.
        configuration: `custodes.charter.configuration_hash`; empty without charter or settings.
        figures: What the store has of it, None where it has nothing.
        enrolling: Attempts of people to enrol there, counted; None where nobody ever tried.
    """

    id: str
    name: str
    charter: Charter | None = None
    problem: str = ""
    unsigned_by: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None
    configuration: str = ""
    figures: Figures | None = None
    enrolling: Tally | None = None

    def standing(self, day: date) -> tuple[Standing, str]:
        """Return whether the camera may run on `day` (UTC), and the reason in words, empty where it may."""
        if self.charter is None:
            return (Standing.INVALID, self.problem) if self.problem else (Standing.MISSING, "it has no charter")
        when = Standing.EARLY if day < self.charter.adopted else Standing.LAPSED
        signers = " and ".join(self.unsigned_by)
        reasons = (
            (Standing.ABSENT, "" if self.settings is not None else "it has a charter, but is not connected"),
            (when, lapsed(self.charter, day)),
            (Standing.UNSIGNED, f"its charter lacks the signature of {signers}" if signers else ""),
            (Standing.CHANGED, not_assessed(self.charter, self.configuration)),
        )
        return next((one for one in reasons if one[1]), (Standing.CHARTERED, ""))


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a register is made of.

    Attributes:
        day: The day (UTC) it is made for: whether charters hold depends on it.
        software: Name and version of what made it.
        cameras: Every camera, configured or chartered.
        models: The models that look at pictures.
        components: The installed packages.
        log: The published log, None where there is none.
        detector: Settings of the detector as JSON.
        ground: What lies under the map.
    """

    day: date
    software: str
    cameras: tuple[CameraFact, ...]
    models: tuple[ModelFact, ...] = ()
    components: tuple[Component, ...] = ()
    log: LogFact | None = None
    detector: Mapping[str, Any] = field(default_factory=dict)
    ground: Ground = field(default_factory=Ground)
