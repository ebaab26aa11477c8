"""Whether a camera has been covered, painted over or blinded: nothing is in its picture any more."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.time import NS_PER_S

_LONG_SIDE: Final = 160
"""Pictures are looked at in this size, pixels."""
_LEAST_SPREAD: Final = 6.0
"""Standard deviation of brightness (0-255) below which a picture shows nothing. Of the clips that custodes is measured
on, an empty road from above has the least, 9.7; a dark picture with noise of 5 to 30 has 1 to 4.6."""
_SETTLED_NS: Final = 10 * NS_PER_S
"""It counts once it has lasted so long, and is over once the picture has been good for as long."""


class TamperWatch:
    """Follows one camera's pictures.

    Attributes:
        covered: Whether the picture has shown nothing for a while.
    """

    def __init__(self) -> None:
        self.covered = False
        self._differs_ns: int | None = None

    def changed(self, luma: NDArray[np.uint8], now_ns: int) -> bool:
        """Look at a picture, and return whether `covered` has changed by it.

        Args:
            luma: uint8 (h, w), brightness; a view of the decoder's plane will do.
            now_ns: When it was taken, nanoseconds since the Unix epoch.
        """
        scale = min(_LONG_SIDE / max(luma.shape), 1.0)
        size = (max(round(luma.shape[1] * scale), 1), max(round(luma.shape[0] * scale), 1))
        blank = float(cv2.resize(luma, size, interpolation=cv2.INTER_AREA).std()) < _LEAST_SPREAD
        if blank == self.covered:
            self._differs_ns = None
            return False
        if self._differs_ns is None:
            self._differs_ns = now_ns
        if now_ns - self._differs_ns < _SETTLED_NS:
            return False
        self.covered, self._differs_ns = blank, None
        return True
