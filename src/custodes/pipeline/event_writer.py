"""Events on their way to the database and to whoever listens."""

import logging
from collections.abc import Callable, Iterable

from custodes.domain.errors import StoreError
from custodes.domain.events import Event
from custodes.store import Store

log = logging.getLogger(__name__)

_MOST_WAITING = 1000


class EventWriter:
    """Writes events down, then tells about them; what the database refuses waits and is tried again.

    Args:
        store: Where they go.
        publish: Told about each event that is written.
    """

    def __init__(self, store: Store, publish: Callable[[Event], None]) -> None:
        self._store = store
        self._publish = publish
        self._waiting: dict[str, Event] = {}
        self._failing = False

    def write(self, events: Iterable[Event]) -> None:
        """Write `events`, and those that wait; a newer version of an event replaces one that waits."""
        self._waiting.update((event.event_id, event) for event in events)
        while len(self._waiting) > _MOST_WAITING:
            lost = self._waiting.pop(next(iter(self._waiting)))
            log.error("event %s is lost: the database has refused too many", lost.event_id)
        while self._waiting:
            event = next(iter(self._waiting.values()))
            try:
                self._store.events.put(event)
            except StoreError as error:
                if not self._failing:
                    log.error("events wait until the database takes them: %s", error)  # noqa: TRY400
                self._failing = True
                return
            self._failing = False
            del self._waiting[event.event_id]
            self._publish(event)
