"""Whether a photo is good enough to enrol with, and if not, what to change.

The limits of light and sharpness were measured with the default locator and embedder on the 400 pictures of the ORL
faces, made worse step by step. As they are, two in a thousand of one person's pairs stay below a cosine of .45 and no
picture is refused; where two in a hundred do, most pictures are. docs/adr/0020-face-embedding.md has the figures, and
`python -m bench.photo_limits` measures them again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.perceive.detect.yunet import PointedFaces
from custodes.perceive.embed.align import aligned

LEAST_HEIGHT_PX: Final = 64
"""Height of the face's box. On LFW, smaller faces match less often: .95 of pairs at 64, .91 at 48, .71 at 32."""
LEAST_SHARPNESS: Final = 0.15
"""Of pictures blurred with 1.5 pixels in 93 of the face, more than half have less."""
MOST_YAW: Final = 0.25
"""About 24 degrees; no harm was measured up to it, and nothing beyond."""
PITCH: Final = (0.45, 0.70)
"""As measured in the pictures as they are, .49 to .67, and a little more."""
LEAST_BRIGHT: Final = 50.0
"""Brightness, 0-255, that a twentieth of the face must reach: with a fifth of the light all pictures have less. It is
not the mean, so that dark skin in good light is not called dark."""
MOST_SATURATED: Final = 0.4
"""Share of the face that is white. With 1.75 times the light, three quarters of the pictures have more."""
_SATURATED: Final = 250
_SURE: Final = 0.6
"""Score from which another face is certainly one."""
_COMPARABLE: Final = 0.4
"""Height, as a share of the subject's, from which another face makes it unclear whose photo this is."""
_SKIN: Final = (slice(24, 104), slice(20, 92))
"""Rows and columns of an aligned face from the forehead to the chin."""


class Flaw(StrEnum):
    """What is wrong with a photo; the value is for programs, `advice` for people."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"

    @property
    def advice(self) -> str:
        """Return what to change, one sentence without a full stop."""
        return _ADVICE[self]


_ADVICE: Final = {
    Flaw.NO_FACE: "no face was found: take the photo from the front, with the whole face in it and nothing covering it",
    Flaw.SEVERAL_FACES: "there are several faces: take the photo with one person alone, or cut the others away",
    Flaw.TOO_SMALL: f"the face is too small: come closer, until it is at least {LEAST_HEIGHT_PX} pixels tall",
    Flaw.BLURRED: "the face is blurred: hold still, wipe the lens, and let the camera focus on the face",
    Flaw.TURNED_AWAY: "the face is turned away: look straight into the camera, at the height of the eyes",
    Flaw.TOO_DARK: "the face is too dark: face the light, and do not stand in front of a window",
    Flaw.TOO_BRIGHT: "the face is too bright: step out of the direct light, or turn the flash off",
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on the face that a photo is of.

    Attributes:
        height_px: Height of its box, pixels.
        sharpness: Standard deviation of the Laplacian of the aligned face over that of its brightness.
        yaw: How far the tip of the nose lies beside the middle of eyes and mouth, in distances between the eyes;
            above 0 towards the right side of the picture.
        pitch: How far it lies below the eyes, as a share of the way to the mouth.
        bright: Brightness 0-255 that a twentieth of the face reaches.
        saturated: Share 0-1 of the face that is white.
    """

    height_px: float
    sharpness: float
    yaw: float
    pitch: float
    bright: float
    saturated: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a photo is like.

    Attributes:
        flaws: Why it cannot be enrolled with, the first to change first; empty if it can.
        measures: Of its face, None where there is none.
        face: uint8 (112, 112, 3), BGR, aligned, None where there is none.
    """

    flaws: tuple[Flaw, ...]
    measures: Measures | None
    face: NDArray[np.uint8] | None


def assess(bgr: NDArray[np.uint8], faces: PointedFaces) -> Assessment:
    """Return whether a photo will do.

    Args:
        bgr: uint8 (h, w, 3).
        faces: What `FaceLocator.locate` found in it.
    """
    if not len(faces.found):
        return Assessment((Flaw.NO_FACE,), None, None)
    face = aligned(bgr, faces.points[0])
    measures = measure(face, faces.points[0], float(faces.found.xyxy[0, 3] - faces.found.xyxy[0, 1]))
    several = (Flaw.SEVERAL_FACES,) if _several(faces) else ()
    return Assessment(several + flaws(measures), measures, face)


def measure(face: NDArray[np.uint8], points: NDArray[np.float32], height_px: float) -> Measures:
    """Return what an aligned face (112, 112, 3) and its points (5, 2) in the photo say about it."""
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), np.float32)[_SKIN]
    yaw, pitch = _pose(points.astype(np.float64))
    return Measures(
        height_px=height_px,
        sharpness=float(np.std(np.asarray(cv2.Laplacian(grey, cv2.CV_32F))) / max(float(grey.std()), 1.0)),
        yaw=yaw,
        pitch=pitch,
        bright=float(np.percentile(grey, 95)),
        saturated=float((grey >= _SATURATED).mean()),
    )


def flaws(measures: Measures) -> tuple[Flaw, ...]:
    """Return what is wrong with a face that was measured so."""
    wrong = {
        Flaw.TOO_SMALL: measures.height_px < LEAST_HEIGHT_PX,
        Flaw.TOO_DARK: measures.bright < LEAST_BRIGHT,
        Flaw.TOO_BRIGHT: measures.saturated > MOST_SATURATED,
        Flaw.TURNED_AWAY: abs(measures.yaw) > MOST_YAW or not PITCH[0] <= measures.pitch <= PITCH[1],
        Flaw.BLURRED: measures.sharpness < LEAST_SHARPNESS,
    }
    return tuple(flaw for flaw, found in wrong.items() if found)


def _several(faces: PointedFaces) -> bool:
    heights = faces.found.xyxy[:, 3] - faces.found.xyxy[:, 1]
    others = (faces.found.score >= _SURE) & (heights >= _COMPARABLE * heights[0])
    return bool(others[1:].any())


def _pose(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return yaw and pitch as in `Measures`, with the line between the eyes as the horizontal."""
    left, right, nose, *corners = points
    eyes, mouth = (left + right) / 2, np.mean(corners, axis=0)
    across = right - left
    apart = max(float(np.hypot(*across)), 1e-6)
    across = across / apart
    down = np.array([-across[1], across[0]])
    length = float((mouth - eyes) @ down)
    yaw = float((nose - (eyes + mouth) / 2) @ across) / apart
    return yaw, float((nose - eyes) @ down) / length if length > 0 else 0.0
