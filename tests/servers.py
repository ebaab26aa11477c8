"""A real `custodes run` in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One that is running.

    Args:
        config: Its configuration.
        port: Where it listens.
        token: API token, where it has accounts.
        said: File that takes what it prints, after what is there.
        temporary: Folder for its temporary files.
    """

    def __init__(
        self, config: Path, port: int, *, token: str = "", said: Path = Path(os.devnull), temporary: Path | None = None
    ) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        with said.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "custodes", "run", str(config), "--port", str(port)],
                stdout=output,
                stderr=output,
                env={**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})},
                cwd=temporary,
            )

    def get(self, path: str) -> Any:
        return json.loads(self.bytes(path))

    def bytes(self, path: str) -> bytes:
        request = urllib.request.Request(self.base + path, headers=self._headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def wait_until_live(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                status = self.get("/api/v1/cameras/street")["status"]
            except (urllib.error.URLError, OSError):
                status = None
            if status and status["state"] == "live" and status["analysed_fps"]:
                return
            time.sleep(0.3)
        pytest.fail("the camera did not come to life")

    def worker(self) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            if "custodes.pipeline" in child.cmdline():
                return child
        return None

    def event_ids(self) -> set[str]:
        ids: set[str] = set()
        cursor = ""
        while True:
            page = self.get(f"/api/v1/events?limit=200{cursor}")
            ids |= {event["event_id"] for event in page["items"]}
            if not page["next_cursor"]:
                return ids
            cursor = f"&cursor={page['next_cursor']}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
