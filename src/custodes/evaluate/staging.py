"""Photos of faces as a camera would see them: as prints, flat or bent, and as screens.

A pinhole camera looks at a square of paper or of a screen, of 24 cm, on which a face is about as large as life. Each
ray is followed to where it meets the paper, so perspective is exact.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
VIEW_PX: Final = 320
"""Width and height of what the camera sees."""
PRINT_PX: Final = 384
"""Width and height of a print."""
_PRINT_M: Final = 0.24
_GROWN: Final = 1.6
"""Side of a print over the longer side of the box of the face on it."""
_FOCAL_PX: Final = 480.0
_WALL: Final = (118, 125, 120)
_NOISE: Final = 3.0
_SCREEN_PX: Final = 192
_GAMMA: Final = 1.15
_GRID: Final = 0.8
_JPEG: Final = 70
_APART: Final = 0.232
"""Distance between the eyes on a print, and where they are from its top, as shares of its side; about."""
_EYES_AT: Final = 0.428
_LIGHT: Final = (0.6, 1.25)


@dataclass(frozen=True, slots=True)
class Pose:
    """How a print is held.

    Attributes:
        turn: About the upright axis, degrees, above 0 where a head turned so looks to the right side of the picture.
        tilt: About the level axis, degrees.
        roll: In the plane of the picture, degrees.
        at: Where its middle is, metres: to the right, down, away from the camera.
        radius: Of the upright cylinder that it is bent around, metres; infinite where it is flat.
    """

    turn: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0
    at: tuple[float, float, float] = (0.0, 0.0, 0.6)
    radius: float = np.inf


def printed(photo: Picture, box: NDArray[np.floating]) -> Picture:
    """Return the square around the face of `box` (4,), pixels, in a photo (h, w, 3), as a print (384, 384, 3)."""
    side = float((box[2:] - box[:2]).max()) * _GROWN
    left, top = (box[:2] + box[2:]) / 2 - side / 2
    scale = PRINT_PX / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    found = cv2.warpAffine(photo, matrix, (PRINT_PX, PRINT_PX), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.uint8)


def on_screen(picture: Picture) -> Picture:
    """Return a print as a screen shows it: fewer pixels with gaps between them, another gamma, coded once more."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    coded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    shown = cv2.resize(coded, (_SCREEN_PX, _SCREEN_PX), interpolation=cv2.INTER_AREA)
    bright = 255 * (np.asarray(shown, np.float64) / 255) ** _GAMMA
    each = 3 * PRINT_PX // _SCREEN_PX
    grid = np.full((each, each, 1), 1.0)
    grid[-1:], grid[:, -1:] = _GRID, _GRID
    return np.clip(np.kron(bright, grid), 0, 255).astype(np.uint8)


def seen(picture: Picture, pose: Pose, rng: np.random.Generator) -> Picture:
    """Return what a camera sees (320, 320, 3) of a print or a screen of any size that is held so, with noise."""
    turned = _rotation(pose)
    rays = _rays() @ turned
    camera = -np.asarray(pose.at) @ turned
    across, down, met = _flat(camera, rays) if np.isinf(pose.radius) else _bent(camera, rays, pose.radius)
    side = picture.shape[0]
    columns, rows = (part / _PRINT_M * side + side / 2 - 0.5 for part in (across, down))
    columns[~met] = -2.0 * side
    if side > PRINT_PX:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), side / PRINT_PX / 2), np.uint8)
    view = cv2.remap(
        picture,
        columns.astype(np.float32),
        rows.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_WALL,
    )
    noise = rng.standard_normal(view.shape, np.float32) * np.float32(_NOISE)
    return np.asarray(np.clip(view + noise, 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _rays() -> NDArray[np.float64]:
    rows, columns = np.mgrid[:VIEW_PX, :VIEW_PX] - (VIEW_PX - 1) / 2
    return np.stack([columns / _FOCAL_PX, rows / _FOCAL_PX, np.ones_like(rows)], axis=-1)


def _rotation(pose: Pose) -> NDArray[np.float64]:
    (sy, cy), (sx, cx), (sz, cz) = (
        (np.sin(angle), np.cos(angle)) for angle in np.radians([-pose.turn, pose.tilt, pose.roll])
    )
    upright = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    level = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    return np.asarray(np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ level @ upright)


_Met = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


def _flat(camera: NDArray[np.float64], rays: NDArray[np.float64]) -> _Met:
    """Return where rays meet the plane z = 0, metres, and whether they do."""
    along = -camera[2] / rays[..., 2]
    return camera[0] + along * rays[..., 0], camera[1] + along * rays[..., 1], along > 0


def _bent(camera: NDArray[np.float64], rays: NDArray[np.float64], radius: float) -> _Met:
    """Return where rays meet the cylinder that touches z = 0 from behind, unrolled, metres, and whether they do."""
    x, z = camera[0], camera[2] - radius
    a = rays[..., 0] ** 2 + rays[..., 2] ** 2
    b = 2 * (x * rays[..., 0] + z * rays[..., 2])
    inside = b**2 - 4 * a * (x**2 + z**2 - radius**2)
    along = (-b - np.sqrt(np.maximum(inside, 0))) / (2 * a)
    angle = np.arctan2(x + along * rays[..., 0], -(z + along * rays[..., 2]))
    return radius * angle, camera[1] + along * rays[..., 1], (inside > 0) & (along > 0)


def covered(picture: Picture, width: float, rng: np.random.Generator) -> Picture:
    """Return a print with something like a finger across both eyes, of the face's own light.

    Args:
        picture: As `printed` makes it.
        width: Of the finger, in distances between the eyes.
        rng: Decides where it lies and how light it is.
    """
    apart, middle = _APART * PRINT_PX, np.array([0.5, _EYES_AT]) * PRINT_PX
    middle[1] += rng.normal(0, 0.05) * apart
    corners = cv2.boxPoints((tuple(middle.tolist()), (4 * apart, width * apart), float(rng.normal(0, 4))))
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2.0), np.float32)[..., None]
    cheeks = picture[round(0.5 * PRINT_PX) : round(0.6 * PRINT_PX), round(0.35 * PRINT_PX) : round(0.65 * PRINT_PX)]
    round_ = 1 - 0.15 * ((np.arange(PRINT_PX)[:, None, None] - middle[1]) / max(width * apart / 2, 1)) ** 2
    finger = np.median(cheeks, axis=(0, 1)) * rng.uniform(0.8, 1.15) * round_
    finger = finger + rng.normal(0, _NOISE, picture.shape)
    return np.asarray(np.clip(picture * (1 - mask) + finger * mask, 0, 255), np.uint8)


def shaded(view: Picture, rng: np.random.Generator) -> Picture:
    """Return what a camera sees when the light comes from another side, is weaker or stronger, as chance has it."""
    left, right, top, bottom = rng.uniform(*_LIGHT, 4).tolist()
    light = np.outer(np.linspace(top, bottom, VIEW_PX), np.linspace(left, right, VIEW_PX))
    return np.asarray(np.clip(view * light[..., None], 0, 255), np.uint8)
