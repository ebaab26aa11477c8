"""A static web server that publishes a log: that of Python's standard library."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sim.logs import Files


class Site:
    """Serves `folder`; the log is at `url`. Notes requests, and answers 500 to those for `broken` paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self.broken: set[str] = set()
        site = self

        class Handler(SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append(self.path.removeprefix("/log/"))
                if site.requests[-1] in site.broken:
                    self.send_error(500)
                else:
                    super().do_GET()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_port}/log/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def show(self, log: Files) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file():
                path.unlink()
        log.write(self.folder / "log")
        self.requests.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
