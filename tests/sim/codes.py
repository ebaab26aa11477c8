"""Reading QR codes, as a patient reader does: OpenCV's now and then misses one at one size and reads it at another."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZES = (1.0, 0.75, 0.5, 1.5, 2.0)


def read_code(picture: NDArray[np.uint8]) -> str:
    """Return what the QR code in a picture says, empty where none can be read."""
    for size in _SIZES:
        scaled = cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        if text := cv2.QRCodeDetector().detectAndDecode(scaled)[0]:
            return str(text)
    return ""


def read_png(data: bytes) -> str:
    """Return what the QR code of a PNG says."""
    return read_code(np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8))
