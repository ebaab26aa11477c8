"""How far the tip of the nose moves against eyes and mouth when a face turns.

Eyes and corners of the mouth lie nearly in one plane. Whatever a flat picture does before a camera, turn, tilt, come
closer, an affine map nearly describes where its points go, and the tip of the nose with them (weak perspective). The
nose of a head stands out of that plane: when the head turns by an angle a, its tip strays from there by the height of
the nose times sin a, about .4 sin a in distances between the eyes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST_RELIEF: Final = 0.12
"""From here on a face has turned. docs/adr/0025-presentation-attacks.md says how it was chosen."""
LEAST_SHORTENING: Final = 0.75
"""Below this nothing is said: it is a turn by more than 40 degrees, and in pictures turned so far the points are placed
as if a head had turned."""
WINDOW: Final = 3
"""Sights in a row whose median counts."""
_TINY: Final = 1e-9
_FLAT: Final = [0, 1, 3, 4]
_NOSE: Final = 2


class Side(StrEnum):
    """A side to turn to, as the person who turns sees it."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def sign(self) -> int:
        """Return 1 where the nose moves to the right side of the picture, which is the person's left, else -1."""
        return 1 if self is Side.LEFT else -1


@dataclass(frozen=True, slots=True)
class Parallax:
    """What the points of a face say about how it turned.

    Attributes:
        relief: How far the tip of the nose strays from where it would be on a flat picture, along the line between the
            eyes, in distances between them as they were at the beginning; above 0 towards the right side of the
            picture. The measure is scaled with the picture of the face but not shortened with it.
        shortening: 0-1, how much the face is narrower in one direction than in the other, against the beginning: the
            cosine of the angle for what turned from facing the camera.
        scale: How much larger the face is than at the beginning, in the direction in which it grew the most.
    """

    relief: float
    shortening: float
    scale: float

    def towards(self, side: Side) -> float:
        """Return the relief towards `side`; 0 where the face turned too far to tell."""
        return side.sign * self.relief if self.shortening >= LEAST_SHORTENING else 0.0


def reference(points: Sequence[NDArray[np.floating[Any]]]) -> NDArray[np.float64]:
    """Return the medians, float64 (5, 2), of the points of a face that faced the camera, one or more of (5, 2)."""
    return np.asarray(np.median(np.asarray(points, np.float64), axis=0), np.float64)


def parallax(before: NDArray[np.floating[Any]], now: NDArray[np.floating[Any]]) -> Parallax | None:
    """Return how a face turned between `before` and `now`; None where points lie in one line or in one place.

    The affine map that takes eyes and corners of the mouth from one to the other is that of least squares.

    Args:
        before: (5, 2), as in `custodes.perceive.detect.yunet.PointedFaces`.
        now: Of the same shape.
    """
    source, target = before.astype(np.float64), now.astype(np.float64)
    known = np.column_stack([source[_FLAT], np.ones(len(_FLAT))])
    solution, _, rank, _ = np.linalg.lstsq(known, target[_FLAT], rcond=None)
    largest, smallest = np.linalg.svd(solution[:2], compute_uv=False)
    apart, axis = float(np.hypot(*(source[1] - source[0]))), target[1] - target[0]
    length = float(np.hypot(*axis))
    if rank < known.shape[1] or not min(smallest / max(largest, _TINY), apart, length) > _TINY:
        return None
    stray = target[_NOSE] - np.append(source[_NOSE], 1.0) @ solution
    return Parallax(
        relief=float(stray @ axis) / length / (apart * float(largest)),
        shortening=float(smallest / largest),
        scale=float(largest),
    )
