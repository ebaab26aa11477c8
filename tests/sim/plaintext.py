"""Looks for what must lie nowhere in plain: texts, numbers, packets and a face, in every file of a folder.

It knows what it is looking for, in the forms in which a program would leave it. What is compressed is unpacked, what is
a picture or a video is decoded, and so is H.264 outside any file.
"""

import base64
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

MOST_UNPACKED = 32 << 20
_PIECE = 4 << 20
_DEEPEST = 3
_BITS = 20
_FACE_PX = 32
_SCALES = [1.15**step for step in range(20)]
SAME_FACE = 0.62
"""Least correlation that counts as seeing the face: nearly all pictures of the camera have 0.69, no masked one 0.56."""


@dataclass(frozen=True, order=True)
class Found:
    """Something that should not be there: in which file, what, and how it was written."""

    path: str
    what: str
    form: str


def text_forms(text: str) -> dict[bytes, str]:
    """Return the ways in which a program may have written `text`."""
    utf8 = text.encode()
    wide = {text.encode("utf-16-le"): "UTF-16-LE", text.encode("utf-16-be"): "UTF-16-BE"}
    return {utf8: "UTF-8", **wide, **byte_forms(utf8)}


def byte_forms(data: bytes) -> dict[bytes, str]:
    """Return `data` as it is, in hex, and in base64 wherever it begins."""
    forms = {data: "as it is", data.hex().encode(): "hex", data.hex().upper().encode(): "hex"}
    for shift, lead in enumerate((0, 2, 3)):
        whole = (shift + len(data)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms[encode(b"\0" * shift + data)[lead:whole]] = "base64"
    return forms


def template_forms(vector: np.ndarray) -> dict[bytes, str]:
    """Return every eight numbers in a row of a template, in the usual forms of numbers."""
    forms: dict[bytes, str] = {}
    for start in range(0, vector.size, 8):
        for kind in ("<f4", "<f8", "<f2", ">f4"):
            forms |= byte_forms(vector[start : start + 8].astype(kind).tobytes())
    return forms


class Needles:
    """Many byte strings, looked for at once.

    Args:
        needles: What each of them is, and its form; at least four bytes long.
    """

    def __init__(self, needles: Mapping[bytes, tuple[str, str]]) -> None:
        self._needles = needles
        self._by_prefix: dict[bytes, list[bytes]] = {}
        self._table = np.zeros(1 << _BITS, bool)
        for needle in needles:
            self._by_prefix.setdefault(needle[:4], []).append(needle)
            self._table[self._hashes(np.frombuffer(needle[:4], np.uint8))] = True

    def found_in(self, data: bytes) -> set[tuple[str, str]]:
        found = set()
        for start in range(0, len(data), _PIECE):
            piece = np.frombuffer(data[start : start + _PIECE + 3], np.uint8)
            if piece.size < 4:
                continue
            for at in np.flatnonzero(self._table[self._hashes(piece)]) + start:
                for needle in self._by_prefix.get(data[at : at + 4], ()):
                    if data.startswith(needle, at):
                        found.add(self._needles[needle])
        return found

    @staticmethod
    def _hashes(data: np.ndarray) -> np.ndarray:
        wide = data.astype(np.uint32)
        count = data.size - 3
        words = wide[:count] | wide[1 : count + 1] << 8 | wide[2 : count + 2] << 16 | wide[3 : count + 3] << 24
        return (words * np.uint32(2654435761)) >> (32 - _BITS)


class FaceMark:
    """One face, known from pictures of it.

    Features of a face are compared, and not its shades, which a mask of large cells keeps: pictures are filtered first,
    so that only what is about as large as an eye is left.

    Args:
        crops: Grey pictures of the face alone, uint8.
    """

    def __init__(self, crops: Sequence[np.ndarray]) -> None:
        filtered = [_features(_at_width(crop, _FACE_PX)) for crop in crops]
        self._crops = [crop - crop.mean() for crop in filtered]

    def likeness(self, grey: np.ndarray) -> float:
        """Return the best normalised correlation of the face with any place of a picture, at any size."""
        best = -1.0
        for scale in _SCALES:
            scaled = _at_width(grey, round(_FACE_PX * 1.1 * scale))
            if scale > 1 and scaled.shape[1] > grey.shape[1] * 1.5:
                break
            features = _features(scaled)
            for crop in self._crops:
                if crop.shape[0] <= features.shape[0] and crop.shape[1] <= features.shape[1]:
                    best = max(best, _correlation(features, crop))
        return best

    def is_in(self, grey: np.ndarray) -> bool:
        return self.likeness(grey) >= SAME_FACE


def _features(grey: np.ndarray) -> np.ndarray:
    wide = grey.astype(np.float32)
    return cv2.GaussianBlur(wide, (0, 0), 1) - cv2.GaussianBlur(wide, (0, 0), 4)


def _correlation(features: np.ndarray, crop: np.ndarray) -> float:
    """Return the best correlation of `crop`, of mean 0, with any place; places without features count little."""
    height, width = crop.shape
    product = cv2.matchTemplate(features, crop, cv2.TM_CCORR)
    squares = cv2.boxFilter(features**2, -1, (width, height), anchor=(0, 0), normalize=False)
    there, known = squares[: product.shape[0], : product.shape[1]], float((crop**2).sum())
    return float((product / np.sqrt(known * (there + known / 5))).max())


def _at_width(grey: np.ndarray, width: int) -> np.ndarray:
    height = max(1, round(grey.shape[0] * width / grey.shape[1]))
    way = cv2.INTER_AREA if width < grey.shape[1] else cv2.INTER_LINEAR
    return cv2.resize(grey, (width, height), interpolation=way)


@dataclass
class Search:
    """Searches files.

    Args:
        needles: Byte strings, with what and in which form they are.
        face: The face that nobody may see.
        parameters: Parameter sets of the camera's H.264, Annex B: with them its packets can be decoded.
        every: Of how many pictures of a video one is looked at.
    """

    needles: Needles
    face: FaceMark | None = None
    parameters: bytes = b""
    every: int = 5
    files: int = field(default=0, init=False)
    pictures: int = field(default=0, init=False)

    def below(self, folder: Path, but: Iterable[Path] = ()) -> set[Found]:
        """Return what is found in the files below `folder`, names included, but for those below `but`."""
        left_out = list(but)
        found: set[Found] = set()
        for path in sorted(folder.rglob("*")):
            if any(path == one or one in path.parents for one in left_out):
                continue
            name = str(path.relative_to(folder))
            found |= {Found(name, what, f"name, {form}") for what, form in self.needles.found_in(name.encode())}
            if path.is_file():
                self.files += 1
                with suppress(FileNotFoundError):  # the server goes on working
                    found |= {Found(name, what, form) for what, form in self.found_in(path.read_bytes())}
        return found

    def found_in(self, data: bytes, depth: int = 0) -> set[tuple[str, str]]:
        """Return what is found in `data`, and in which form."""
        found = self.needles.found_in(data)
        if self.face is not None:
            found |= {("face", form) for form, grey in self._pictures(data) if self.face.is_in(grey)}
        if depth < _DEEPEST:
            for unpacked in _unpacked(data):
                found |= {(what, f"compressed, {form}") for what, form in self.found_in(unpacked, depth + 1)}
        return found

    def _pictures(self, data: bytes) -> Iterator[tuple[str, np.ndarray]]:
        for form, pictures in (("picture", _stills(data)), ("MP4", _files(data)), ("H.264", self._streams(data))):
            for number, grey in enumerate(pictures):
                if form == "picture" or number % self.every == 0:
                    self.pictures += 1
                    yield form, grey

    def _streams(self, data: bytes) -> Iterator[np.ndarray]:
        """Decode H.264 without a file around it: with start codes, or with lengths before its units."""
        starts = [one.start() for one in re.finditer(rb"\x00\x00\x01[\x25\x45\x65\x27\x47\x67]", data)]
        if starts:
            yield from _decoded(self.parameters + b"\0" + data[starts[0] :])
        end = 0
        for one in re.finditer(rb"(?=\x00[\x00-\x1f]..[\x25\x45\x65][\x80-\xff])", data, re.DOTALL):
            if one.start() >= end:
                units, end = _chain(data, one.start())
                if units:
                    yield from _decoded(self.parameters + b"".join(b"\0\0\0\1" + unit for unit in units))


def _chain(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Return the units that follow one another from `at`, each behind its length, and where they end."""
    units = []
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if not 2 <= size <= 1 << 21 or at + 4 + size > len(data) or data[at + 4] & 0x80:
            break
        units.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return units, at


def _decoded(stream: bytes) -> Iterator[np.ndarray]:
    context = av.CodecContext.create("h264", "r")
    packets = []
    with suppress(av.FFmpegError):
        packets = [*context.parse(stream), *context.parse(b"")]
    for packet in packets:
        with suppress(av.FFmpegError):
            yield from (frame.to_ndarray(format="gray") for frame in context.decode(packet))
    with suppress(av.FFmpegError, EOFError):
        yield from (frame.to_ndarray(format="gray") for frame in context.decode(None))


def _stills(data: bytes) -> Iterator[np.ndarray]:
    for one in re.finditer(rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP", data, re.DOTALL):
        grey = cv2.imdecode(np.frombuffer(data[one.start() :], np.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is not None and min(grey.shape) >= 16:
            yield grey


def _files(data: bytes) -> Iterator[np.ndarray]:
    for one in re.finditer(rb"....ftyp", data, re.DOTALL):
        with suppress(av.FFmpegError, IndexError), av.open(io.BytesIO(data[one.start() :])) as video:
            for packet in video.demux(video=0):
                with suppress(av.FFmpegError):
                    yield from (frame.to_ndarray(format="gray") for frame in packet.decode())


def _unpacked(data: bytes) -> Iterator[bytes]:
    for one in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|PK\x03\x04", data):
        at, bits = one.start(), 47  # zlib or gzip
        if data.startswith(b"PK", at):
            at += (
                30
                + int.from_bytes(data[at + 26 : at + 28], "little")
                + int.from_bytes(data[at + 28 : at + 30], "little")
            )
            bits = -15
        with suppress(zlib.error):
            unpacked = zlib.decompressobj(bits).decompress(data[at:], MOST_UNPACKED)
            if unpacked:
                yield unpacked
