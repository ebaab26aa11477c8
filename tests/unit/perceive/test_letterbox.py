"""Fitting pictures into a network's input, and boxes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.perceive.letterbox import fit, letterbox

SIDES = st.integers(1, 4000)


@given(SIDES, SIDES)
def test_the_input_holds_the_scaled_picture_and_little_more(width, height):
    wide, high = fit(width, height, (640, 384), 32)
    assert wide % 32 == high % 32 == 0
    assert 32 <= wide <= 640
    assert 32 <= high <= 384
    scale = min(640 / width, 384 / height)
    assert wide - 32 <= width * scale + 0.5
    assert wide >= width * scale - 0.5
    assert high - 32 <= height * scale + 0.5
    assert high >= height * scale - 0.5


def test_usual_cameras():
    assert fit(1920, 1080, (640, 384), 32) == (640, 384)
    assert fit(768, 576, (640, 384), 32) == (512, 384)
    assert fit(1080, 1920, (640, 384), 32) == (224, 384)


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_picture_lies_in_the_top_left_and_the_rest_is_grey(width, height):
    boxed, scale = letterbox(np.full((height, width, 3), 250, np.uint8), 96, 64)
    assert boxed.shape == (64, 96, 3)
    assert scale == pytest.approx(min(96 / width, 64 / height))
    wide, high = max(round(width * scale), 1), max(round(height * scale), 1)
    assert (boxed[:high, :wide] == 250).all()
    assert (boxed[high:] == 114).all()
    assert (boxed[:, wide:] == 114).all()


@pytest.mark.parametrize("size", [(1280, 720), (200, 100), (70, 300)])
def test_a_place_in_the_input_leads_back_to_its_place_in_the_picture(size):
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    x, y = round(width * 0.7), round(height * 0.4)
    picture[y - height // 20 : y + height // 20, x - width // 20 : x + width // 20] = 255
    boxed, scale = letterbox(picture, 320, 192)
    rows, columns = np.nonzero(boxed[: round(height * scale), : round(width * scale), 0] > 127)
    assert (columns.mean() + 0.5) / scale == pytest.approx(x, abs=1.5 / scale)
    assert (rows.mean() + 0.5) / scale == pytest.approx(y, abs=1.5 / scale)


def test_shrinking_averages_instead_of_skipping():
    stripes = np.zeros((800, 800, 3), np.uint8)
    stripes[:, ::2] = 200
    boxed, _ = letterbox(stripes, 80, 80)
    assert np.abs(boxed.astype(int) - 100).max() <= 2
