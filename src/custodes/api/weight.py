"""How much a request may carry: bodies are read into memory before a route sees them."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custodes.api.enrolling import LARGEST_PHOTO
from custodes.api.problems import problem_response

_OPEN: Final = 64 << 10
"""Bytes for what everyone may send, without a login."""
_USUAL: Final = 16 << 20
_LARGEST: Final[Mapping[str, int]] = {
    "/api/v1/session": _OPEN,
    "/api/v1/withdrawals": _OPEN,
    "/api/v1/passes": _OPEN,
    "/api/v1/enrolments": 64 << 20,
    "/api/v1/enrolments/photos": LARGEST_PHOTO,
}


class Scales:
    """ASGI middleware that refuses bodies that are too large (413), by what they say and by what they are.

    Args:
        app: What it stands before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = _LARGEST.get(scope["path"], _USUAL)
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > most:
            await problem_response(413, _detail(most))(scope, receive, send)
            return
        await self._app(scope, _weighed(receive, most), send)


def _weighed(receive: Receive, most: int) -> Receive:
    weight = 0

    async def wrapped() -> Message:
        nonlocal weight
        message = await receive()
        weight += len(message.get("body", b""))
        if weight > most:
            raise HTTPException(413, _detail(most))
        return message

    return wrapped


def _detail(most: int) -> str:
    return f"The request carries more than {most} bytes"
