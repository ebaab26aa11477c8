"""Reading hostile text strictly: one spelling for each value, and a clear error for every other."""

import base64
import re
from typing import Final

from custodes.domain.errors import IntegrityError

HASH_BYTES: Final = 32
"""Length of a SHA-256 hash, bytes."""
LARGEST: Final = 2**63 - 1
"""Largest size, index or timestamp that the C2SP formats allow."""

_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")
_SHOWN: Final = 40
"""Characters of a wrong text that an error quotes."""


def shown(text: str | bytes) -> str:
    """Return `text` as an error message may quote it: escaped, on one line, and not too long."""
    quoted = ascii(text)
    return quoted if len(quoted) <= _SHOWN else f"{quoted[:_SHOWN]}..."


def decimal(text: str, what: str) -> int:
    """Return the number that `text` writes in ASCII digits without leading zeroes, 0 to 2^63 - 1.

    Raises:
        IntegrityError: `text` is anything else; `what` says of what.
    """
    if _DECIMAL.fullmatch(text) and (number := int(text)) <= LARGEST:
        return number
    raise IntegrityError(
        f"{what} is {shown(text)}", why="it has to be a decimal number without leading zeroes, below 2^63"
    )


def from_base64(text: str, what: str) -> bytes:
    """Return the bytes that `text` writes in standard base64 (RFC 4648, section 4), with padding.

    Raises:
        IntegrityError: `text` is not base64, or not the one way to write its bytes; `what` says of what.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or to_base64(data) != text:
        raise IntegrityError(f"{what} is {shown(text)}", why="it is not standard base64")
    return data


def to_base64(data: bytes) -> str:
    """Return `data` in standard base64."""
    return base64.b64encode(data).decode("ascii")


def hash_from_base64(text: str, what: str) -> bytes:
    """Return the SHA-256 hash that `text` writes in base64.

    Raises:
        IntegrityError: `text` is not base64 or not 32 bytes; `what` says of what.
    """
    data = from_base64(text, what)
    if len(data) != HASH_BYTES:
        raise IntegrityError(f"{what} has {len(data)} bytes", why=f"a SHA-256 hash has {HASH_BYTES}")
    return data
