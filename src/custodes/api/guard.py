"""The door: every request passes here before any route sees it.

Without a password the server is open to this machine alone, so a page of another origin must not reach it through the
visitor's browser: the Host header must name this machine (DNS rebinding), and a foreign Origin is refused. With a
password, each request needs a session cookie or HTTP Basic.
"""

import base64
import binascii
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custodes.api.problems import problem_response
from custodes.api.sessions import COOKIE, Gatekeeper
from custodes.api.settings import is_loopback

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PUBLIC: Final = ("/healthz", "/login", "/api/v1/session", "/assets/")
"""What a password does not guard: it shows nothing of any camera."""

_SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware that checks host, origin and login, and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, keeper: Gatekeeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http":
            await refusal(scope, receive, _with_headers(send))
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    async def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not self._keeper.closed and not is_loopback(_name_of(host)):
            return problem_response(421, f"This server answers to the names of this machine only, not to {host[:80]!r}")
        changing = scope["type"] == "websocket" or scope["method"] not in _SAFE
        origin = headers.get("origin")
        if changing and origin is not None and _origin_host(origin) != host.lower():
            return problem_response(403, "A page of another origin may not do this")
        if not self._keeper.closed or scope["path"].startswith(_PUBLIC):
            return None
        return await self._login_refusal(scope, headers)

    async def _login_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        token = session_token(headers)
        if token and self._keeper.session_valid(token):
            return None
        password = _basic_password(headers.get("authorization", ""))
        if password is not None:
            return await check_password(self._keeper, scope, password)
        if "text/html" in headers.get("accept", "") and scope["type"] == "http":
            return RedirectResponse("/login", status_code=303)
        answer = problem_response(401, "Log in first: POST the password to /api/v1/session, or use HTTP Basic")
        if "sec-fetch-mode" not in headers:  # a browser would open its own dialog over the page
            answer.headers["WWW-Authenticate"] = 'Basic realm="custodes", charset="UTF-8"'
        return answer


async def check_password(keeper: Gatekeeper, scope: Scope, password: str) -> Response | None:
    """Return None where `password` is right, else the answer: 401, or 429 for an address that guessed too often."""
    client = scope.get("client")
    address = client[0] if client else ""
    wait_s = keeper.throttle.wait_s(address)
    if wait_s:
        answer = problem_response(429, f"Too many wrong passwords; try again in {wait_s} s")
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    if await run_in_threadpool(keeper.password_right, password):
        keeper.throttle.succeeded(address)
        return None
    keeper.throttle.failed(address)
    return problem_response(401, "The password is wrong")


def session_token(headers: Headers) -> str | None:
    """Return the session token of a request's cookies."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _origin_host(origin: str) -> str:
    """Return host and port of an Origin header, empty where it has none (`null`)."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name_of(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0]
    return host.partition(":")[0]


def _basic_password(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return wrapped
