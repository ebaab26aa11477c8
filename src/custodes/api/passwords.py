"""The server's one password: made on first start, kept as an Argon2id digest."""

import os
import secrets
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from custodes.api.settings import ServerSettings
from custodes.store import Store

_KEY: Final = "password"
_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1
"""Cost of one guess: the first recommendation of the OWASP password storage cheat sheet for Argon2id."""
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that look alike."""
_GROUPS, _GROUP = 4, 5


def digest_password(password: str) -> str:
    """Return the Argon2id digest of `password` in PHC form, with its salt and cost."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def matches(password: str, digest: str) -> bool:
    """Return whether `digest` was made of `password`, in a time that does not depend on where they differ."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), digest)
    except InvalidKey:
        return False
    return True


def set_password(store: Store, password: str) -> None:
    """Make `password` the server's password; from then on every request needs it, on loopback too."""
    store.secrets.put(_KEY, digest_password(password))


def stored_digest(store: Store) -> str | None:
    """Return the digest of the server's password, None where none was ever set."""
    return store.secrets.get(_KEY)


def ensure_password(store: Store, settings: ServerSettings) -> str | None:
    """Make a password where one is compulsory and none is set.

    Returns:
        The new password, to be shown once; None where there was nothing to do.
    """
    if settings.loopback or stored_digest(store) is not None:
        return None
    return new_password(store)


def new_password(store: Store) -> str:
    """Make a new password for the server and return it (20 characters in groups, 99 bits), to be shown once."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    password = "-".join(groups)
    set_password(store, password)
    return password
