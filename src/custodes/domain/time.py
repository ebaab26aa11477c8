"""Media time: integer ticks with a time base, and their mapping to wall time.

Wall time is read once per stream, at capture, and carried as nanoseconds since the Unix epoch together with the
error of that reading. Everything after capture computes with these values and never asks a clock.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Protocol

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, order=False)
class MediaTime:
    """An instant in a stream.

    Attributes:
        ticks: Presentation time stamp in units of `time_base`, never falling within one source session.
        time_base: Seconds per tick.
        utc_ns: Wall time of the instant, nanoseconds since the Unix epoch.
        error_ns: Bound on the error of `utc_ns`, nanoseconds; 0 for files, whose wall time is nominal.
    """

    ticks: int
    time_base: Fraction
    utc_ns: int
    error_ns: int = 0

    @property
    def media_s(self) -> float:
        """Seconds since tick zero."""
        return float(self.ticks * self.time_base)


class Clock(Protocol):
    """Where wall time and durations come from: the seam that tests replace."""

    def utc_ns(self) -> int:
        """Return nanoseconds since the Unix epoch."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds of a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def utc_ns(self) -> int:
        """Return nanoseconds since the Unix epoch."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)


def utc_day(utc_ns: int) -> date:
    """Return the day of `utc_ns` in UTC.

    >>> utc_day(0).isoformat()
    '1970-01-01'
    """
    return datetime.fromtimestamp(utc_ns // NS_PER_S, UTC).date()


def to_iso(utc_ns: int) -> str:
    """Return `utc_ns` as ISO 8601 with milliseconds and a trailing Z.

    >>> to_iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(utc_ns / NS_PER_S, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
