"""Films of people at a door: photographs of faces on a wall, with a pass beside them or without."""

import io
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from custodes.capture.raw import RawFrame
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.identity import Pass, Template
from custodes.perceive.embed import FaceLocator, aligned
from custodes.perceive.embed.base import Embedder

WIDTH, HEIGHT = 640, 480
ZONE = ((0.25, 0.1), (0.98, 0.1), (0.98, 0.95), (0.25, 0.95))
"""Holds faces that are pasted at `AT`, and passes beside them."""
AT = (220, 120)
OUTSIDE = (0, 120)
"""Left upper corners of a face in the zone, and of one that is not, pixels."""

Picture = NDArray[np.uint8]


def portrait(fixtures: Path, person: int, number: int, scale: float = 2.0) -> Picture:
    """Return one of ten photographs (h, w, 3) of one of 40 people."""
    picture = cv2.imread(str(fixtures / f"faces_orl/s{person}/{number}.pgm"))
    assert picture is not None
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)


def wall(
    *faces: tuple[Picture, tuple[int, int]],
    shown: Pass | None = None,
    shown_at: tuple[int, int] = (440, 200),
    seed: int = 0,
) -> Picture:
    """Return a picture (480, 640, 3) of a wall with `faces` at their places, and a pass of 170 pixels."""
    scene = _empty_wall(seed % 4).copy()
    for face, (left, top) in faces:
        high, wide = face.shape[:2]
        scene[top : top + high, left : left + wide] = face
    if shown is not None:
        left, top = shown_at
        scene[top : top + 170, left : left + 170] = _printed(shown)
    return scene


@lru_cache
def _printed(shown: Pass) -> Picture:
    code = np.asarray(Image.open(io.BytesIO(shown.png())).convert("RGB"))
    return np.asarray(cv2.resize(code, (170, 170), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache
def _empty_wall(seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 2, (HEIGHT, WIDTH, 3))
    return np.clip(np.array((120, 125, 118)) + noise, 0, 255).astype(np.uint8)


def template(embedder: Embedder, locator: FaceLocator, photos: Iterable[Picture]) -> Template:
    """Return the template of a person on `photos`."""
    rows = []
    for photo in photos:
        faces = locator.locate(photo)
        rows.append(embedder.embed(aligned(photo, faces.points[0])[None])[0])
    mean = np.mean(rows, axis=0)
    return Template((mean / np.linalg.norm(mean)).astype(np.float32))


def frame(picture: Picture, utc_ns: int) -> RawFrame:
    """Return `picture` as a camera would have sent it at `utc_ns`."""
    video = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
    return RawFrame(video, MediaTime(utc_ns // 1_000_000, Fraction(1, 1000), utc_ns))


def film(path: Path, pictures: Iterable[Picture], fps: int = 10) -> Path:
    """Write `pictures` as a video."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"g": str(fps), "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(pictures):
            one = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            one.pts, one.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(one))
        out.mux(stream.encode(None))
    return path


def at(seconds: float, start_ns: int) -> int:
    """Return the wall time `seconds` after `start_ns`."""
    return start_ns + round(seconds * NS_PER_S)
