"""Letting the next stage of a pipeline run beside this one."""

import queue
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def prefetch(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Yield `items` while a thread computes up to `depth` of them ahead; its exceptions are raised here, in order.

    The thread ends when `items` does, or when the generator is closed.
    """
    box: queue.Queue[T | _End] = queue.Queue(depth)
    closed = threading.Event()

    def put(item: T | _End) -> bool:
        while not closed.is_set():
            try:
                box.put(item, timeout=0.1)
            except queue.Full:
                continue
            else:
                return True
        return False

    def fill() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as raised:  # noqa: BLE001  handed over, not swallowed
            error = raised
        put(_End(error))

    thread = threading.Thread(target=fill, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item = box.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        closed.set()
        thread.join()
