"""Who is let in: by password, by the session that one opened, by API token, or by being on this machine."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter

from custodes.api.accounts import LONGEST_NAME, token_digest
from custodes.api.context import LoginBurst
from custodes.api.passwords import digest_password, make_password, matches
from custodes.api.throttle import Throttle, tells_burst
from custodes.domain.persons import LOCAL, Person, PersonKind
from custodes.domain.time import Clock
from custodes.store import Account, Store

log = logging.getLogger(__name__)

COOKIE: Final = "custodes_session"
_MOST_SESSIONS: Final = 1_000
_ADDRESS_DIGITS: Final = 16
_MOST_GUESSES: Final = 2
"""Passwords checked at a time: each takes 19 MiB, and none is checked before those before it were counted."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who was let in.

    Attributes:
        person: Who.
        still: Asks anew whether what let that person in still does.
    """

    person: Person
    still: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a name and a password.

    Attributes:
        account: Whose they are; None where they were wrong or not looked at.
        wait_s: Seconds until the next try is looked at, 0 where this one was.
    """

    account: Account | None
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class _Session:
    account: Account
    end_s: float


class Gatekeeper:
    """Knows persons by what they show. Every answer is looked up anew, so a disabled account is out at once.

    Args:
        store: Accounts and tokens.
        session_s: Seconds a login lasts.
        clock: Durations, and the wall time by which tokens expire.
        on_login_burst: Told of many wrong passwords in a row.

    Attributes:
        guessing: Limits the threads that are in `log_in`.
    """

    def __init__(
        self, store: Store, session_s: float, clock: Clock, on_login_burst: Callable[[LoginBurst], None]
    ) -> None:
        self._accounts = store.accounts
        self._session_s = session_s
        self._clock = clock
        self._on_login_burst = on_login_burst
        self._key = secrets.token_bytes(32)
        self._nobody = digest_password(make_password())
        self._known: dict[str, tuple[bytes, str]] = {}
        self._sessions: dict[bytes, _Session] = {}
        self._lock = threading.Lock()
        self._addresses = Throttle(clock)
        self._names = Throttle(clock)
        self._closed = False
        self.guessing: Final = CapacityLimiter(_MOST_GUESSES)

    @property
    def closed(self) -> bool:
        """Whether a login is needed: from the first account on, which is never deleted."""
        self._closed = self._closed or self._accounts.any()
        return self._closed

    def local(self) -> Admission | None:
        """Let in whoever reaches a server without accounts: that is on loopback."""
        return None if self.closed else Admission(LOCAL, lambda: not self.closed)

    def log_in(self, address: str, name: str, password: str) -> Attempt:
        """Check a name and a password; slow by design, except where they were right before.

        An unknown name costs what a wrong password costs. Failures make both the address and the name wait.
        """
        name = name[: LONGEST_NAME + 1]
        wait_s = max(self._addresses.wait_s(address), self._names.wait_s(name))
        if wait_s:
            return Attempt(None, wait_s)
        account = self._accounts.get(name)
        right = self._right(password, account.digest if account else self._nobody, name)
        if account is None or account.disabled or not right:
            self._failed(address, name, account)
            return Attempt(None)
        self._addresses.succeeded(address)
        self._names.succeeded(name)
        return Attempt(account)

    def admit(self, account: Account) -> Admission:
        """Let in by the name and password of `account`."""
        return Admission(_person(account), lambda: self._holds(account.name, account.digest) is not None)

    def open_session(self, account: Account) -> str:
        """Return the token of a new session of `account`, for the cookie."""
        token = secrets.token_urlsafe(32)
        now_s = self._clock.monotonic_s()
        with self._lock:
            self._sessions = {key: one for key, one in self._sessions.items() if one.end_s > now_s}
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[self._tag(token)] = _Session(account, now_s + self._session_s)
        return token

    def by_session(self, token: str) -> Admission | None:
        """Let in by a session that has not expired or been closed, of an account that is as it was at the login."""
        with self._lock:
            session = self._sessions.get(self._tag(token))
        if session is None or session.end_s <= self._clock.monotonic_s():
            return None
        account = self._holds(session.account.name, session.account.digest)
        if account is None:
            self.close_session(token)
            return None
        return Admission(_person(account), lambda: self.by_session(token) is not None)

    def close_session(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        with self._lock:
            self._sessions.pop(self._tag(token), None)

    def by_token(self, secret: str) -> Admission | None:
        """Let in by an API token that has neither expired nor been revoked, of an account that is not disabled."""
        found = self._accounts.token(token_digest(secret))
        if found is None:
            return None
        token, account = found
        if token.revoked or account.disabled or token.expires_ns <= self._clock.utc_ns():
            return None
        person = Person(account.name, PersonKind.TOKEN, account.role, token.id)
        return Admission(person, lambda: self.by_token(secret) is not None)

    def _right(self, password: str, digest: str, name: str) -> bool:
        tag = self._tag(password)
        known_tag, known_digest = self._known.get(name, (b"", ""))
        if known_digest == digest and hmac.compare_digest(tag, known_tag):
            return True
        if not matches(password, digest):
            return False
        self._known[name] = (tag, digest)
        return True

    def _holds(self, name: str, digest: str) -> Account | None:
        """Return the account `name` if it is not disabled and its password is the one with this digest."""
        account = self._accounts.get(name)
        return account if account and not account.disabled and account.digest == digest else None

    def _failed(self, address: str, name: str, account: Account | None) -> None:
        failures = {"address": self._addresses.failed(address), "account": self._names.failed(name)}
        if tells_burst(failures["address"]):
            hidden = self._tag(address).hex()[:_ADDRESS_DIGITS]
            self._tell(LoginBurst("address", hidden, failures["address"]))
        if account is not None and tells_burst(failures["account"]):
            self._tell(LoginBurst("account", account.name, failures["account"]))

    def _tell(self, burst: LoginBurst) -> None:
        try:
            self._on_login_burst(burst)
        except Exception:
            log.exception("a burst of failed logins could not be reported")

    def _tag(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()


def _person(account: Account) -> Person:
    return Person(account.name, PersonKind.ACCOUNT, account.role)
