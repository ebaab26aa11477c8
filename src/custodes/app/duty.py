"""What a server does again and again in the background."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from custodes.domain.errors import CustodesError

_log = logging.getLogger(__name__)


@contextmanager
def repeating(
    duty: Callable[[], object], every_s: float, *, name: str, failed: str, wake: threading.Event | None = None
) -> Iterator[None]:
    """Do `duty` at once and then every so often, on a thread of its own, until the context ends.

    What fails is logged, and tried again the next time.

    Args:
        duty: What to do.
        every_s: Seconds between one end and the next beginning.
        name: Of the thread.
        failed: What to log where it fails, before the reason.
        wake: Set by others to have it done at once; cleared each time.
    """
    stop, wake = threading.Event(), wake or threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                duty()
            except (CustodesError, OSError) as error:
                _log.error("%s: %s", failed, error)
            wake.wait(every_s)
            wake.clear()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        wake.set()
        thread.join()
