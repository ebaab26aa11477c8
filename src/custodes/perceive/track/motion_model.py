"""A Kalman filter of one box that moves at a nearly constant velocity.

Centre and size are four quantities with the same noise in units of the box's height, so one 2 x 2 covariance of
position and velocity serves all four (the usual filter of the SORT family, without the entries that stay equal). It is
kept as its three different numbers.
"""

import numpy as np
from numpy.typing import NDArray

_MEASURED = 0.06
"""Standard deviation of a detection's centre and size, in box heights (DeepSORT takes 0.05)."""
_ACCELERATION = 1.0
"""Standard deviation of the acceleration, in box heights per square second; pedestrians change speed slowly."""
_FIRST_SPEED = 0.3
"""Standard deviation of the unknown first velocity, in box heights per second; walking covers about 0.8."""


class MovingBox:
    """Estimate of one box.

    Attributes:
        xyxy: float64 (4,), pixels.
    """

    def __init__(self, xyxy: NDArray[np.floating]) -> None:
        self._position = _to_centre(xyxy)
        self._velocity = np.zeros(4)
        self._position_variance = _MEASURED**2
        self._velocity_variance = _FIRST_SPEED**2
        self._covariance = 0.0

    @property
    def xyxy(self) -> NDArray[np.float64]:
        """The box, pixels (4,)."""
        centre, half = self._position[:2], self._position[2:] / 2
        return np.concatenate([centre - half, centre + half])

    def predict(self, dt_s: float) -> None:
        """Move on by `dt_s` seconds; the size is kept, as its velocity is mostly noise."""
        self._position[:2] += self._velocity[:2] * dt_s
        shifted, sped = dt_s**2 / 2 * _ACCELERATION, dt_s * _ACCELERATION
        self._position_variance += dt_s * (2 * self._covariance + dt_s * self._velocity_variance) + shifted**2
        self._covariance += dt_s * self._velocity_variance + shifted * sped
        self._velocity_variance += sped**2

    def update(self, xyxy: NDArray[np.floating]) -> None:
        """Correct by a detection."""
        innovation = self._position_variance + _MEASURED**2
        of_position, of_velocity = self._position_variance / innovation, self._covariance / innovation
        error = _to_centre(xyxy) - self._position
        self._position += of_position * error
        self._velocity += of_velocity * error
        self._velocity_variance -= of_velocity * self._covariance
        self._position_variance -= of_position * self._position_variance
        self._covariance -= of_position * self._covariance


def _to_centre(xyxy: NDArray[np.floating]) -> NDArray[np.float64]:
    low, high = np.asarray(xyxy[:2], np.float64), np.asarray(xyxy[2:], np.float64)
    return np.concatenate([(low + high) / 2, high - low])
