"""The zone of a recognition point in pictures of one size."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from custodes.capture.raw import RawFrame
from custodes.domain.geometry import Point, covers
from custodes.domain.tracks import Track

_MARGIN: Final = 0.25
"""How far beyond the zone is looked, in sides of it, so that the box of a face that is half outside is not cut off."""
_SIDES_PX: Final = (320, 640, 960)
"""Sides of what is searched: few, as detectors prepare for each anew."""
_UPPER: Final = 0.5
"""Share of a person's height that the head and what the hands show are in."""


@dataclass(frozen=True, slots=True, repr=False)
class View:
    """A square around the zone.

    Attributes:
        bgr: uint8 (side, side, 3); black beyond the picture.
        corner: Its left upper corner in the picture, int (2,), pixels.
    """

    bgr: NDArray[np.uint8]
    corner: NDArray[np.intp]

    def wipe(self) -> None:
        """Overwrite the pixels."""
        self.bgr.fill(0)


@dataclass(frozen=True, slots=True)
class PixelZone:
    """The zone in pictures of one size.

    Attributes:
        polygon: Its corners, pixels.
        size: Width and height of the pictures, pixels.
    """

    polygon: tuple[Point, ...]
    size: tuple[int, int]

    @classmethod
    def of(cls, zone: tuple[Point, ...], size: tuple[int, int]) -> Self:
        """Return the normalised polygon `zone` in pictures of `size`, width and height in pixels."""
        return cls(tuple((x * size[0], y * size[1]) for x, y in zone), size)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the zone, pixels."""
        columns, rows = zip(*self.polygon, strict=True)
        return min(columns), min(rows), max(columns), max(rows)

    def holds(self, xyxy: NDArray[np.floating[Any]]) -> bool:
        """Return whether the box `xyxy` (4,), pixels, lies in the zone as a whole."""
        left, top, right, bottom = (float(side) for side in xyxy)
        return covers(self.polygon, (left, top, right, bottom))

    def reached_by(self, person: Track) -> bool:
        """Return whether the upper half of a person is at the zone, in this picture."""
        if person.detected is None:
            return False
        left, top, right, bottom = (float(side) for side in person.xyxy)
        zone_left, zone_top, zone_right, zone_bottom = self.bounds
        lower = top + _UPPER * (bottom - top)
        return left < zone_right and right > zone_left and top < zone_bottom and lower > zone_top

    def view(self, frame: RawFrame) -> View:
        """Return what is searched of `frame`, which has the size that the zone is for."""
        left, top, right, bottom = self.bounds
        across, down = _MARGIN * (right - left), _MARGIN * (bottom - top)
        first = np.maximum(np.floor([left - across, top - down]), 0).astype(np.intp)
        last = np.minimum(np.ceil([right + across, bottom + down]), self.size).astype(np.intp)
        wide, high = (last - first).tolist()
        longest = max(wide, high, 1)
        side = next((one for one in _SIDES_PX if one >= longest), longest)
        x, y = (side - wide) // 2, (side - high) // 2
        square = np.zeros((side, side, 3), np.uint8)
        square[y : y + high, x : x + wide] = frame.bgr()[first[1] : last[1], first[0] : last[0]]
        return View(square, first - (x, y))
