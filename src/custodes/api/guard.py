"""The door: every request passes here before any route sees it, and has a person when it comes out.

Without an account the server is open to this machine alone, so a page of another origin must not reach it through the
visitor's browser: the Host header must name this machine (DNS rebinding), and a foreign Origin is refused. With an
account, each request needs a session cookie, HTTP Basic, or an API token.
"""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custodes.api.pages import DESK, LOG, REGISTER, WITHDRAW
from custodes.api.persons import set_admission
from custodes.api.problems import problem_response
from custodes.api.sessions import COOKIE, Admission, Gatekeeper
from custodes.api.settings import is_loopback
from custodes.domain.persons import Person, PersonKind
from custodes.store import Account

log = logging.getLogger(__name__)

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION: Final = "/api/v1/session"
_WITHDRAWALS: Final = "/api/v1/withdrawals"
_PASSES: Final = "/api/v1/passes"
_PUBLIC: Final = frozenset({"/healthz", "/login", WITHDRAW})
_PUBLIC_CHANGES: Final[Mapping[str, frozenset[str]]] = {
    _SESSION: frozenset({"POST", "DELETE"}),
    _WITHDRAWALS: frozenset({"POST"}),
    _PASSES: frozenset({"POST"}),
}
_PUBLIC_FOLDERS: Final = ("/assets/", f"{LOG}/", f"{REGISTER}/")

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
_DESK_POLICY: Final = "camera=(self), microphone=(), geolocation=()"


class Guard:
    """ASGI middleware that checks host, origin and login, names the person, and adds security headers to every answer.

    Args:
        app: What it guards.
        keeper: Knows persons by what they show.
        on_token_use: As in `ApiContext`.
    """

    def __init__(self, app: ASGIApp, keeper: Gatekeeper, on_token_use: Callable[[Person], None]) -> None:
        self._app = app
        self._keeper = keeper
        self._on_token_use = on_token_use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, _with_headers(send, scope["path"]))
        elif scope["type"] == "http":
            await refusal(scope, receive, _with_headers(send, scope["path"]))
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    async def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        try:
            local = await run_in_threadpool(self._keeper.local)
            if refusal := _foreign(scope, headers, local=local is not None):
                return refusal
            if _is_public(scope):
                return None
            admission = local or await self._admission(scope, headers)
            if isinstance(admission, Response):
                return admission
            if admission.person.kind is PersonKind.TOKEN:
                await run_in_threadpool(self._on_token_use, admission.person)
        except Exception:
            log.exception("a request was refused")
            return problem_response(503, "It cannot be found out, or not be logged, who asks")
        set_admission(scope, admission)
        return None

    async def _admission(self, scope: Scope, headers: Headers) -> Admission | Response:
        cookie = session_token(headers)
        if cookie and (admission := await run_in_threadpool(self._keeper.by_session, cookie)):
            return admission
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            admission = await run_in_threadpool(self._keeper.by_token, value.strip())
            return admission or problem_response(401, "The token is unknown, expired or revoked")
        if scheme.lower() == "basic" and (pair := _name_and_password(value)):
            account = await check_password(self._keeper, scope, *pair)
            return account if isinstance(account, Response) else self._keeper.admit(account)
        return _invitation(scope, headers)


def _foreign(scope: Scope, headers: Headers, *, local: bool) -> Response | None:
    """Return the refusal of what comes by a foreign name or from a foreign page, None where it does not."""
    host = headers.get("host", "")
    if local and not is_loopback(_name_of(host)):
        return problem_response(421, f"This server answers to the names of this machine only, not to {host[:80]!r}")
    changing = scope["type"] == "websocket" or scope["method"] not in _SAFE
    origin = headers.get("origin")
    if changing and origin is not None and _origin_host(origin) != host.lower():
        return problem_response(403, "A page of another origin may not do this")
    return None


def _is_public(scope: Scope) -> bool:
    """Return whether everyone may ask this: it shows nothing of any camera or person."""
    path = scope["path"]
    if path in _PUBLIC_CHANGES:
        return scope["type"] == "http" and scope["method"] in _PUBLIC_CHANGES[path]
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS)


def _invitation(scope: Scope, headers: Headers) -> Response:
    """Return the answer to somebody who has not said who they are."""
    if "text/html" in headers.get("accept", "") and scope["type"] == "http":
        return RedirectResponse("/login", status_code=303)
    answer = problem_response(
        401, f"Log in first: POST name and password to {_SESSION}, or use HTTP Basic or an API token as Bearer"
    )
    if "sec-fetch-mode" not in headers:  # a browser would open its own dialog over the page
        answer.headers["WWW-Authenticate"] = 'Basic realm="custodes", charset="UTF-8"'
    return answer


async def check_password(keeper: Gatekeeper, scope: Scope, name: str, password: str) -> Account | Response:
    """Return whose name and password these are, else the answer: 401, or 429 after too many wrong ones."""
    client = scope.get("client")
    address = client[0] if client else ""
    attempt = await to_thread.run_sync(keeper.log_in, address, name, password, limiter=keeper.guessing)
    if attempt.account is not None:
        return attempt.account
    if not attempt.wait_s:
        return problem_response(401, "The name or the password is wrong")
    answer = problem_response(429, f"Too many wrong passwords; try again in {attempt.wait_s} s")
    answer.headers["Retry-After"] = str(attempt.wait_s)
    return answer


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


def _name_and_password(value: str) -> tuple[str, str] | None:
    """Return what HTTP Basic carries, None where it carries nothing readable."""
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _with_headers(send: Send, path: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if path == DESK:
                headers["Permissions-Policy"] = _DESK_POLICY
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return wrapped
