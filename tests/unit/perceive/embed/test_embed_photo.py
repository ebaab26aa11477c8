"""Photos as people bring them."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from custodes.domain.errors import CaptureError
from custodes.perceive.embed.photo import LONGEST_PX, load_photo
from sim.heic import heic

RED, GREEN, BLUE, WHITE = (200, 30, 40), (30, 190, 50), (20, 40, 210), (255, 255, 255)


def quarters(side=64):
    """Four colours: red and green above, blue and white below, twice as wide as high."""
    rgb = np.zeros((side, 2 * side, 3), np.uint8)
    half = side // 2
    rgb[:half, :side], rgb[:half, side:], rgb[half:, :side], rgb[half:, side:] = RED, GREEN, BLUE, WHITE
    return rgb


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def corners(bgr):
    """Return the colours (RGB) in the middle of the four quarters."""
    height, width = bgr.shape[:2]
    return np.array([bgr[y, x, ::-1] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)])


def assert_like(bgr, colours=(RED, GREEN, BLUE, WHITE), within=12):
    assert (bgr.dtype, bgr.ndim, bgr.shape[2], bgr.flags.c_contiguous) == (np.uint8, 3, 3, True)
    assert np.abs(corners(bgr).astype(int) - np.array(colours)).max() <= within


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "PPM"])
def test_colours_come_as_they_are(kind):
    bgr = load_photo(saved(Image.fromarray(quarters()), kind))
    assert bgr.shape == (64, 128, 3)
    assert_like(bgr)


def test_a_file_is_read_by_its_path(tmp_path):
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(quarters())))
    assert_like(load_photo(tmp_path / "a.png"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright_as_their_exif_says(kind, orientation):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = Image.fromarray(quarters())
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_like(load_photo(saved(stored, kind, exif=exif)))


def test_heic_is_read_and_upright():
    assert_like(load_photo(heic(quarters())), within=20)
    turned = load_photo(heic(quarters(), turns=1))
    assert turned.shape == (128, 64, 3)
    assert_like(turned, (GREEN, WHITE, RED, BLUE), within=20)


def test_what_is_transparent_lies_on_white():
    rgba = np.dstack([quarters(), np.full((64, 128), 255, np.uint8)])
    rgba[:32, :64, 3] = 0
    rgba[:32, 64:, 3] = 128
    green = tuple((np.array(GREEN) + WHITE) // 2)
    assert_like(load_photo(saved(Image.fromarray(rgba, "RGBA"))), (WHITE, green, BLUE, WHITE))


def test_a_palette_with_transparency_lies_on_white():
    image = Image.fromarray(quarters()).quantize(4)
    red = image.getpixel((5, 5))
    assert_like(load_photo(saved(image, transparency=red)), (WHITE, GREEN, BLUE, WHITE))


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_becomes_three_equal_colours(mode):
    bgr = load_photo(saved(Image.fromarray(quarters()).convert(mode)))
    assert bgr.shape == (64, 128, 3)
    assert (bgr[..., 0] == bgr[..., 1]).all()
    assert bgr[60, 120, 0] == 255
    assert bgr[5, 5, 0] < 120


@pytest.mark.parametrize("most", [255, 65535])
def test_pgm_of_eight_and_sixteen_bits(most):
    kind = ">u2" if most > 255 else "u1"
    ramp = np.tile(np.linspace(0, most, 256), (40, 1)).astype(kind)
    bgr = load_photo(b"P5\n# a comment\n256 40\n%d\n" % most + ramp.tobytes())
    assert bgr.shape == (40, 256, 3)
    assert np.abs(bgr[20, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_png_of_sixteen_bits():
    ramp = np.tile(np.linspace(0, 65535, 256), (40, 1)).astype(np.uint16)
    bgr = load_photo(saved(Image.fromarray(ramp)))
    assert np.abs(bgr[20, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_cmyk_jpeg_is_read():
    assert_like(load_photo(saved(Image.fromarray(quarters()).convert("CMYK"), "JPEG", quality=95)), within=25)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_twenty_megapixels_are_scaled_down(kind):
    large = Image.fromarray(quarters()).resize((5472, 3648), Image.Resampling.NEAREST)
    bgr = load_photo(saved(large, kind))
    assert max(bgr.shape) == LONGEST_PX
    assert bgr.shape[0] / bgr.shape[1] == pytest.approx(3648 / 5472, abs=1e-3)
    assert_like(bgr)


def bomb():
    """Return a small PNG that says it is 50 000 x 50 000 pixels."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def refused(photo, message):
    with pytest.raises(CaptureError, match=message) as raised:
        load_photo(photo)
    assert raised.value.fix


def test_a_picture_too_large_to_decode_is_refused():
    refused(bomb(), "the photo is too large, because it has more than 100 million pixels")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "PPM", "HEIC"])
@pytest.mark.parametrize("left", [0.5, 0.9])
def test_a_cut_file_is_refused(kind, left):
    noise = np.random.default_rng(1).integers(0, 256, (64, 128, 3), np.uint8)
    data = heic(noise) if kind == "HEIC" else saved(Image.fromarray(noise), kind)
    refused(data[: int(len(data) * left)], "damaged, or not what it claims|no picture of a kind")


def test_a_jpeg_with_garbage_in_its_head_is_refused():
    data = bytearray(saved(Image.fromarray(quarters()), "JPEG"))
    data[2:200] = bytes(range(198))
    refused(bytes(data), "the photo is")


@pytest.mark.parametrize(
    "data",
    [
        b"no picture at all",
        b"%PDF-1.7",
        b"GIF89a" + bytes(50),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(50),
    ],
)
def test_what_is_no_picture_is_told_what_is_read(data):
    refused(data, "no picture of a kind that is read. Save it as JPEG or PNG")


def test_an_empty_file_and_a_missing_one_are_named(tmp_path):
    (tmp_path / "empty.jpg").touch()
    refused(tmp_path / "empty.jpg", "the photo empty.jpg is empty")
    refused(tmp_path / "missing.jpg", "the photo missing.jpg cannot be read, because No such file")


WHOLE = {kind: saved(Image.fromarray(quarters(16)), kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "PPM")}
WHOLE["HEIC"] = heic(quarters(64))


@settings(max_examples=150)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6))
def test_whatever_is_wrong_inside_a_file_is_a_picture_or_a_clear_answer(kind, changes):
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        bgr = load_photo(bytes(data))
    except CaptureError as error:
        told = error.what and error.fix
        assert told
    else:
        assert (bgr.dtype, bgr.ndim, bgr.shape[2]) == (np.uint8, 3, 3)
        assert max(bgr.shape) <= LONGEST_PX
