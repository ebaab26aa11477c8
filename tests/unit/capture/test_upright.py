"""Pictures come upright and with square pixels, whatever the container says of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from custodes.capture import open_file
from custodes.capture.upright import Upright

WIDTH, HEIGHT = 96, 64
CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom right": (-1, -1), "bottom left": (-1, 0)}


def write(path: Path, *, turn: int = 0, aspect: Fraction | None = None) -> Path:
    """Write a dark video whose top left corner, as coded, is bright."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"qp": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn:
            stream.set_display_rotation(turn)
        for number in range(5):
            pixels = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            pixels[:HEIGHT] = 30
            pixels[: HEIGHT // 4, : WIDTH // 4] = 200
            picture = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("turn", "size", "corner"),
    [
        (0, (WIDTH, HEIGHT), "top left"),
        (-90, (HEIGHT, WIDTH), "top right"),
        (180, (WIDTH, HEIGHT), "bottom right"),
        (90, (HEIGHT, WIDTH), "bottom left"),
    ],
)
def test_pictures_are_turned_as_the_file_says(tmp_path: Path, turn: int, size: tuple[int, int], corner: str) -> None:
    frames = list(open_file(write(tmp_path / "a.mp4", turn=turn), start_ns=0).frames())
    assert {(frame.width, frame.height) for frame in frames} == {size}
    luma = frames[2].luma()
    bright = {name for name, place in CORNERS.items() if luma[place] > 150}
    assert bright == {corner}
    assert frames[2].bgr().shape == (size[1], size[0], 3)
    assert [frame.time.utc_ns for frame in frames] == [number * 100_000_000 for number in range(5)]
    assert [frame.key for frame in frames] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("aspect", "width"),
    [
        (Fraction(2), 192),
        (Fraction(1, 2), 48),
        (Fraction(16, 11), 140),
        (Fraction(100, 99), WIDTH),
        (Fraction(50), WIDTH),
    ],
)
def test_pixels_are_made_square(tmp_path: Path, aspect: Fraction, width: int) -> None:
    frame = next(open_file(write(tmp_path / "a.mp4", aspect=aspect)).frames())
    assert (frame.width, frame.height) == (width, HEIGHT)
    assert frame.luma()[HEIGHT // 8, width // 8] > 150
    assert frame.luma()[HEIGHT // 2, width // 2] < 50


def test_what_is_upright_is_not_copied() -> None:
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    assert Upright()(picture, Fraction(1)) is picture
