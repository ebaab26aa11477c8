"""Asking a silent RTSP address what is there, once FFmpeg gave up on it."""

import contextlib
import socket
from typing import Final
from urllib.parse import urlsplit

_LONGEST_S: Final = 2.0
_DEFAULT_PORT: Final = 554


def answers_nonsense(url: str, timeout_s: float) -> bool:
    """Return whether something at the RTSP address `url` answers, but not in RTSP.

    FFmpeg waits for an answer it understands until its time is up, which looks like silence.
    """
    with contextlib.suppress(OSError, ValueError):
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORT
        with socket.create_connection((host, port), min(timeout_s, _LONGEST_S)) as connection:
            connection.sendall(f"OPTIONS rtsp://{host}:{port}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            answer = connection.recv(64)
            return bool(answer) and not answer.startswith(b"RTSP/")
    return False
