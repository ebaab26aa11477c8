"""Whether anything moves in a picture, from its brightness alone."""

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class MotionSettings(BaseModel):
    """When a picture counts as moving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: int = Field(
        default=14, ge=3, le=100, description="Brightness (0-255) by which a pixel must differ from the background."
    )
    least_share: float = Field(
        default=0.0004, gt=0, lt=1, description="Share of the picture that must differ for it to count as moving."
    )
    hold: int = Field(
        default=10, ge=0, le=1000, description="Analysed pictures that still count as moving after the last motion."
    )


_LONG_SIDE = 320
"""Pictures are compared at this size, pixels."""
_LEARN = 0.05
"""Share of each picture that the background takes over: a thing that stays fades into it within some seconds."""
_EVERY = 4
"""The usual change of brightness is taken from every so many rows and columns."""
_EVERYWHERE = 0.6
"""A change of more than this share of the picture is light, not motion, once it is over."""


class MotionGate:
    """Compares each picture with a slowly learned background, at a small size.

    Args:
        settings: Thresholds.
    """

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._background: NDArray[np.float32] | None = None
        self._left = 0

    def moved(self, luma: NDArray[np.uint8]) -> bool:
        """Return whether something moves in a picture, or did within the last `hold` pictures.

        Args:
            luma: uint8 (h, w), brightness; a view of the decoder's plane will do.
        """
        scale = min(_LONG_SIDE / max(luma.shape), 1.0)
        width, height = (max(round(side * scale), 1) for side in (luma.shape[1], luma.shape[0]))
        sample = cv2.resize(luma, (width, height), interpolation=cv2.INTER_NEAREST)
        small = np.asarray(cv2.blur(sample, (3, 3)), np.float32)
        if self._background is None or self._background.shape != small.shape:
            self._background = small
            self._left = 0
            return True
        # The usual brightness follows a lamp or a cloud at once, so that only local changes are left.
        change = small - self._background
        usual = np.median(change[::_EVERY, ::_EVERY])
        share = float(np.count_nonzero(np.abs(change - usual) > self._settings.threshold)) / change.size
        rate = 1.0 if share > _EVERYWHERE else _LEARN
        cv2.accumulateWeighted(small, self._background, rate)
        if share >= self._settings.least_share:
            self._left = self._settings.hold
            return True
        if self._left == 0:
            return False
        self._left -= 1
        return True
