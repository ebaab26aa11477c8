"""Letting the next stage of a pipeline run beside this one."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Producer(threading.Thread, Generic[T]):
    """Puts items into a bounded queue, then what ended them: an exception, or None."""

    def __init__(self, items: Iterable[T], depth: int) -> None:
        super().__init__(name="prefetch", daemon=True)
        self._items = items
        self._closed = threading.Event()
        self.box: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)

    def run(self) -> None:
        end: BaseException | None = None
        try:
            for item in self._items:
                self._put((item,))
                if self._closed.is_set():
                    return
        except BaseException as raised:  # noqa: BLE001  handed over, not swallowed
            end = raised
        self._put(end)

    def _put(self, item: tuple[T] | BaseException | None) -> None:
        while not self._closed.is_set():
            try:
                self.box.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def close(self) -> None:
        self._closed.set()
        self.join()


def prefetch(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Yield `items` while a thread computes up to `depth` of them ahead; its exceptions are raised here, in order.

    The thread ends when `items` does, or when the generator is closed.
    """
    producer = _Producer(items, depth)
    producer.start()
    try:
        while isinstance(item := producer.box.get(), tuple):
            yield item[0]
        if item is not None:
            raise item
    finally:
        producer.close()
