"""A camera in memory, and a clock that moves only when told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

from custodes.capture import StalledError, StreamInfo, VideoSource
from custodes.capture.raw import RawFrame
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S, MediaTime

START_NS = 1_700_000_000 * NS_PER_S


class FakeClock:
    """Starts at `START_NS`; sleeping moves it."""

    def __init__(self, start_ns: int = START_NS) -> None:
        self.now_ns = start_ns
        self.boot_ns = start_ns
        self.slept: list[float] = []

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_s(self) -> float:
        return (self.now_ns - self.boot_ns) / NS_PER_S

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)


@dataclass(frozen=True)
class Show:
    """Pictures for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Freeze:
    """Nothing for so many seconds; fails if that is longer than the source's patience."""

    seconds: float


Step = Show | Freeze | CaptureError


@dataclass
class CameraSimulator:
    """One session with a camera that does what `script` says, then ends.

    Each picture is of one luma level, which rises by one from picture to picture (modulo 256).
    """

    clock: FakeClock
    script: tuple[Step, ...] = (Show(1.0),)
    width: int = 64
    height: int = 48
    fps: float = 10.0
    gop: int = 5
    patience_s: float = 10.0
    resting: bool = False
    closed: bool = False
    _count: int = field(default=0, init=False)

    @property
    def info(self) -> StreamInfo:
        return StreamInfo("simulated", self.width, self.height, self.fps)

    def frames(self) -> Iterator[RawFrame]:
        start_ns = self.clock.utc_ns()
        for step in self.script:
            if isinstance(step, CaptureError):
                raise step
            if isinstance(step, Freeze):
                self.clock.advance(min(step.seconds, self.patience_s))
                if step.seconds > self.patience_s:
                    raise StalledError("the camera stalled", why=f"nothing came for {self.patience_s:g} s")
                continue
            for _ in range(round(step.seconds * self.fps)):
                if self.closed:
                    return
                self.clock.advance(1 / self.fps)
                yield from self._picture(start_ns)

    def _picture(self, start_ns: int) -> Iterator[RawFrame]:
        number, key = self._count, self._count % self.gop == 0
        self._count += 1
        planes = np.full((self.height * 3 // 2, self.width), 128, np.uint8)
        planes[: self.height] = number % 256
        now_ns = self.clock.utc_ns()
        ticks = (now_ns - start_ns) * 90_000 // NS_PER_S
        time = MediaTime(ticks, Fraction(1, 90_000), now_ns)
        yield RawFrame(av.VideoFrame.from_ndarray(planes, format="yuv420p"), time, key)

    def close(self) -> None:
        self.closed = True


def opener(*sessions: VideoSource | CaptureError) -> Callable[[], VideoSource]:
    """Return a function that gives one session after another, or fails as the session says."""
    left = iter(sessions)

    def open_() -> VideoSource:
        session = next(left)
        if isinstance(session, CaptureError):
            raise session
        return session

    return open_
