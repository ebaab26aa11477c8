"""The application on a real port, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from custodes.api import ApiContext, create_app


@contextmanager
def serving(context: ApiContext) -> Iterator[str]:
    """Serve on a free port of loopback; yield the address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(context), port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        context.hub.close()
        server.should_exit = True
        thread.join()
