"""Looking at a running server from outside, as a person with a browser would, and saying what is there."""

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from rich.table import Table
from websockets.sync.client import connect
from websockets.typing import Origin

from custodes.capture import open_stream
from custodes.domain.errors import CustodesError
from custodes.ledger import (
    Checkpoint,
    FolderReader,
    Leaf,
    Policy,
    mirror,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.remote import WebReader
from custodes.ledger.remote import connect as connect_web

_POLL_S = 1.0
_TIMEOUT_S = 10.0


def _entries(reader: FolderReader, checkpoint: Checkpoint) -> list[bytes]:
    """Return all entries of a log, each checked."""
    entries: list[bytes] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: entries.append(entry))
    return entries


@dataclass
class Check:
    """One thing that must be there.

    Attributes:
        what: In words.
        look: Returns what was found, empty where it is not there yet.
        found: What was found last.
        after_s: Seconds after the start when it was found.
    """

    what: str
    look: Callable[[], str]
    found: str = ""
    after_s: float = 0.0


class Checker:
    """Checks that frames, events, recordings and playback of every camera are really there.

    Args:
        base: Address of the server, without a trailing slash.
        cameras: Their ids.
        policy: Policy file of the log.
        limit_s: Seconds after which what was not found counts as missing.
    """

    def __init__(self, base: str, cameras: tuple[str, ...], policy: Path, limit_s: float) -> None:
        self._base = base
        self._cameras = cameras
        self._policy = policy
        self._limit_s = limit_s
        self._checks = [Check("server answers", self._healthy)]
        for camera in cameras:
            self._checks += [
                Check(f"{camera}: live", lambda c=camera: self._live_state(c)),  # type: ignore[misc]
                Check(f"{camera}: pictures on the live wall", lambda c=camera: self._live_view(c)),  # type: ignore[misc]
                Check(f"{camera}: events with thumbnails", lambda c=camera: self._events(c)),  # type: ignore[misc]
                Check(f"{camera}: recording plays back", lambda c=camera: self._playback(c)),  # type: ignore[misc]
            ]

        self._checks += [
            Check("register lists every camera with its charter", self._register),
            Check("log, copied and checked as an outsider would", self._log),
        ]

    @property
    def passed(self) -> bool:
        """Whether everything was found."""
        return all(check.found for check in self._checks)

    def run(self, server: uvicorn.Server) -> None:
        """Look until everything is found or the time is up, then end `server`."""
        started_s = time.monotonic()
        try:
            while not self.passed and time.monotonic() - started_s < self._limit_s:
                for check in self._checks:
                    if not check.found:
                        check.found = self._try(check)
                        check.after_s = time.monotonic() - started_s
                time.sleep(_POLL_S)
        finally:
            server.should_exit = True

    def table(self) -> Table:
        """Return what was found."""
        table = Table("", "check", "found", "after", title="custodes demo --check")
        for check in self._checks:
            mark = "[green]ok[/]" if check.found else "[red]!![/]"
            table.add_row(mark, check.what, check.found or "nothing", f"{check.after_s:.0f} s")
        return table

    def _try(self, check: Check) -> str:
        try:
            return check.look()
        except (urllib.error.URLError, OSError, CustodesError, TimeoutError):
            return ""

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._base + path, timeout=5) as answer:  # noqa: S310  our own address
            return json.load(answer)

    def _healthy(self) -> str:
        with urllib.request.urlopen(f"{self._base}/healthz", timeout=5) as answer:  # noqa: S310
            return f"HTTP {answer.status}"

    def _register(self) -> str:
        listed = {one["id"]: one["charter_version"] for one in self._get("/register/register.json")["cameras"]}
        return f"{len(listed)} cameras" if all(listed.get(camera) for camera in self._cameras) else ""

    def _log(self) -> str:
        trust = Policy.parse(self._policy.read_bytes())
        with tempfile.TemporaryDirectory(prefix="custodes-log-") as copy, connect_web(_TIMEOUT_S, 1) as client:
            source = WebReader(f"{self._base}/log/", client)
            mirror(source, Path(copy), lambda data: trust.accept(data).checkpoint)
            reader = FolderReader(Path(copy))
            accepted = trust.accept(read_checkpoint(reader))
            kinds = Counter(Leaf.parse(entry).type for entry in _entries(reader, accepted.checkpoint))
        wanted = {"server.start", "charter.adopted", "camera.start", "consultation.live", "consultation.search"}
        return f"{kinds.total()} leaves, every one as signed" if wanted <= set(kinds) else ""

    def _live_state(self, camera: str) -> str:
        status = self._get(f"/api/v1/cameras/{camera}")["status"]
        if not status or status["state"] != "live" or not status["analysed_fps"]:
            return ""
        size = f"{status['width']}x{status['height']} {status['codec']}"
        return f"{size}, {status['fps']} fps, {status['analysed_fps']} analysed"

    def _live_view(self, camera: str) -> str:
        address = f"{self._base.replace('http', 'ws', 1)}/api/v1/cameras/{camera}/live"
        with connect(address, open_timeout=5, origin=Origin(self._base)) as socket:
            codec = json.loads(socket.recv(timeout=5))["mime"]
            sizes = [len(socket.recv(timeout=5)) for _ in range(3)]
        return f"{codec}, {sum(sizes)} bytes in {len(sizes)} fragments"

    def _events(self, camera: str) -> str:
        events = self._get(f"/api/v1/events?camera={camera}&limit=50")["items"]
        shown = [event for event in events if event["thumbnail"]]
        if not shown:
            return ""
        with urllib.request.urlopen(self._base + shown[0]["thumbnail"], timeout=5) as answer:  # noqa: S310
            size = len(answer.read())
        return f"{len(events)} events, first thumbnail {size} bytes"

    def _playback(self, camera: str) -> str:
        now = datetime.now(UTC)
        start, end = (quote(moment.isoformat()) for moment in (now - timedelta(minutes=10), now))
        source = open_stream(f"{self._base}/api/v1/cameras/{camera}/hls.m3u8?start={start}&end={end}", timeout_s=5)
        try:
            frames = sum(1 for _ in source.frames())
        finally:
            source.close()
        return f"{frames} pictures decoded" if frames else ""
