"""Streams over HTTP, from a small server in this process."""

import http.server
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise

import av
import pytest

from custodes.capture import open_stream
from custodes.capture.stream import _Stamp
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S, SystemClock
from sim.camera_simulator import FakeClock

PICTURE_S = 0.1


class _Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/private":
            self.send_error(401)
        elif self.path == "/text":
            self._send("text/plain", b"not a picture\n" * 100)
        else:
            self._motion_jpeg()

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _motion_jpeg(self) -> None:
        encoder = av.CodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "yuvj422p", Fraction(1, 10)
        self._send("multipart/x-mixed-replace; boundary=frame", b"")
        for number in range(30):
            picture = av.VideoFrame(64, 48, "yuvj422p")
            picture.pts = number
            jpeg = b"".join(bytes(packet) for packet in encoder.encode(picture))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")
            time.sleep(PICTURE_S)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_motion_jpeg_is_timed_by_arrival(address: str) -> None:
    source = open_stream(f"http://{address}/mjpeg", timeout_s=5)
    frames = list(islice(source.frames(), 10))
    source.close()
    assert {frame.picture.format.name for frame in frames} == {"yuv420p"}
    assert frames[-1].time.media_s > 5 * PICTURE_S
    assert all(before.time.utc_ns < after.time.utc_ns for before, after in pairwise(frames))


@pytest.mark.parametrize(("path", "why"), [("private", "user name or the password"), ("text", "not video")])
def test_what_is_wrong_is_said_without_the_password(address: str, path: str, why: str) -> None:
    with pytest.raises(CaptureError, match=why) as caught:
        open_stream(f"http://admin:hunter2@{address}/{path}", timeout_s=5)
    assert "hunter2" not in str(caught.value)


def test_an_unknown_protocol_is_one_clear_error() -> None:
    with pytest.raises(CaptureError, match=r"rtsp://, http:// or https://|protocol"):
        open_stream("gopher7://cam/x", timeout_s=1)


def test_the_error_of_a_time_grows_with_how_long_opening_took() -> None:
    clock = FakeClock()
    stamp = _Stamp(Fraction(1, 90_000), 10, clock, clock.monotonic_s())
    clock.advance(2.0)
    assert stamp(0).error_ns == 2.5 * NS_PER_S


def test_a_clock_that_is_set_ends_the_session() -> None:
    clock = FakeClock()
    stamp = _Stamp(Fraction(1, 90_000), 10, clock, clock.monotonic_s())
    stamp(0)
    clock.now_ns += 3600 * NS_PER_S
    clock.boot_ns += 3600 * NS_PER_S
    with pytest.raises(CaptureError, match="clock was set"):
        stamp(9000)


def test_a_system_clock_is_used_by_default(address: str) -> None:
    source = open_stream(f"http://{address}/mjpeg", timeout_s=5)
    time_of_first = next(source.frames()).time
    source.close()
    assert abs(time_of_first.utc_ns - SystemClock().utc_ns()) < 60 * NS_PER_S
