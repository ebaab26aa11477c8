"""Carries what workers say, from reader threads to the asyncio connections that want to know.

Publishing never waits. A subscriber that cannot keep up loses the oldest it has not taken, and the loss is counted.
"""

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from anyio import move_on_after

from custodes.domain.cameras import CameraStatus
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.imagery import RedactedFragment

Notice = CameraStatus | Event
Message = Notice | RedactedFragment

_MOST_FRAGMENTS = 8
"""Fragments of about a second that may wait for one viewer."""
_MOST_EVENTS = 256
"""Events that may wait for one listener."""
_REMEMBERED_EVENTS = 4096
"""Events that are recognised when they are published again."""


class _Subscriber:
    """Wakes one asyncio task from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()

    def wake(self) -> None:
        """Let the task look again; nothing happens once its loop has ended."""
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:
            return

    async def wait(self, timeout_s: float) -> bool:
        """Wait for `wake` up to `timeout_s`; return whether it came."""
        with move_on_after(timeout_s):
            await self._ready.wait()
            self._ready.clear()
            return True
        return False


class Viewer(_Subscriber):
    """One viewer of one camera.

    Attributes:
        dropped: Media fragments it lost because it was slow.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[RedactedFragment] = deque()
        self._lock = threading.Lock()
        self.dropped = 0

    def offer(self, fragment: RedactedFragment) -> int:
        """Queue `fragment`; return how many older ones were dropped for it. An init fragment empties the queue."""
        with self._lock:
            lost = 0
            if fragment.number == 0:
                self._waiting.clear()
            elif len(self._waiting) >= _MOST_FRAGMENTS:
                oldest = next(i for i, waiting in enumerate(self._waiting) if waiting.number)
                del self._waiting[oldest]
                lost = 1
            self._waiting.append(fragment)
            self.dropped += lost
        self.wake()
        return lost

    async def next(self, timeout_s: float) -> RedactedFragment | None:
        """Return the oldest fragment that waits, or None when none comes within `timeout_s`."""
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
            if not await self.wait(timeout_s):
                return None


class Listener(_Subscriber):
    """One listener to events and camera statuses; of several statuses of a camera it gets the newest.

    Attributes:
        closed: Whether nothing more will come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self._events: deque[Event] = deque(maxlen=_MOST_EVENTS)
        self._statuses: dict[CameraId, CameraStatus] = {}
        self._lock = threading.Lock()

    def offer(self, notice: Notice) -> None:
        """Keep `notice` until it is taken."""
        with self._lock:
            if isinstance(notice, Event):
                self._events.append(notice)
            else:
                self._statuses[notice.camera] = notice
        self.wake()

    def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        self.wake()

    async def next(self, timeout_s: float) -> list[Notice]:
        """Return what waits, statuses first, or nothing when nothing comes within `timeout_s`."""
        await self.wait(timeout_s)
        with self._lock:
            notices: list[Notice] = [*self._statuses.values(), *self._events]
            self._statuses.clear()
            self._events.clear()
        return notices


@dataclass(slots=True)
class _Live:
    """The newest of one camera."""

    init: RedactedFragment | None = None
    newest: RedactedFragment | None = None
    viewers: set[Viewer] = field(default_factory=set)
    dropped: int = 0


class LiveHub:
    """Thread-safe switchboard between workers and connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: dict[CameraId, _Live] = {}
        self._statuses: dict[CameraId, CameraStatus] = {}
        self._listeners: set[Listener] = set()
        self._closed = False
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._event_counts: Counter[tuple[CameraId, EventKind]] = Counter()

    def publish(self, message: Message) -> None:
        """Hand `message` to everyone who wants it. Callable from any thread; never waits."""
        if isinstance(message, RedactedFragment):
            self._publish_fragment(message)
            return
        with self._lock:
            if isinstance(message, Event):
                self._count(message)
            else:
                self._statuses[message.camera] = message
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener.offer(message)

    def close(self) -> None:
        """End all listening, now and later: call it when the server is asked to stop, or it waits for the listeners."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.close()

    def status(self, camera: CameraId) -> CameraStatus | None:
        """Return the newest status of `camera`, None before the first."""
        with self._lock:
            return self._statuses.get(camera)

    def event_counts(self) -> dict[tuple[CameraId, EventKind], int]:
        """Return how many events were published since the start; a changed event counts once."""
        with self._lock:
            return dict(self._event_counts)

    def viewer_counts(self) -> dict[CameraId, tuple[int, int]]:
        """Return viewers now, and fragments dropped for slow ones since the start, by camera."""
        with self._lock:
            return {camera: (len(live.viewers), live.dropped) for camera, live in self._live.items()}

    @contextmanager
    def view(self, camera: CameraId) -> Iterator[Viewer]:
        """Subscribe to the video of `camera`: init fragment and newest come first. Use inside a running loop."""
        viewer = Viewer()
        with self._lock:
            live = self._live.setdefault(camera, _Live())
            for fragment in (live.init, live.newest):
                if fragment is not None:
                    viewer.offer(fragment)
            live.viewers.add(viewer)
        try:
            yield viewer
        finally:
            with self._lock:
                live.viewers.discard(viewer)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Subscribe to events and statuses: the newest statuses come first. Use inside a running loop."""
        listener = Listener()
        with self._lock:
            for status in self._statuses.values():
                listener.offer(status)
            self._listeners.add(listener)
            if self._closed:
                listener.close()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _publish_fragment(self, fragment: RedactedFragment) -> None:
        with self._lock:
            live = self._live.setdefault(fragment.camera, _Live())
            if fragment.number == 0:
                live.init, live.newest = fragment, None
            elif live.init is None or live.init.stream != fragment.stream:
                return  # cannot be decoded without its init fragment
            else:
                live.newest = fragment
            live.dropped += sum(viewer.offer(fragment) for viewer in live.viewers)

    def _count(self, event: Event) -> None:
        if event.event_id in self._seen:
            return
        self._seen[event.event_id] = None
        if len(self._seen) > _REMEMBERED_EVENTS:
            self._seen.popitem(last=False)
        self._event_counts[event.camera, event.kind] += 1
