"""Reading the pass that somebody holds into the zone."""

from typing import Final

import cv2
import numpy as np

from custodes.domain.errors import IntegrityError
from custodes.domain.time import NS_PER_S
from custodes.identity import Pass
from custodes.recognition.zone import PixelZone, View

_EVERY_NS: Final = round(0.3 * NS_PER_S)
"""Pictures are searched for codes this often, nanoseconds."""


class PassReader:
    """Finds passes in pictures of one camera; QR codes of others are not looked at any further."""

    def __init__(self) -> None:
        # The older detector of OpenCV misses one clean code in fifty.
        self._detector = cv2.QRCodeDetectorAruco()
        self._last_ns: int | None = None

    def read(self, view: View, zone: PixelZone, utc_ns: int) -> Pass | None:
        """Return a pass that lies in the zone, None where there is none or it is not time to look again.

        Args:
            view: The surroundings of the zone.
            zone: The zone.
            utc_ns: Wall time of the picture.
        """
        if self._last_ns is not None and 0 <= utc_ns - self._last_ns < _EVERY_NS:
            return None
        self._last_ns = utc_ns
        grey = cv2.cvtColor(view.bgr, cv2.COLOR_BGR2GRAY)
        found, texts, corners, _ = self._detector.detectAndDecodeMulti(grey)
        if not found or corners is None:
            return None
        for text, code in zip(texts, np.asarray(corners, np.float32), strict=True):
            box = np.concatenate([code.min(axis=0), code.max(axis=0)]) + np.tile(view.corner, 2)
            if text and zone.holds(box) and (shown := _parsed(text)):
                return shown
        return None


def _parsed(text: str) -> Pass | None:
    try:
        return Pass.parse(text)
    except IntegrityError:
        return None
