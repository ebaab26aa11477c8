"""Eyes drawn on a face: a lid that comes down over an iris, and a line of lashes."""

import cv2
import numpy as np
from numpy.typing import NDArray

SKIN = 170


def draw_eyes(
    picture: NDArray[np.uint8], eyes: tuple[tuple[int, int], ...], closed: tuple[float, ...], gaze: int = 0
) -> None:
    """Draw eyes at their places, closed by these shares, 20 pixels wide, into a face with 35 pixels between them."""
    for (x, y), share in zip(eyes, closed, strict=True):
        cv2.line(picture, (x - 11, y - 11), (x + 10, y - 12), (70, 70, 70), 3)
        cv2.ellipse(picture, (x, y), (10, 5), 0, 0, 360, (215, 215, 215), -1)
        cv2.circle(picture, (x + gaze, y), 4, (40, 40, 40), -1)
        lid = round(y - 5 + 8 * share)
        picture[y - 6 : lid, x - 11 : x + 12] = SKIN
        cv2.line(picture, (x - 8, lid - 1), (x + 8, lid - 1), (60, 60, 60), 3)
