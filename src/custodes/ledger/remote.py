"""Speaking HTTP with witnesses and with web servers that publish logs; neither is trusted with time or memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from custodes.domain.errors import ConfigError, IntegrityError, NetworkError
from custodes.ledger.reader import CHECKPOINT
from custodes.ledger.tiles import LARGEST_FILE

_GONE: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status code.
        headers: By name, in any case.
        body: Not longer than was allowed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_address(url: str) -> str:
    """Return `url` without slashes at its end.

    Raises:
        ConfigError: It is not an HTTP address.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise ConfigError(f"{url} is not an address", fix="write one that begins with https:// or http://")
    return url.rstrip("/")


def connect(timeout_s: float, connections: int) -> httpx.Client:
    """Return a client for threads to share, which waits at most `timeout_s` for each sign of life."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.Client(timeout=timeout_s, limits=limits, headers={"User-Agent": "custodes"})


def exchange(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    most_bytes: int,
) -> Answer:
    """Return the answer to a request.

    Raises:
        NetworkError: There was none, or it was not whole.
        IntegrityError: It is longer than `most_bytes`.
    """
    body = bytearray()
    try:
        with client.stream(method, url, content=content or None, headers=headers) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > most_bytes:
                    raise IntegrityError(f"The answer of {url} is too large", why=f"{most_bytes} bytes are the limit")
            return Answer(response.status_code, response.headers, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NetworkError(
            f"{url} does not answer", why=str(error) or type(error).__name__, fix="check the address, and try again"
        ) from error


class WebReader:
    """Reads a log from the web server that publishes it; see `ByteReader`. Threads may share it.

    Args:
        url: Address of the folder that holds `checkpoint` and `tile`.
        client: Of `connect`.

    Raises:
        ConfigError: `url` is not an HTTP address.
    """

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = check_address(url)
        self._client = client

    def read(self, path: str) -> bytes | None:
        """Return the file at `path`; None where there is none.

        Raises:
            IntegrityError: It is larger than any file of a log.
            NetworkError: The server did not answer, or with neither the file nor that there is none.
        """
        url = f"{self._url}/{path}"
        headers = {"Cache-Control": "no-cache"} if path == CHECKPOINT else None
        answer = exchange(self._client, "GET", url, headers=headers, most_bytes=LARGEST_FILE)
        if answer.status == HTTPStatus.OK:
            return answer.body
        if answer.status in _GONE:
            return None
        there = answer.headers.get("location", "")
        raise NetworkError(
            f"{url} was answered with HTTP {answer.status}",
            why=f"it has moved to {there}" if there else "the server says so",
            fix="check the address, and try again",
        )
