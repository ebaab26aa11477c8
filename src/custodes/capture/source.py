"""What every source of pictures offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from custodes.capture.raw import RawFrame


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source says about its video.

    Attributes:
        codec: FFmpeg's name of the video codec, for example `h264`.
        width: Pixels, as coded: pictures are given upright and with square pixels.
        height: The same.
        fps: Nominal pictures a second, above 0; 25 where the source does not say.
        bit_rate: Of the video, bits a second; 0 while unknown.
        b_frames: Whether pictures arrive in another order than they are shown.
        audio: Whether sound comes with it; live sources are asked for video only and say False.
        duration_s: Length in seconds; None for live sources and where the file does not say.
    """

    codec: str
    width: int
    height: int
    fps: float
    bit_rate: int = 0
    b_frames: bool = False
    audio: bool = False
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time from which there are no pictures.

    Attributes:
        start_ns: Wall time of the last picture before it, nanoseconds since the Unix epoch.
        end_ns: Wall time of the first picture after it.
        reason: Why, in words for an operator; never holds a password.
    """

    start_ns: int
    end_ns: int
    reason: str


class VideoSource(Protocol):
    """One session with a camera, a stream or a file. Used by one thread at a time.

    Attributes:
        resting: May be changed at any time, on any thread. While True, a source may let pictures between keyframes wait
            undecoded, if keyframes come every few seconds. After it is set to False, all that wait are yielded before
            newer ones, so that none after the last keyframe yielded is lost; they are only late.
    """

    resting: bool

    @property
    def info(self) -> StreamInfo:
        """What the source says about its video."""
        ...

    def frames(self) -> Iterator[RawFrame]:
        """Yield pictures in presentation order; their ticks and wall times always rise. Ends where the source ends.

        Waits for a picture for a bounded time only.

        Raises:
            CaptureError: The source failed: `UnreachableError` where the connection was lost, `StalledError` where
                no picture came for too long, else what it sends cannot be used.
        """
        ...

    def close(self) -> None:
        """Let go of the source; further calls do nothing."""
        ...
