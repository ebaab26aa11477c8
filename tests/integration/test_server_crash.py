"""kill -9 of the worker and of the server at random instants: nothing listed is broken, nothing returned is lost."""

import io
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from api_support import write_charter
from servers import Server, free_port

KILLS = int(os.environ.get("CUSTODES_KILLS", "6"))
"""Of the worker and of the server each; twenty for acceptance."""
ORPHAN_S = 60


@contextmanager
def serving(config: Path, port: int) -> Iterator[Server]:
    server = Server(config, port)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def config(street_clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    path.write_text(
        f'data = "data"\n[cameras.street.source]\nurl = "{street_clip}"\nloop = true\nrealtime = true\n'
        "[cameras.street.recording]\nsegment_s = 2\n"
    )
    write_charter(tmp_path / "charters", "street")
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
