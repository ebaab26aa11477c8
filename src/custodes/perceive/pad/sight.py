"""What is kept of a face from one picture to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sight:
    """A face in the zone, as seen in one picture: where it is, and nothing of what it looks like but one number.

    Attributes:
        utc_ns: Wall time of the picture, nanoseconds since the Unix epoch.
        xyxy: float32 (4,), its box, pixels.
        points: float32 (5, 2), its points as in `custodes.perceive.detect.yunet.PointedFaces`, pixels.
        good: Whether it is good enough to be compared; one that is not may be turned away or blurred.
        closed: How far both eyes are closed, as `custodes.perceive.pad.Eyes` says; 0 where nobody looked.
    """

    utc_ns: int
    xyxy: NDArray[np.float32]
    points: NDArray[np.float32]
    good: bool = True
    closed: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        """Middle of the box, pixels."""
        left, top, right, bottom = (float(side) for side in self.xyxy)
        return (left + right) / 2, (top + bottom) / 2

    @property
    def height(self) -> float:
        """Height of the box, pixels."""
        return float(self.xyxy[3] - self.xyxy[1])
