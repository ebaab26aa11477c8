"""A source that never gives up."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from custodes.capture.errors import StalledError, UnreachableError
from custodes.capture.raw import RawFrame
from custodes.capture.source import Gap, StreamInfo, VideoSource
from custodes.domain.cameras import CameraState
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S, Clock

OnState = Callable[[CameraState, str, StreamInfo | None], None]

_NAP_S = 0.5
"""How often a wait looks whether it should stop."""
_GRACE = 2
"""Failures in a row after which a camera that cannot be reached counts as offline."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before trying again: longer each time, and never all cameras at once.

    Attributes:
        first_s: Longest wait after the first failure, seconds.
        longest_s: Longest wait after many.
        factor: By how much the wait grows with each failure.
        reset_after_s: So many seconds of pictures make a failure the first again.
    """

    first_s: float = 0.5
    longest_s: float = 60.0
    factor: float = 2.0
    reset_after_s: float = 10.0

    def delay_s(self, failures: int, rng: random.Random) -> float:
        """Return how long to wait after `failures` failures in a row (at least 1): half of the wait is chance."""
        # The exponent is bounded: a camera may fail for years.
        limit_s = min(self.longest_s, self.first_s * self.factor ** min(failures - 1, 64))
        return limit_s * rng.uniform(0.5, 1.0)


class Reconnector:
    """Opens a source again whenever it fails or ends, for ever, and says how it is doing.

    Args:
        open_: Opens a new session; raises CaptureError where it cannot.
        on_state: Called with each new state, its reason, and what the source is once that is known.
        stall_after_s: Pictures further apart than this have a `Gap` between them even if the source did not fail.
            The source itself bounds how long a read may block, and raises `StalledError` then.
        clock: Waits, and times what no picture times.
        backoff: How long to wait between tries.
        rng: Chance; replaced by tests.
    """

    def __init__(
        self,
        open_: Callable[[], VideoSource],
        *,
        on_state: OnState,
        stall_after_s: float,
        clock: Clock,
        backoff: Backoff | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._resting = False
        self._source: VideoSource | None = None
        self._open = open_
        self._on_state = on_state
        self._stall_after_ns = round(stall_after_s * NS_PER_S)
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._rng = rng or random.Random()  # noqa: S311  spreads load, guards nothing
        self._failures = 0
        self._told: tuple[CameraState, str] | None = None
        self._received_ns = 0
        self._outage = ""

    @property
    def resting(self) -> bool:
        """As of `VideoSource`; kept across sessions."""
        return self._resting

    @resting.setter
    def resting(self, resting: bool) -> None:
        self._resting = resting
        source = self._source
        if source is not None:
            source.resting = resting

    def frames(self, stop: threading.Event) -> Iterator[RawFrame | Gap]:
        """Yield pictures, and a `Gap` before the first picture after each outage, until `stop` is set.

        An outage that lasts when `stop` is set is yielded too. Sizes may change between pictures.
        """
        self._received_ns = self._clock.utc_ns()
        self._tell(CameraState.CONNECTING, "connecting", None)
        while not stop.is_set():
            try:
                yield from self._session(stop)
            except CaptureError as error:
                self._failed(error)
            else:
                if stop.is_set():
                    break
                self._lost("the stream ended")
            self._wait(self._backoff.delay_s(self._failures, self._rng), stop)
        if self._outage:
            yield Gap(self._received_ns, self._clock.utc_ns(), self._outage)

    def _session(self, stop: threading.Event) -> Iterator[RawFrame | Gap]:
        self._source = source = self._open()
        live_since_s: float | None = None
        try:
            source.resting = self._resting
            for frame in source.frames():
                now_s = self._clock.monotonic_s()
                if live_since_s is None:
                    live_since_s = now_s
                    self._tell(CameraState.LIVE, "pictures arrive", source.info)
                elif self._failures and now_s - live_since_s >= self._backoff.reset_after_s:
                    self._failures = 0
                yield from self._gap_before(frame)
                yield frame
                if stop.is_set():
                    return
        finally:
            self._source = None
            source.close()

    def _gap_before(self, frame: RawFrame) -> Iterator[Gap]:
        utc_ns = frame.time.utc_ns
        if not self._outage and utc_ns - self._received_ns > self._stall_after_ns:
            self._outage = "no picture came"
        if self._outage:
            yield Gap(self._received_ns, max(utc_ns, self._received_ns), self._outage)
        self._outage = ""
        self._received_ns = utc_ns

    def _failed(self, error: CaptureError) -> None:
        if isinstance(error, UnreachableError) and self._failures < _GRACE:
            self._lost(error.why or error.what)
            return
        self._failures += 1
        self._outage = error.why or error.what
        if isinstance(error, UnreachableError):
            state = CameraState.OFFLINE
        elif isinstance(error, StalledError):
            state = CameraState.STALLED
        else:
            state = CameraState.FAILING
        self._tell(state, str(error), None)

    def _lost(self, why: str) -> None:
        self._failures += 1
        self._outage = why
        self._tell(CameraState.CONNECTING, f"{why}; connecting again", None)

    def _tell(self, state: CameraState, reason: str, info: StreamInfo | None) -> None:
        if self._told != (state, reason):
            self._told = (state, reason)
            self._on_state(state, reason, info)

    def _wait(self, seconds: float, stop: threading.Event) -> None:
        while seconds > 0 and not stop.is_set():
            self._clock.sleep(min(seconds, _NAP_S))
            seconds -= _NAP_S
