"""Five points of a head, and of a picture of one, before a pinhole camera."""

import numpy as np
from numpy.typing import NDArray

from custodes.perceive.pad import Sight

Points = NDArray[np.float64]

HEAD: Points = np.array(
    [(-0.032, 0.0, 0.0), (0.032, 0.0, 0.0), (0.0, 0.034, -0.027), (-0.026, 0.068, -0.004), (0.026, 0.068, -0.004)]
)
"""Eyes, tip of the nose, corners of the mouth, metres: to the right, down, away from the camera."""
PICTURE: Points = HEAD * (1, 1, 0)
NOSE = 0.027 / 0.064
"""Height of the nose in distances between the eyes, about."""
FOCAL_PX = 700.0


def rotation(turn: float, tilt: float = 0.0, roll: float = 0.0) -> Points:
    """Return the matrix of turns in degrees; `turn` above 0 looks to the right side of the picture."""
    (sy, cy), (sx, cx), (sz, cz) = ((np.sin(a), np.cos(a)) for a in np.radians([-turn, tilt, roll]))
    upright = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    level = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    return np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ level @ upright


def projected(
    body: Points,
    turn: float = 0.0,
    tilt: float = 0.0,
    roll: float = 0.0,
    at: tuple[float, float, float] = (0.0, 0.0, 0.7),
) -> NDArray[np.float32]:
    """Return the points (5, 2) of `body` in a picture of 640x480, pixels."""
    space = body @ rotation(turn, tilt, roll).T + at
    return (space[:, :2] / space[:, 2:] * FOCAL_PX + (320, 240)).astype(np.float32)


def sight(points: NDArray[np.float32], at_s: float, *, good: bool = True, closed: float = 0.0) -> Sight:
    """Return the sight of a face with these points, at `at_s` seconds."""
    middle, size = points.mean(axis=0), float(np.ptp(points[:, 1])) * 2
    box = np.array([*(middle - 0.4 * size), *(middle + 0.5 * size)], np.float32)
    return Sight(round(at_s * 1e9), box, points, good, closed)
