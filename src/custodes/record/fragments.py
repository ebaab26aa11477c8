"""Reading our own fragmented MP4 files: where their parts begin, and how far they are whole."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import av

from custodes.domain.time import NS_PER_S

_HEAD: Final = struct.Struct(">I4s")
_INIT: Final = (b"ftyp", b"moov")
_MEDIA: Final = (b"moof", b"mdat")


@dataclass(frozen=True, slots=True)
class Extent:
    """What is whole in a file that may have been cut anywhere.

    Attributes:
        init_bytes: Size of ftyp and moov.
        whole_bytes: Size up to the end of the last whole fragment; `init_bytes` where there is none.
    """

    init_bytes: int
    whole_bytes: int


def measure(path: Path) -> Extent | None:
    """Return what is whole in the file at `path`; None where not even its init part is.

    Raises:
        OSError: It cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        end = _follow(handle, 0, size, _INIT)
        if end is None:
            return None
        init = whole = end
        while (end := _follow(handle, whole, size, _MEDIA)) is not None:
            whole = end
    return Extent(init, whole)


def duration_ns(path: Path) -> int:
    """Return the time from the first picture of the file to the end of its last one.

    Raises:
        OSError: It cannot be read as video.
    """
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        spans = [(p.pts, p.pts + (p.duration or 0)) for p in video.demux(stream) if p.pts is not None]
        if not spans or stream.time_base is None:
            return 0
        return int((max(end for _, end in spans) - min(start for start, _ in spans)) * stream.time_base * NS_PER_S)


def _follow(handle: BinaryIO, position: int, size: int, kinds: tuple[bytes, ...]) -> int | None:
    """Return the end of boxes of these `kinds`, one after another from `position`; None unless all are whole."""
    for kind in kinds:
        handle.seek(position)
        head = handle.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        length, found = _HEAD.unpack(head)
        if found != kind or length < _HEAD.size or position + length > size:
            return None
        position += length
    return position
