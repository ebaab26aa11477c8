"""kill -9 of the worker and of the server at random instants: nothing listed is broken, nothing returned is lost."""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import av
import psutil
import pytest

KILLS = int(os.environ.get("CUSTODES_KILLS", "6"))
"""Of the worker and of the server each; twenty for acceptance."""
ORPHAN_S = 60


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    def __init__(self, config: Path, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "custodes", "run", str(config), "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return json.load(answer)

    def bytes(self, path: str) -> bytes:
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
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


@contextmanager
def serving(config: Path, port: int) -> Iterator[Server]:
    server = Server(config, port)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)


@pytest.fixture
def config(street_clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    path.write_text(
        f'data = "data"\n[cameras.street.source]\nurl = "{street_clip}"\nloop = true\nrealtime = true\n'
        "[cameras.street.recording]\nsegment_s = 2\n"
    )
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_9_loses_nothing_that_was_listed_or_returned(config: Path) -> None:
    chance = random.Random(7)
    port = free_port()
    returned: set[str] = set()
    with serving(config, port) as server:
        server.wait_until_live()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.5, 6))
            returned |= server.event_ids()
            worker = server.worker()
            if worker is not None:
                worker.send_signal(signal.SIGKILL)
            server.wait_until_live()
        assert returned <= server.event_ids()
    for _ in range(KILLS):
        server = Server(config, port)
        server.wait_until_live()
        time.sleep(chance.uniform(0.5, 6))
        returned |= server.event_ids()
        server.process.kill()
        server.process.wait()
    with serving(config, port) as server:
        server.wait_until_live()
        assert returned
        assert returned <= server.event_ids()
        _every_listed_recording_plays(server)
        _no_orphans(config.parent / "data" / "recordings", server)


def _every_listed_recording_plays(server: Server) -> None:
    segments = server.get("/api/v1/cameras/street/recordings?start=0&end=9000000000000")["segments"]
    closed = [segment for segment in segments if segment["end"] is not None]
    assert len(closed) >= KILLS
    for segment in closed:
        with av.open(io.BytesIO(server.bytes(segment["url"]))) as video:
            assert sum(1 for _ in video.decode(video=0)) > 0


def _no_orphans(recordings: Path, server: Server) -> None:
    listed = server.get("/api/v1/cameras/street/recordings?start=0&end=9000000000000")["segments"]
    old = [path for path in recordings.rglob("*.mp4") if time.time() - path.stat().st_mtime > ORPHAN_S]
    assert len(old) <= len(listed)
