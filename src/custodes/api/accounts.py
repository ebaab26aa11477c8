"""Making accounts and API tokens: each secret is returned once and kept as a digest."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Final

from custodes.api.passwords import digest_password, make_password
from custodes.api.settings import ServerSettings
from custodes.domain.errors import ConfigError
from custodes.domain.persons import Role
from custodes.domain.time import NS_PER_S, Clock
from custodes.store import Account, Store, Token

FIRST: Final = "admin"
"""The account that is made where one is compulsory and none is there."""
LONGEST_NAME: Final = 40
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_TOKEN_PREFIX: Final = "custodes_"  # noqa: S105  so that scanners for leaked secrets can know a token
_TOKEN_BYTES, _TOKEN_ID_BYTES = 32, 4


def add_account(store: Store, name: str, role: Role, clock: Clock) -> str:
    """Make an account and return its password, to be shown once.

    From then on everything needs a login, on loopback too.

    Raises:
        ConfigError: `name` is no name, or was given before.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name[:80]!r} is no name for an account",
            fix=f"use 1-{LONGEST_NAME} of a-z, 0-9, '.', '-' and '_', with a letter first",
        )
    password = make_password()
    if not store.accounts.add(Account(name, digest_password(password), role, clock.utc_ns())):
        raise ConfigError(
            f"there is an account {name} already, or there was one",
            fix="choose another name: what was logged under a name must stay that person's",
        )
    return password


def ensure_account(store: Store, settings: ServerSettings, clock: Clock) -> str | None:
    """Make the account `admin` where one is compulsory and none is there.

    Returns:
        Its password, to be shown once; None where there was nothing to do.
    """
    if settings.loopback or store.accounts.any():
        return None
    return add_account(store, FIRST, Role.ADMIN, clock)


def new_password(store: Store, name: str) -> str:
    """Give an account a new password and return it, to be shown once; sessions of that account end.

    Raises:
        ConfigError: There is no such account, or it is disabled.
    """
    password = make_password()
    if not store.accounts.set_digest(name, digest_password(password)):
        raise _not_in_use(name)
    return password


def new_token(store: Store, account: str, days: int, clock: Clock) -> tuple[Token, str]:
    """Make an API token for an account.

    Args:
        store: Where accounts are.
        account: For whom; the token may do what this account may.
        days: After how many it expires.
        clock: Wall time.

    Returns:
        What is kept of it, and the token itself (256 random bits), to be shown once.

    Raises:
        ConfigError: There is no such account, or it is disabled.
    """
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    now_ns = clock.utc_ns()
    token = Token(
        id=secrets.token_hex(_TOKEN_ID_BYTES),
        account=account,
        digest=token_digest(secret),
        created_ns=now_ns,
        expires_ns=now_ns + int(timedelta(days=days).total_seconds()) * NS_PER_S,
    )
    if not store.accounts.add_token(token):
        raise _not_in_use(account)
    return token, secret


def token_digest(secret: str) -> str:
    """Return the hex SHA-256 of an API token; slow hashing would add nothing to 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _not_in_use(name: str) -> ConfigError:
    return ConfigError(f"no account {name[:80]!r} is in use", fix="`custodes account list` shows all")
