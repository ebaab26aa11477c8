"""How finely a camera resolves what is how far away, and what that allows.

Both follow from the optics that a charter states: `p = w / (2 d tan(a / 2))` for a picture `w` pixels wide, a
horizontal angle of view `a` and a distance `d` along the middle of the view, as any lens without distortion has it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from custodes.charter.model import Charter


class Level(StrEnum):
    """What so many pixels a metre allow a person who looks at the picture to do, the coarsest first."""

    MONITOR = "monitor"
    """Tell that people are there, how many and which way they go."""
    DETECT = "detect"
    """Tell surely whether somebody is there."""
    OBSERVE = "observe"
    """Make out characteristic details, such as clothing."""
    RECOGNISE = "recognise"
    """Say whether it is somebody one has seen before."""
    IDENTIFY = "identify"
    """Establish who a stranger is."""
    INSPECT = "inspect"
    """See details, such as scars or stains."""


PX_PER_M: Final[Mapping[Level, float]] = MappingProxyType(
    {
        Level.MONITOR: 12.5,
        Level.DETECT: 25.0,
        Level.OBSERVE: 62.5,
        Level.RECOGNISE: 125.0,
        Level.IDENTIFY: 250.0,
        Level.INSPECT: 1000.0,
    }
)
"""Pixels a metre that each level takes, by IEC 62676-4:2014. Later editions divide it into other classes."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Optics of a camera.

    Attributes:
        width_px: Pixels across the picture.
        angle_deg: Horizontal angle of view, less than 180.
        distances_m: Distances that the charter asks to be stated, rising.
    """

    width_px: int
    angle_deg: float
    distances_m: tuple[float, ...] = ()

    def px_per_m(self, distance_m: float) -> float:
        """Return how many pixels a metre across the view has at a distance of more than nothing."""
        return self.width_px / self._scene_m(distance_m)

    def reach_m(self, level: Level) -> float:
        """Return up to which distance the pixels suffice for `level`, metres."""
        return self.width_px / (PX_PER_M[level] * self._scene_m(1.0))

    def allows(self, distance_m: float) -> Level | None:
        """Return the finest level that the pixels suffice for at a distance, None where they do for none."""
        found = [level for level in Level if self.px_per_m(distance_m) >= PX_PER_M[level] * (1 - 1e-9)]
        return found[-1] if found else None

    def _scene_m(self, distance_m: float) -> float:
        return 2 * distance_m * math.tan(math.radians(self.angle_deg) / 2)


def resolution(charter: Charter) -> Resolution | None:
    """Return what `charter` states of the optics, None where it states none."""
    optics, angle = charter.optics, charter.field_of_view.width_deg
    if optics is None or angle is None:
        return None
    return Resolution(optics.image_width_px, angle, optics.distances_m)
