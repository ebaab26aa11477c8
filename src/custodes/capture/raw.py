"""Raw pixels, which never leave the worker: only capture, perceive, redact, record, recognition, pipeline import it."""

import threading
from dataclasses import dataclass
from typing import NoReturn

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from custodes.domain.time import MediaTime


def _refuse(name: str) -> NoReturn:
    msg = f"{name} holds unredacted pixels and does not leave its worker"
    raise TypeError(msg)


class _Own(threading.local):
    """What each thread has of its own: a picture that converts itself would keep a converter of some 0.3 MB."""

    def __init__(self) -> None:
        self.reformatter = VideoReformatter()


_own = _Own()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RawFrame:
    """One decoded picture, unredacted.

    Attributes:
        picture: The decoded picture in 4:2:0 planar YUV (`yuv420p` or `yuvj420p`). The decoder may still
            refer to its memory: call `picture.make_writable()` before writing into it.
        time: When it was captured.
        key: Whether it was coded as a keyframe.
    """

    picture: av.VideoFrame
    time: MediaTime
    key: bool = False

    @property
    def width(self) -> int:
        """Pixels."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.picture.height

    def luma(self) -> NDArray[np.uint8]:
        """Return a view (height, width) uint8 of the luma plane, without copying."""
        plane = self.picture.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        luma: NDArray[np.uint8] = rows[:, : self.picture.width]
        return luma

    def bgr(self) -> NDArray[np.uint8]:
        """Return a copy (height, width, 3) uint8 in BGR order."""
        converted = _own.reformatter.reformat(self.picture, format="bgr24")
        pixels: NDArray[np.uint8] = np.asarray(converted.to_ndarray(), np.uint8)
        return pixels

    def __repr__(self) -> str:
        return f"RawFrame({self.width}x{self.height}, {self.time.utc_ns})"

    def __reduce__(self) -> NoReturn:
        _refuse("RawFrame")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class EncodedPacket:
    """One coded picture as the camera sent it: pixels too.

    Attributes:
        packet: As the demuxer holds it (`av.Packet`).
        time: When it was captured.
        key: Whether decoding can start here.
    """

    packet: "av.Packet[av.VideoStream]"
    time: MediaTime
    key: bool

    def __repr__(self) -> str:
        return f"EncodedPacket({self.time.utc_ns}, key={self.key})"

    def __reduce__(self) -> NoReturn:
        _refuse("EncodedPacket")
