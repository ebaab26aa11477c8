"""Who guesses too often."""

import math
import threading
from typing import Final

from custodes.domain.time import Clock

_FREE_FAILURES: Final = 5
"""Wrong passwords that cost no waiting."""
_LONGEST_S: Final = 300.0
_MOST_KEYS: Final = 10_000


class Throttle:
    """Slows guessing: after five failures an address or account waits 1, 2, 4, ... up to 300 seconds each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> int:
        """Return for how many whole seconds `key` may not try; 0 when it may."""
        with self._lock:
            _, until_s = self._failures.get(key, (0, 0.0))
        return max(0, math.ceil(until_s - self._clock.monotonic_s()))

    def failed(self, key: str) -> int:
        """Note a wrong password for `key`; return how many there were since the last right one."""
        with self._lock:
            count = self._failures.pop(key, (0, 0.0))[0] + 1
            excess = count - _FREE_FAILURES
            delay_s = min(2.0 ** min(excess, 16), _LONGEST_S) if excess >= 0 else 0.0
            self._failures[key] = (count, self._clock.monotonic_s() + delay_s)
            if len(self._failures) > _MOST_KEYS:
                self._failures.pop(next(iter(self._failures)))
        return count

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        with self._lock:
            self._failures.pop(key, None)


def tells_burst(failures: int) -> bool:
    """Return whether this failure in a row is one to report: the fifth, tenth, twentieth, fortieth, and so on.

    >>> [count for count in range(1, 50) if tells_burst(count)]
    [5, 10, 20, 40]
    """
    rounds, rest = divmod(failures, _FREE_FAILURES)
    return rest == 0 and rounds.bit_count() == 1
