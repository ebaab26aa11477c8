"""Which photos are one picture, saved twice: copies of every kind are, two photographs of one person are not."""

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from custodes.app.same_picture import Sketch, sketch
from custodes.domain.detections import Detections
from custodes.perceive.embed import load_locator, load_photo

LOCATOR = load_locator(thorough=True)


def portrait(fixtures: Path, person: int, number: int) -> Image.Image:
    photo = Image.open(fixtures / f"faces_orl/s{person}/{number}.pgm").convert("RGB")
    return ImageOps.expand(photo.resize((184, 224)), 40, (128, 128, 128))


def sketched(photo: Image.Image, quality: int | None = None) -> Sketch:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality) if quality else photo.save(file, "PNG")
    bgr = load_photo(file.getvalue())
    return sketch(bgr, LOCATOR.locate(bgr).found)


def scaled(factor: float) -> Callable[[Image.Image], Image.Image]:
    return lambda photo: photo.resize((round(photo.width * factor), round(photo.height * factor)))


@pytest.mark.needs_fixtures
@pytest.mark.parametrize("quality", [None, 50, 95])
@pytest.mark.parametrize("change", [scaled(1), scaled(0.95), scaled(1.05), scaled(0.5)])
def test_a_photo_saved_again_is_the_same_picture(
    fixtures: Path, change: Callable[[Image.Image], Image.Image], quality: int | None
) -> None:
    photo = portrait(fixtures, 1, 1)
    one, again = sketched(photo), sketched(change(photo), quality)
    assert one.same(again)
    assert again.same(one)


@pytest.mark.needs_fixtures
@pytest.mark.parametrize("person", [1, 9, 24])
def test_no_two_photographs_of_a_person_are_the_same_picture(fixtures: Path, person: int) -> None:
    photos = [sketched(portrait(fixtures, person, number)) for number in range(1, 11)]
    assert [pair for pair in itertools.permutations(photos, 2) if pair[0].same(pair[1])] == []


@pytest.mark.parametrize("box", [(-9, -9, 0, 0), (100, 80, 120, 90), (50, 40, 50.001, 40.001)])
def test_a_face_at_the_edge_and_a_picture_without_contrast_can_be_compared(box: tuple[float, ...]) -> None:
    found = Detections(np.array([box], np.float32), np.ones(1, np.float32), np.zeros(1, np.int32))
    flat = sketch(np.full((80, 100, 3), 90, np.uint8), found)
    assert flat.correlation(flat) == 0
