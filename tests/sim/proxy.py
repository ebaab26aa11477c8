"""A TCP proxy on loopback that can stop forwarding, send garbage, or hang up."""

import contextlib
import os
import socket
import threading
from typing import Self


class Proxy:
    """Forwards to `port` of loopback until told otherwise.

    Attributes:
        port: Where it listens.
        mode: `forward`, `freeze` (keep connections, forward nothing) or `garbage` (answer with random bytes).
    """

    def __init__(self, port: int) -> None:
        self.mode = "forward"
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection."""
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                for ends in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, to_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == "freeze":
                    continue
                sink.sendall(os.urandom(len(data)) if self.mode == "garbage" and to_client else data)
