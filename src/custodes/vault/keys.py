"""Public keys of people: one to seal to them (HPKE), one that checks what they signed (Ed25519).

A public key is a line of text that people can pass on. Private keys are in `vault.private`, which no part of the server
imports.
"""

import hashlib
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import from_base64, to_base64

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
"""HPKE (RFC 9180) as the vault uses it, base mode."""
_WORD: Final = "custodes-key-1"
_RAW: Final = 32
_CHECK: Final = 4


class PublicKey:
    """To whom something is sealed, and who signed.

    Args:
        name: Of the owner.
        sealing: X25519, 32 bytes.
        signing: Ed25519, 32 bytes.
    """

    def __init__(self, name: str, sealing: bytes, signing: bytes) -> None:
        if not name or len(name) > 200 or name != name.strip() or not name.isprintable():  # noqa: PLR2004
            raise IntegrityError("The name of the key cannot be used", why="it has to be 1-200 printable characters")
        if len(sealing) != _RAW or len(signing) != _RAW:
            raise IntegrityError(f"The key of {name} cannot be used", why=f"each of its halves has {_RAW} bytes")
        self.name: Final = name
        self._sealing = sealing
        self._signing = signing

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return the key in `line`, as `str` writes it.

        Raises:
            IntegrityError: It is something else, or was mistyped.
        """
        word, _, rest = line.strip().partition(" ")
        text, _, name = rest.partition(" ")
        try:
            raw = from_base64(text)
        except ValueError:
            raw = b""
        if word != _WORD or len(raw) != 2 * _RAW + _CHECK:
            raise IntegrityError(
                "The line is not a public key of custodes",
                why=f"it is not {_WORD}, base64 and a name",
                fix="copy the line that `custodes vault keygen` printed",
            )
        key = cls(name, raw[:_RAW], raw[_RAW : 2 * _RAW])
        if key._check() != raw[2 * _RAW :]:
            raise IntegrityError(
                f"The public key of {name} was mistyped", why="its check does not fit", fix="copy the whole line again"
            )
        return key

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of SHA-256 over name and keys, to be compared on the telephone."""
        return hashlib.sha256(self._bound()).hexdigest()[:16]

    def seal(self, plain: bytes, info: bytes) -> bytes:
        """Return `plain` sealed to the owner (HPKE, base mode), bound to `info`."""
        return SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(self._sealing), info)

    def check(self, signature: bytes, message: bytes, what: str) -> None:
        """Check that `signature` is the owner's over `message`; `what` is what was signed, for the error.

        Raises:
            IntegrityError: It is not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self._signing).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise IntegrityError(
                f"{what} is not signed by {self.name}", why="it or its signature was changed, or another key signed it"
            ) from None

    def _bound(self) -> bytes:
        return self.name.encode("utf-8") + b"\n" + self._sealing + self._signing

    def _check(self) -> bytes:
        return hashlib.sha256(self._bound()).digest()[:_CHECK]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return f"{_WORD} {to_base64(self._sealing + self._signing + self._check())} {self.name}"

    def __repr__(self) -> str:
        return f"PublicKey({self.name!r}, {self.fingerprint})"


class KeyHolder(Protocol):
    """Somebody's private key, wherever it is kept."""

    @property
    def public(self) -> PublicKey:
        """The public key."""
        ...

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """Return what was `sealed` to this key with `info`; None where it was not, or was changed."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature over `message`, 64 bytes."""
        ...
