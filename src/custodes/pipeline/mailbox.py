"""A box that holds the newest frame only."""

import threading

from custodes.capture.raw import RawFrame


class Mailbox:
    """Hands frames from a capture thread to an analysis thread; the newest frame replaces one not yet taken.

    Attributes:
        dropped: Frames replaced before they were taken.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._frame: RawFrame | None = None
        self._closed = False
        self._ready = threading.Condition()

    def put(self, frame: RawFrame) -> None:
        """Put `frame` in, replacing the one that is there."""
        with self._ready:
            if self._frame is not None:
                self.dropped += 1
            self._frame = frame
            self._ready.notify()

    def take(self, timeout_s: float) -> RawFrame | None:
        """Return the newest frame, waiting up to `timeout_s`; None when there is none or the box is closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._frame is not None or self._closed, timeout_s)
            frame, self._frame = self._frame, None
            return frame

    def close(self) -> None:
        """Wake whoever waits."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
