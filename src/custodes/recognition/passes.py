"""Reading the pass that somebody holds into the zone."""

from itertools import cycle
from typing import Final

import cv2
import numpy as np

from custodes.domain.errors import IntegrityError
from custodes.domain.time import NS_PER_S
from custodes.identity import Pass
from custodes.recognition.zone import PixelZone, View

_EVERY_NS: Final = round(0.3 * NS_PER_S)
"""Pictures are searched for codes this often, nanoseconds."""
_SCALES: Final = (1.5, 1.0)
"""By how much pictures are enlarged, one after another: OpenCV misses some codes in one size and not in another."""


class PassReader:
    """Finds passes in pictures of one camera; QR codes of others are not looked at any further.

    Pictures are looked at in two sizes by turns. Of 900 passes on real backgrounds, tilted by up to 25 degrees, with
    modules of 3.5, 5 and 7 pixels, sharp or softened, 23 were missed as they are, one enlarged, none in both; of 80 of
    2.5 pixels 12 and 6, one in both. Without a code in it a picture of 640x640 takes 5.7 CPU-ms enlarged, and 3
    as it is, so that looking at both each time would take 8.7, and by turns 4.4.
    """

    def __init__(self) -> None:
        # The older detector of OpenCV misses one clean code in fifty.
        self._detector = cv2.QRCodeDetectorAruco()
        self._scales = cycle(_SCALES)
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
        scale = next(self._scales)
        grey = cv2.resize(cv2.cvtColor(view.bgr, cv2.COLOR_BGR2GRAY), None, fx=scale, fy=scale)
        found, texts, corners, _ = self._detector.detectAndDecodeMulti(grey)
        if not found or corners is None:
            return None
        for text, code in zip(texts, np.asarray(corners, np.float32) / scale, strict=True):
            box = np.concatenate([code.min(axis=0), code.max(axis=0)]) + np.tile(view.corner, 2)
            if text and zone.holds(box) and (shown := _parsed(text)):
                return shown
        return None


def _parsed(text: str) -> Pass | None:
    try:
        return Pass.parse(text)
    except IntegrityError:
        return None
