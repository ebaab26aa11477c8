"""From the time stamps of a stream to ticks that always rise, and from ticks to wall time. Pure: no clock is read."""

from fractions import Fraction

from custodes.domain.time import NS_PER_S

_WINDOW_S = 10.0
"""Over so many seconds the most punctual picture shows how far the camera's clock has drifted."""
_SLEW_NS = 50_000_000
"""Largest correction of drift a window: 5000 ppm, a hundred times what quartz needs."""
_STEP_NS = 2 * NS_PER_S
"""Lateness beyond which the mapping is set anew at once: the stream jumped, it did not drift."""


class Timeline:
    """Gives every picture ticks that rise strictly, starting at zero, whatever its time stamps do.

    A missing or repeated stamp is replaced by the nearest possible one. A stamp before the last one (the counter
    wrapped, the camera restarted or set its clock) starts a new count that goes on where the old one ended.

    Args:
        time_base: Seconds per tick.
        fps: Nominal pictures a second, above 0.
    """

    def __init__(self, time_base: Fraction, fps: float) -> None:
        self.time_base = time_base
        self.jumps = 0
        """How often the count was started anew."""
        self._step = max(1, round(1 / (fps * time_base)))
        self._offset: int | None = None
        self._last = -self._step

    def place(self, stamp: int | None) -> int:
        """Return the ticks of the next picture, whose time stamp is `stamp` in units of the time base."""
        if stamp is None:
            return self._advance(self._last + self._step)
        if self._offset is None:
            self._offset = self._last + self._step - stamp
        ticks = stamp + self._offset
        if ticks == self._last:
            return self._advance(ticks + 1)
        if ticks < self._last:
            self.jumps += 1
            ticks = self._last + self._step
            self._offset = ticks - stamp
        return self._advance(ticks)

    def restart(self) -> None:
        """Let the next stamp, whatever it is, follow the last picture by one nominal step: a file starts again."""
        self._offset = None

    def skip(self, seconds: float) -> int:
        """Move the last picture, and with it all that follow, `seconds` later; return its ticks."""
        shift = round(seconds / self.time_base)
        self.jumps += 1
        self._offset = shift + (self._offset or 0)
        return self._advance(self._last + shift)

    def media_ns(self, ticks: int) -> int:
        """Return nanoseconds since tick zero."""
        return int(ticks * self.time_base * NS_PER_S)

    def _advance(self, ticks: int) -> int:
        self._last = ticks
        return ticks


class WallMap:
    """Maps media time to wall time by when pictures arrive.

    Wall time is read once, with the first picture; later arrivals are measured with a monotonic clock. A picture
    cannot arrive before it was taken, so one that comes earlier than mapped moves the mapping at once. If even the
    most punctual picture of a window was late, the camera's clock is slow, and the mapping follows it gently.

    Args:
        utc_ns: Wall time when the first picture arrived, nanoseconds since the Unix epoch.
        monotonic_s: The monotonic clock at the same moment, seconds.
    """

    def __init__(self, utc_ns: int, monotonic_s: float) -> None:
        self._utc_ns = utc_ns
        self._monotonic_s = monotonic_s
        self._base_ns = utc_ns
        self._last_ns = utc_ns - 1
        self._window_start_s = monotonic_s
        self._least_ns: int | None = None

    def utc_ns(self, media_ns: int, arrived_s: float) -> int:
        """Return the wall time of the picture at `media_ns` that arrived at `arrived_s` of the monotonic clock."""
        late_ns = self.arrival_ns(arrived_s) - (self._base_ns + media_ns)
        if late_ns < 0:
            self._base_ns += late_ns
            late_ns = 0
        self._least_ns = late_ns if self._least_ns is None else min(self._least_ns, late_ns)
        if arrived_s - self._window_start_s >= _WINDOW_S:
            self._base_ns += self._least_ns if self._least_ns > _STEP_NS else min(self._least_ns, _SLEW_NS)
            self._window_start_s, self._least_ns = arrived_s, None
        self._last_ns = max(self._last_ns + 1, self._base_ns + media_ns)
        return self._last_ns

    def arrival_ns(self, arrived_s: float) -> int:
        """Return the wall time that belongs to `arrived_s` of the monotonic clock."""
        return self._utc_ns + round((arrived_s - self._monotonic_s) * NS_PER_S)
