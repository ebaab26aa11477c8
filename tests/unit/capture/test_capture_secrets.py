"""What is told of a camera that cannot be used: never its address, whatever FFmpeg says."""

import http.server
import logging
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from api_support import ManualClock
from custodes.capture import Gap, Reconnector, SourceSettings, open_source
from custodes.domain.cameras import CameraState

USER, WORD, TOKEN, PATH = "viewer7", "hunter2", "t0k3n", "entrance9"
SECRETS = (USER, WORD, TOKEN, PATH, "127.0.0.1", "localhost", "://", "?")


class Rtsp(socketserver.StreamRequestHandler):
    """Answers every request as its server says."""

    timeout = 5

    def handle(self) -> None:
        while True:
            request = b""
            while line := self.rfile.readline().strip():
                request += line + b"\n"
            if not request:
                return
            number = request.lower().partition(b"cseq:")[2].split(b"\n")[0].strip()
            self.wfile.write(self.server.answer.replace(b"NUMBER", number))


class Web(http.server.BaseHTTPRequestHandler):
    """Answers every request as its server says."""

    def do_GET(self) -> None:
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(handler: type[socketserver.BaseRequestHandler], answer: object) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.answer = answer  # type: ignore[attr-defined]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def status_line(text: str) -> bytes:
    return f'RTSP/1.0 {text}\r\nCSeq: NUMBER\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n'.encode()


def told(url: str, caplog: pytest.LogCaptureFixture) -> tuple[CameraState, str]:
    """Return what becomes of the camera at `url`, after checking that nothing that is told holds its address."""
    settings = SourceSettings(url=SecretStr(url), stall_after_s=1)
    stop, said = threading.Event(), list[tuple[CameraState, str]]()

    def on_state(state: CameraState, reason: str, _info: object) -> None:
        said.append((state, reason))
        if state not in {CameraState.CONNECTING, CameraState.LIVE}:
            stop.set()

    caplog.set_level(logging.DEBUG)
    clock = ManualClock()
    reconnector = Reconnector(lambda: open_source(settings), on_state=on_state, stall_after_s=1, clock=clock)
    gaps = [item.reason for item in reconnector.frames(stop) if isinstance(item, Gap)]
    assert gaps
    for text in (*(reason for _, reason in said), *gaps, caplog.text):
        assert [secret for secret in SECRETS if secret in text] == [], text
    return said[-1]


def address(scheme: str, port: int, host: str = "127.0.0.1") -> str:
    return f"{scheme}://{USER}:{WORD}@{host}:{port}/{PATH}?token={TOKEN}&x={TOKEN}"


@pytest.mark.parametrize(
    ("answer", "state", "why"),
    [
        (status_line("401 Unauthorized"), CameraState.FAILING, "it refuses the user name or the password"),
        (status_line("403 Forbidden"), CameraState.FAILING, "this user may not see it"),
        (status_line("404 Not Found"), CameraState.FAILING, "it has no such stream"),
        (status_line("500 Internal Error"), CameraState.FAILING, "an error of its own"),
        (status_line("200 OK"), CameraState.FAILING, ""),
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", CameraState.FAILING, "does not speak RTSP"),
    ],
)
def test_rtsp(answer: bytes, state: CameraState, why: str, caplog: pytest.LogCaptureFixture) -> None:
    with answering(Rtsp, answer) as port:
        found = told(address("rtsp", port), caplog)
    assert (found[0], why in found[1]) == (state, True), found


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nothing_there(scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    with answering(Web, (200, b"")) as port:
        pass
    assert told(address(scheme, port), caplog)[0] is CameraState.OFFLINE


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((401, b""), "it refuses the user name or the password"),
        ((404, b""), "it has no such stream"),
        ((500, b""), "an error of its own"),
        ((200, b"<html>no video</html>" * 100), "not video"),
    ],
)
def test_http(answer: tuple[int, bytes], why: str, caplog: pytest.LogCaptureFixture) -> None:
    with answering(Web, answer) as port:
        state, reason = told(address("http", port), caplog)
    assert (state, why in reason) == (CameraState.FAILING, True), reason


@pytest.mark.parametrize("host", ["no-such-host.invalid", "[::1", "127.0.0.1:x"])
def test_addresses_that_lead_nowhere(host: str, caplog: pytest.LogCaptureFixture) -> None:
    assert host not in told(address("rtsp", 554, host), caplog)[1]


@pytest.mark.parametrize("content", [None, b"", b"no video"])
def test_files(content: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = tmp_path / f"{WORD}.mp4"
    if content is not None:
        clip.write_bytes(content)
    assert str(tmp_path) not in told(str(clip), caplog)[1]
