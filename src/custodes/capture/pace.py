"""Choosing every so many frames by their own time."""

from custodes.domain.time import NS_PER_S


class Pace:
    """Lets through at most `fps` frames a second of stream time, evenly.

    A frame is due when it is at or past the next slot; slots lie 1/fps apart, and a quarter of a slot of jitter is
    forgiven, so that a 10 fps camera read at 5 fps yields every second frame.
    """

    def __init__(self, fps: float) -> None:
        self._step_ns = int(NS_PER_S / fps)
        self._next_ns: int | None = None

    def due(self, utc_ns: int) -> bool:
        """Return whether the frame at `utc_ns` is wanted, and count it if so."""
        if self._next_ns is not None and utc_ns < self._next_ns - self._step_ns // 4:
            return False
        if self._next_ns is None or utc_ns - self._next_ns >= self._step_ns:
            self._next_ns = utc_ns
        self._next_ns += self._step_ns
        return True
