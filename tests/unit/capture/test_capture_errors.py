import socket
import traceback

import av
import pytest

from custodes.capture import StalledError, UnreachableError, open_stream, probe
from custodes.capture.errors import open_error, read_error
from custodes.domain.errors import CaptureError

WORD = "hunter2"


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        (av.error.ConnectionRefusedError, 111, UnreachableError),
        (av.error.ExitError, 1, UnreachableError),
        (av.error.OSError, 113, UnreachableError),
        (av.error.HTTPUnauthorizedError, 1, CaptureError),
        (av.error.InvalidDataError, 1, CaptureError),
        (av.error.OSError, 28, CaptureError),
    ],
)
def test_the_cause_decides_the_kind(kind: type[av.error.FFmpegError], number: int, expected: type) -> None:
    error = open_error(kind(number, "Some cause", "rtsp://u:hunter2@h/x"), "rtsp://u:***@h/x", 5, timed_out=False)
    assert type(error) is expected
    assert "hunter2" not in str(error)


def test_silence_while_reading_is_a_stall() -> None:
    assert isinstance(read_error(av.error.ExitError(1, "Immediate exit"), "cam"), StalledError)
    assert isinstance(read_error(av.error.ConnectionResetError(104, "reset"), "cam"), UnreachableError)


def test_a_refused_connection_tells_no_password_even_in_its_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"rtsp://admin:{WORD}@127.0.0.1:{taken.getsockname()[1]}/x"
    for attempt in (open_stream, probe):
        with pytest.raises(UnreachableError) as caught:
            attempt(url)
        text = "".join(traceback.format_exception(caught.value))
        assert "admin:***@127.0.0.1" in text
        assert WORD not in text
        assert caught.value.__context__ is None


def test_a_server_that_never_answers_does_not_block_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(UnreachableError, match=r"nothing answered within 0\.5 s"):
            open_stream(url, timeout_s=0.5)
