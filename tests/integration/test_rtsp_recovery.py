"""Real RTSP servers that stop, freeze, and talk nonsense: cameras come back by themselves."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from typing import Self

import pytest

from custodes.app.rtsp_server import RtspServer, has_gstreamer
from custodes.capture import Backoff, Gap, Reconnector, StreamInfo, open_stream, probe
from custodes.domain.cameras import CameraState
from custodes.domain.errors import CaptureError, ConfigError
from custodes.domain.time import NS_PER_S, SystemClock
from sim.proxy import Proxy
from sim.videos import make_video, number_of

PATIENCE_S = 1.5
DEADLINE_S = 40

needs = pytest.mark.skipif(not has_gstreamer(), reason="GStreamer's RTSP server is not installed")
kinds = pytest.mark.parametrize("kind", [pytest.param("gstreamer", marks=needs), "python"])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=36, fps=12, bf="2")


class Camera:
    """Runs a reconnector on a thread and keeps what it says."""

    def __init__(self, url: str) -> None:
        self.states: list[CameraState] = []
        self.reasons: list[str] = []
        self.gaps: list[Gap] = []
        self.frames = 0
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def until(self, state: CameraState) -> None:
        self.wait(lambda: self.states[-1:] == [state], f"state {state}")

    def until_more_frames(self, count: int = 5) -> None:
        wanted = self.frames + count
        self.wait(lambda: self.frames >= wanted, "pictures")

    def wait(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not done():
            assert time.monotonic() < deadline, f"no {what}: {self.states} {self.reasons}"
            time.sleep(0.02)

    def _run(self) -> None:
        reconnector = Reconnector(
            lambda: open_stream(self._url, timeout_s=PATIENCE_S),
            on_state=self._on_state,
            stall_after_s=PATIENCE_S,
            clock=SystemClock(),
            backoff=Backoff(first_s=0.2, longest_s=0.5),
        )
        for item in reconnector.frames(self._stop):
            if isinstance(item, Gap):
                self.gaps.append(item)
            else:
                self.frames += 1

    def _on_state(self, state: CameraState, reason: str, _info: StreamInfo | None) -> None:
        self.states.append(state)
        self.reasons.append(reason)


def _port(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


@contextmanager
def _proxied(clip: Path, kind: str) -> Iterator[tuple[Proxy, Camera]]:
    with RtspServer({"cam": clip}, kind=kind) as server, Proxy(_port(server.urls["cam"])) as proxy:
        url = server.urls["cam"]
        with Camera(url.replace(f":{_port(url)}/", f":{proxy.port}/")) as camera:
            yield proxy, camera


@pytest.mark.parametrize(
    ("kind", "transport"),
    [pytest.param("gstreamer", "tcp", marks=needs), pytest.param("gstreamer", "udp", marks=needs), ("python", "tcp")],
)
def test_a_looped_clip_plays_on_across_its_end(clip: Path, kind: str, transport: str) -> None:
    with RtspServer({"cam": clip, "other": clip}, kind=kind) as server:
        assert server.kind == kind
        source = open_stream(server.urls["cam"], transport=transport)
        frames = list(islice(source.frames(), 45))
        source.close()
    seen = [number_of(frame.luma()) for frame in frames]
    start = seen[0]
    assert seen == [(start + i) % 36 for i in range(45)]
    assert all(after.time.utc_ns > before.time.utc_ns for before, after in pairwise(frames))
    steps = [(after.time.ticks - before.time.ticks) / 90_000 for before, after in pairwise(frames)]
    assert max(steps) < 0.2
    assert (source.info.codec, source.info.width, source.info.height, source.info.fps) == ("h264", 96, 64, 12)
    assert not source.info.b_frames
    assert NS_PER_S // 2 <= frames[0].time.error_ns < 20 * NS_PER_S


@kinds
def test_a_stopped_server_is_found_again(clip: Path, kind: str) -> None:
    with RtspServer({"cam": clip}, kind=kind) as server:
        url = server.urls["cam"]
        camera = Camera(url)
        camera.__enter__()
        camera.until(CameraState.LIVE)
        camera.until_more_frames()
    try:
        camera.until(CameraState.OFFLINE)
        with RtspServer({"cam": clip}, kind=kind, port=_port(url)) as server:
            assert server.urls["cam"] == url
            camera.until(CameraState.LIVE)
            camera.until_more_frames()
    finally:
        camera.__exit__()
    assert camera.gaps
    assert all(gap.end_ns > gap.start_ns for gap in camera.gaps)


@pytest.mark.slow
@kinds
def test_a_frozen_link_is_stalled_and_recovers(clip: Path, kind: str) -> None:
    with _proxied(clip, kind) as (proxy, camera):
        camera.until(CameraState.LIVE)
        camera.until_more_frames()
        proxy.mode = "freeze"
        camera.until(CameraState.STALLED)
        camera.until(CameraState.OFFLINE)
        proxy.mode = "forward"
        camera.until(CameraState.LIVE)
        camera.until_more_frames()
        assert camera.gaps[0].end_ns - camera.gaps[0].start_ns > PATIENCE_S * NS_PER_S / 2


@kinds
def test_garbage_is_failing_and_recovers(clip: Path, kind: str) -> None:
    with _proxied(clip, kind) as (proxy, camera):
        camera.until(CameraState.LIVE)
        camera.until_more_frames()
        proxy.mode = "garbage"
        proxy.hang_up()
        camera.until(CameraState.FAILING)
        assert "does not speak RTSP" in camera.reasons[-1]
        proxy.mode = "forward"
        camera.until(CameraState.LIVE)
        camera.until_more_frames()


def test_a_stream_that_turns_into_garbage_while_live_recovers(clip: Path) -> None:
    with _proxied(clip, "python") as (proxy, camera):
        camera.until(CameraState.LIVE)
        proxy.mode = "garbage"
        camera.wait(lambda: camera.states[-1] is not CameraState.LIVE, "failure")
        proxy.mode = "forward"
        camera.until(CameraState.LIVE)
        camera.until_more_frames()


def test_a_port_that_speaks_no_rtsp_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_nonsense, args=(server,), daemon=True).start()
        with pytest.raises(CaptureError, match="cannot be opened"):
            open_stream(f"rtsp://127.0.0.1:{server.getsockname()[1]}/x", timeout_s=PATIENCE_S)


def _answer_nonsense(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"220 smtp ready\r\n" * 100)


def test_a_stream_is_probed_with_its_measured_bit_rate(clip: Path) -> None:
    with RtspServer({"cam": clip}, kind="python") as server:
        info = probe(server.urls["cam"])
        assert (info.codec, info.width, info.height, info.fps) == ("h264", 96, 64, 12)
        assert 1_000 < info.bit_rate < 1_000_000
        with pytest.raises(CaptureError, match="cannot be opened"):
            probe(server.urls["cam"].replace("cam.mp4", "other.mp4"))


def test_a_taken_port_and_a_missing_server_are_clear_errors(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CaptureError, match="did not start"):
        RtspServer({"cam": clip}, port=taken.getsockname()[1], kind="python")
    monkeypatch.setattr("custodes.app.rtsp_server.server.has_gstreamer", lambda: False)
    with pytest.raises(ConfigError, match="not installed"):
        RtspServer({"cam": clip}, kind="gstreamer")


@kinds
def test_only_loopback_is_listened_on(clip: Path, kind: str) -> None:
    with RtspServer({"cam": clip}, kind=kind) as server:
        source = open_stream(server.urls["cam"], transport="udp" if kind == "gstreamer" else "tcp")
        next(source.frames())
        addresses = _bound_addresses(server._process.pid)
        source.close()
    assert addresses >= {"0100007F"}
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}


def _bound_addresses(pid: int) -> set[str]:
    """Return the local addresses of all internet sockets of a process, as the kernel writes them."""
    own = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if f"socket:[{row[9]}]" in own}


@kinds
def test_two_watch_the_same_camera(clip: Path, kind: str) -> None:
    with RtspServer({"cam": clip}, kind=kind) as server:
        first, second = open_stream(server.urls["cam"]), open_stream(server.urls["cam"])
        counts = [sum(1 for _ in islice(source.frames(), 30)) for source in (first, second)]
        first.close()
        second.close()
    assert counts == [30, 30]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
