"""Reading the photos that people bring: whatever cameras and phones write, upright, in three colours."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from custodes.domain.errors import CaptureError

LONGEST_PX: Final = 2048
"""Longer side of a photo as loaded: larger ones are scaled down to it."""
_MOST_PX: Final = 100_000_000
"""Larger pictures are refused before they are decoded."""
_FORMATS: Final = ("JPEG", "PNG", "PPM", "WEBP", "BMP", "TIFF")
_WHITE: Final = (255, 255, 255, 255)
_SIXTEEN_BITS: Final = ("I", "I;16", "I;16B", "I;16L", "F")
_AVIF: Final = (b"avif", b"avis")
"""Brands of pictures in the container of HEIC that its decoder cannot read."""
_DEEP: Final = 255
"""Values above this are of more than eight bits."""
_READABLE: Final = "save it as JPEG or PNG; JPEG, PNG, WebP, HEIC, PGM, PPM, TIFF and BMP are read"


def load_photo(photo: Path | bytes) -> NDArray[np.uint8]:
    """Return a photo (h, w, 3), BGR, as its camera meant it.

    It is turned upright as its EXIF says, put on white where it is transparent, made colour where it is grey, and
    scaled down to `LONGEST_PX`. Nothing of its metadata is kept.

    Args:
        photo: The file, or what it holds.

    Raises:
        CaptureError: It cannot be read, is no picture of these kinds, is damaged, or is too large.
    """
    name = "the photo" if isinstance(photo, bytes) else f"the photo {photo.name}"
    try:
        data = photo if isinstance(photo, bytes) else photo.read_bytes()
    except OSError as error:
        raise CaptureError(
            f"{name} cannot be read", why=error.strerror or str(error), fix="check its path and permissions"
        ) from error
    if not data:
        raise CaptureError(f"{name} is empty", why="the file has no content", fix="copy it anew")
    try:
        with _open(data, name) as image:
            return _plain(image)
    except CaptureError:
        raise
    # What decoders raise on damaged files has no common base.
    except Exception as error:
        raise CaptureError(
            f"{name} is damaged, or not what it claims to be",
            why=str(error) or type(error).__name__,
            fix="copy or export it anew",
        ) from error


def _open(data: bytes, name: str) -> Image.Image:
    heic = pi_heif.is_supported(data[:64]) and data[8:12] not in _AVIF
    try:
        found = pi_heif.open_heif(data) if heic else Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise _too_large(name) from error
        raise CaptureError(f"{name} is no picture of a kind that is read", fix=_READABLE) from error
    if found.size[0] * found.size[1] > _MOST_PX:
        raise _too_large(name)
    return found if isinstance(found, Image.Image) else found.to_pillow()


def _too_large(name: str) -> CaptureError:
    return CaptureError(
        f"{name} is too large", why=f"it has more than {_MOST_PX // 1_000_000} million pixels", fix="scale it down"
    )


def _plain(image: Image.Image) -> NDArray[np.uint8]:
    image.draft("RGB", (LONGEST_PX, LONGEST_PX))
    image.load()
    if image.mode in _SIXTEEN_BITS:
        image = _eight_bits(image)
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layer.size, _WHITE), layer)
    rgb = upright.convert("RGB")
    rgb.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.ascontiguousarray(np.asarray(rgb, np.uint8)[..., ::-1])


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of more than eight bits with the upper eight of sixteen."""
    values = np.asarray(image, np.float64)
    if values.max() > _DEEP:
        values = values / 257
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
