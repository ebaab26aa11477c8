"""Waiting for the redacted picture that an event's thumbnail needs."""

import threading
from collections.abc import Iterator

from custodes.domain.events import Event
from custodes.domain.imagery import RedactedFrame, RedactedStill
from custodes.record import make_still

_MOST_WAITING = 256


class Thumbnails:
    """Matches events, which come at once, with redacted frames, which come a second or two later.

    An event whose picture has already gone by, or never comes, keeps the thumbnail it has or none.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Event] = {}
        self._passed_ns = -1
        self._lock = threading.Lock()

    def want(self, event: Event) -> None:
        """Ask for a thumbnail of `event` at its `key_ns`; a newer version of the same event replaces the older."""
        with self._lock:
            if event.key_ns <= self._passed_ns:
                return
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
            self._waiting[event.event_id] = event

    def take(self, frame: RedactedFrame) -> Iterator[tuple[Event, RedactedStill]]:
        """Yield the events that `frame`, the next redacted frame, shows, each with its still."""
        with self._lock:
            self._passed_ns = frame.time.utc_ns
            due = [event for event in self._waiting.values() if event.key_ns <= frame.time.utc_ns]
            for event in due:
                del self._waiting[event.event_id]
        if frame.blank:
            return
        for event in due:
            yield event, make_still(frame, box_norm=event.box_norm)
