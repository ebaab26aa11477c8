"""Asking a running server for originals: the server alone writes the log."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from custodes.domain.errors import ConfigError, NetworkError
from custodes.domain.time import Clock
from custodes.vault.request import RequestFile

_TIMEOUT_S: Final = 30.0
_EVERY_S: Final = 2.0


class VaultClient:
    """Speaks with one server.

    Args:
        server: Its address, such as http://127.0.0.1:8787.
        token: API token, empty where the server has no accounts.
        clock: For waiting.
    """

    def __init__(self, server: str, token: str, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{server.rstrip('/')}/api/v1/vault", headers=headers, timeout=_TIMEOUT_S)
        self._clock = clock

    def ask(self, fields: Mapping[str, Any]) -> str:
        """Make a request, and return its id once the log has it.

        Args:
            fields: As the API takes them.

        Raises:
            ConfigError: The server refuses it, and says why.
            NetworkError: The server does not answer.
        """
        answer = self._send("POST", "/requests", fields)
        return str(answer.json()["id"])

    def fetch(self, request_id: str, wait_s: float) -> RequestFile | None:
        """Return what custodians need, None where the log's witnesses have not seen it within `wait_s` seconds.

        Raises:
            ConfigError: The server refuses it, and says why.
            IntegrityError: What the server sends is no request.
            NetworkError: The server does not answer.
        """
        end_s = self._clock.monotonic_s() + wait_s
        while True:
            answer = self._send("GET", f"/requests/{request_id}")
            if answer.status_code != HTTPStatus.TOO_EARLY:
                return RequestFile.parse(answer.content, "The request")
            if self._clock.monotonic_s() >= end_s:
                return None
            self._clock.sleep(_EVERY_S)

    def note(self, kind: str, request_id: str, document: bytes) -> None:
        """Have an approval or an opening logged.

        Args:
            kind: `approvals` or `openings`.
            request_id: Of the request.
            document: The approval, or the signed manifest.

        Raises:
            ConfigError: The server refuses it, and says why.
            NetworkError: The server does not answer.
        """
        self._send("POST", f"/requests/{request_id}/{kind}", json.loads(document))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _send(self, method: str, path: str, document: object = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=document)
        except httpx.HTTPError as error:
            raise NetworkError(
                "The server does not answer",
                why=str(error),
                fix="check its address, and whether it is running",
            ) from None
        if answer.is_success or answer.status_code == HTTPStatus.TOO_EARLY:
            return answer
        raise ConfigError("The server refuses the request", why=_reason(answer))


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return f"it answers with status {answer.status_code}"
