"""Passwords: made by the server, kept as Argon2id digests."""

import os
import secrets
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

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


def make_password() -> str:
    """Return a new random password: 20 characters in groups, 99 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
