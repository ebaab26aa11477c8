"""Pictures wait until the analyses that follow them have said what to mask in them."""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from custodes.capture.raw import RawFrame
from custodes.domain.imagery import RedactedFrame
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.redact.redactor import Redactor
from custodes.redact.timeline import MaskTimeline

_log = logging.getLogger(__name__)

_BEHIND_NS = NS_PER_S // 2
"""A picture may leave so much later than its masks are known before new ones are not taken."""
_MOST_WAITING = 2000
"""More pictures than this never wait, however small they are."""


@dataclass(slots=True)
class _Waiting:
    """A picture in the queue; `frame` is None once it had to be let go for want of memory."""

    frame: RawFrame | None
    time: MediaTime
    width: int
    height: int

    @property
    def size(self) -> int:
        """Bytes of 4:2:0 pixels."""
        return self.width * self.height * 3 // 2 if self.frame is not None else 0


class LookBehind:
    """A bounded queue from capture to recording that is late on purpose.

    A picture leaves, in order, once the timeline has seen `delay_s` beyond it, or blanked once it is `patience_s` old.
    Of pictures beyond the memory limit the oldest are blanked. `push` and `ready` may run on different threads.

    Args:
        timeline: Says what to mask.
        redactor: Masks it.
        delay_s: How late a picture leaves.
        patience_s: How old it may become.
        max_bytes: Memory for those that wait.
        live: Whether pictures come whether or not there is time for them. Where those whose masks are known pile up, as
            the machine is too busy to mask and encode them all, new ones are then not taken: a lower rate is better
            than blank pictures.

    Attributes:
        skipped: Pictures not taken.
    """

    def __init__(
        self,
        timeline: MaskTimeline,
        redactor: Redactor,
        *,
        delay_s: float = 1.0,
        patience_s: float = 3.0,
        max_bytes: int = 64 << 20,
        live: bool = False,
    ) -> None:
        self._timeline = timeline
        self._redactor = redactor
        self._delay_ns = round(delay_s * NS_PER_S)
        self._patience_ns = round(patience_s * NS_PER_S)
        self._max_bytes = max_bytes
        self._live = live
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self.skipped = 0

    def __len__(self) -> int:
        return len(self._queue)

    def push(self, frame: RawFrame) -> None:
        """Add the newest picture. The caller may read its pixels, not write them, until `ready` yields it."""
        with self._lock:
            if self._live and self._is_behind(frame.time.utc_ns):
                self.skipped += 1
                return
            self._queue.append(_Waiting(frame, frame.time, frame.width, frame.height))
            self._bytes += self._queue[-1].size
            if len(self._queue) > _MOST_WAITING:
                self._bytes -= self._queue.popleft().size
            for waiting in self._queue:
                if self._bytes <= self._max_bytes:
                    break
                self._bytes -= waiting.size
                waiting.frame = None

    def ready(self, now_ns: int) -> Iterator[RedactedFrame]:
        """Yield the pictures whose masks are known, or that waited too long at wall time `now_ns`, in order."""
        while (waiting := self._take(now_ns)) is not None:
            yield self._redact(waiting, late=not self._settled(waiting))

    def flush(self) -> Iterator[RedactedFrame]:
        """Yield all that still wait, in order: masked as far as analysis got, blanked after that."""
        while (waiting := self._take(None)) is not None:
            yield self._redact(waiting, late=False)

    def _is_behind(self, newest_ns: int) -> bool:
        """Return whether the oldest picture should have left long ago: its masks are known."""
        if not self._queue:
            return False
        oldest = self._queue[0]
        waits_ns = newest_ns - oldest.time.utc_ns
        return self._delay_ns + _BEHIND_NS < waits_ns <= self._patience_ns and self._settled(oldest)

    def _settled(self, waiting: _Waiting) -> bool:
        horizon_ns = self._timeline.horizon_ns
        return horizon_ns is not None and horizon_ns >= waiting.time.utc_ns + self._delay_ns

    def _take(self, now_ns: int | None) -> _Waiting | None:
        with self._lock:
            if not self._queue:
                return None
            first = self._queue[0]
            late = now_ns is not None and now_ns - first.time.utc_ns > self._patience_ns
            if now_ns is not None and not late and not self._settled(first):
                return None
            self._bytes -= first.size
            return self._queue.popleft()

    def _redact(self, waiting: _Waiting, *, late: bool) -> RedactedFrame:
        if waiting.frame is None or late:
            return self._redactor.blank(waiting.width, waiting.height, waiting.time)
        try:
            masks = self._timeline.masks_at(waiting.time.utc_ns, waiting.width, waiting.height)
        except Exception:  # noqa: BLE001  fail closed, whatever it was
            _log.exception("the masks could not be computed; the picture is blanked")
            masks = None
        return self._redactor.redact(waiting.frame, masks)
