"""A camera's packets without a camera, and custodians with their keys."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from custodes.capture.raw import EncodedPacket
from custodes.domain.events import CameraId
from custodes.domain.imagery import SealedSegment
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.vault import Custodians, HourKeys, SealedFolder
from custodes.vault.private import PrivateKey

NOON_NS = 1_767_268_800 * NS_PER_S
"""2026-01-01T12:00:00Z."""
GATE = CameraId("gate")
CHARTER = "c" * 64
NAMES = ("Data protection officer", "Ombudsman", "Works council", "City archive", "University")


def key_pairs(count: int = 3) -> list[PrivateKey]:
    """Return keys of so many custodians."""
    return [PrivateKey.generate(name) for name in NAMES[:count]]


def custodians(keys: list[PrivateKey], needed: int = 2) -> Custodians:
    return Custodians(needed, tuple(key.public for key in keys))


def places(folder: Path) -> tuple[SealedFolder, HourKeys]:
    """Return a folder of sealed hours, and a key store apart from it."""
    return SealedFolder(folder / "data/sealed"), HourKeys(folder / "keys")


def segment(data: bytes, offset: int = 0, *, part: int = 1, last: bool = False) -> SealedSegment:
    made: SealedSegment = SealedSegment._seal(GATE, "2026-01-01T12", "e" * 32, part, offset, data, last)
    return made


def camera_file(path: Path, *, seconds: int = 4, fps: int = 10, size: tuple[int, int] = (128, 96), gop: int = 10,
                codec: str = "libx264", bit_rate: int = 0, **options: str) -> Path:  # fmt: skip
    """Write what a camera would send: noise that does not compress away, a keyframe every `gop` pictures."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        given = {} if codec in {"mjpeg", "mpeg4"} else {"g": str(gop), "preset": "ultrafast", **options}
        stream = out.add_stream(codec, rate=fps, options=given)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if bit_rate:
            stream.bit_rate = bit_rate
        base = rng.integers(30, 220, (size[1] * 3 // 2, size[0]), np.uint8)
        for number in range(seconds * fps):
            picture = av.VideoFrame.from_ndarray(np.roll(base, number * 3, axis=1), format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(picture.reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    return path


def packets(path: Path, start_ns: int = NOON_NS, *, step_ns: int | None = None) -> Iterator[EncodedPacket]:
    """Yield the packets of `path` as capture hands them out."""
    source = av.open(str(path))  # closed once the last packet is forgotten
    stream = source.streams.video[0]
    step = step_ns or round(NS_PER_S / (stream.average_rate or 10))
    number = 0
    for packet in source.demux(stream):
        if packet.size:
            time = MediaTime(number, Fraction(step, NS_PER_S), start_ns + number * step)
            yield EncodedPacket(packet, time, packet.is_keyframe)
            number += 1


def found_in(folder: Path, needles: set[bytes]) -> set[str]:
    """Return the files below `folder` that hold any of `needles`."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    }


def marks_of(source: Path) -> set[bytes]:
    """Pieces of every picture in `source`, from its middle, and its parameter sets."""
    marks = set()
    for packet in packets(source):
        data = bytes(packet.packet)
        marks |= {data[at : at + 24] for at in range(8, len(data) - 24, max(24, len(data) // 4))}
        marks.add(bytes(packet.packet.stream.codec_context.extradata or b"")[:24])
    return {mark for mark in marks if len(mark) == 24}
