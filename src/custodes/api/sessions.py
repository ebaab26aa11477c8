"""Who is logged in, and who guesses too often."""

import hashlib
import hmac
import math
import secrets
import threading
from typing import Final

from custodes.api.passwords import matches
from custodes.domain.time import Clock

COOKIE: Final = "custodes_session"
_FREE_FAILURES = 5
"""Wrong passwords from one address that cost no waiting."""
_LONGEST_S = 300.0
_MOST_ADDRESSES = 10_000
_MOST_SESSIONS = 1_000


class Throttle:
    """Slows guessing: after five failures an address waits 1, 2, 4, ... up to 300 seconds before the next try."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, address: str) -> int:
        """Return for how many whole seconds `address` may not try; 0 when it may."""
        with self._lock:
            _, until_s = self._failures.get(address, (0, 0.0))
        return max(0, math.ceil(until_s - self._clock.monotonic_s()))

    def failed(self, address: str) -> None:
        """Note a wrong password from `address`."""
        with self._lock:
            count = self._failures.pop(address, (0, 0.0))[0] + 1
            excess = count - _FREE_FAILURES
            delay_s = min(2.0 ** min(excess, 16), _LONGEST_S) if excess >= 0 else 0.0
            self._failures[address] = (count, self._clock.monotonic_s() + delay_s)
            if len(self._failures) > _MOST_ADDRESSES:
                self._failures.pop(next(iter(self._failures)))

    def succeeded(self, address: str) -> None:
        """Forget the failures of `address`."""
        with self._lock:
            self._failures.pop(address, None)


class Gatekeeper:
    """Checks passwords and session cookies.

    Args:
        digest: Argon2id digest of the password; None opens the server to everyone who can reach it.
        session_s: Seconds a login lasts.
        clock: Durations.
    """

    def __init__(self, digest: str | None, session_s: float, clock: Clock) -> None:
        self._digest = digest
        self._session_s = session_s
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known = b""
        self._sessions: dict[bytes, float] = {}
        self._lock = threading.Lock()
        self.throttle = Throttle(clock)

    @property
    def closed(self) -> bool:
        """Whether a password is needed."""
        return self._digest is not None

    def password_right(self, password: str) -> bool:
        """Return whether `password` is the server's; slow by design, except for the one that was right last."""
        if self._digest is None:
            return True
        tag = self._tag(password)
        if self._known and hmac.compare_digest(tag, self._known):
            return True
        if not matches(password, self._digest):
            return False
        self._known = tag
        return True

    def open_session(self) -> str:
        """Return the token of a new session, for the cookie."""
        token = secrets.token_urlsafe(32)
        now_s = self._clock.monotonic_s()
        with self._lock:
            self._sessions = {key: end_s for key, end_s in self._sessions.items() if end_s > now_s}
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[self._tag(token)] = now_s + self._session_s
        return token

    def session_valid(self, token: str) -> bool:
        """Return whether `token` belongs to a session that has not expired or been closed."""
        with self._lock:
            end_s = self._sessions.get(self._tag(token), -math.inf)
        return end_s > self._clock.monotonic_s()

    def close_session(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        with self._lock:
            self._sessions.pop(self._tag(token), None)

    def _tag(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()
