"""Small videos whose pictures tell their own number."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

STEP = 6
"""Luma levels between one picture and the next; levels survive compression better than that."""


def make_video(
    path: Path,
    *,
    frames: int = 30,
    fps: int = 10,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    audio: bool = False,
    **options: str,
) -> Path:
    """Write `frames` flat pictures (at most 36) whose luma is 16 + `STEP` * number; `options` go to the encoder."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options={"g": "10", **options})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        sound = out.add_stream("aac", rate=48_000, layout="mono") if audio else None
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_planes(size, number), format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(picture.reformat(format=pix_fmt)))
        out.mux(stream.encode(None))
        if sound is not None:
            out.mux(_silence(sound, frames / fps))
    return path


def number_of(luma: np.ndarray) -> int:
    """Return the number that a picture of `make_video` tells."""
    return round((float(luma.mean()) - 16) / STEP)


def make_sound(path: Path) -> Path:
    """Write a file that holds sound only."""
    with av.open(str(path), "w") as out:
        out.mux(_silence(out.add_stream("aac", rate=48_000, layout="mono"), 1.0))
    return path


def _planes(size: tuple[int, int], number: int) -> np.ndarray:
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 16 + STEP * number
    return planes


def _silence(stream: av.AudioStream, seconds: float) -> list[av.Packet]:
    packets: list[av.Packet] = []
    for number in range(round(seconds * 48_000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, number * 1024
        packets += stream.encode(frame)
    return packets + stream.encode(None)
