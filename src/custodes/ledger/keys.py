"""Keys that sign notes, in the text forms of C2SP signed-note: Ed25519 only."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from custodes.domain.errors import IntegrityError
from custodes.ledger.text import from_base64, shown, to_base64

_KEY_BYTES: Final = 32
_ID_DIGITS: Final = 8
_PRIVATE: Final = "PRIVATE+KEY+"


class KeyKind(IntEnum):
    """What a key signs, as its type byte says."""

    LOG = 0x01
    """Ed25519 over the text of a note."""
    WITNESS = 0x04
    """Timestamped Ed25519 cosignatures (tlog-cosignature)."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with a name.

    Attributes:
        name: Who signs, such as `example.org/cameras`; not empty, no spaces, no plus.
        kind: What it signs.
        public: 32 bytes (RFC 8032).
    """

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != _KEY_BYTES:
            raise IntegrityError(
                f"The key of {shown(self.name)} has {len(self.public)} bytes", why=f"an Ed25519 key has {_KEY_BYTES}"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that `text` writes as `name+id+base64`.

        Raises:
            IntegrityError: `text` is something else, or its id does not belong to its key.
        """
        name, id_text, key_text = _three(text, "A verifier key")
        kind, public = _typed_key(key_text)
        key = cls(name, kind, public)
        _check_id(key, id_text)
        return key

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256 over name, newline, type and key."""
        data = self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(data).digest()[:4]

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Return whether `signature` is this key's over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"


class SigningKey:
    """A private key with a name; its repr shows neither key nor text form.

    Args:
        name: Who signs; see `VerifierKey`.
        kind: What it signs.
        seed: The private key, 32 bytes.
    """

    def __init__(self, name: str, kind: KeyKind, seed: bytes) -> None:
        if len(seed) != _KEY_BYTES:
            raise IntegrityError(f"The private key has {len(seed)} bytes", why=f"an Ed25519 key has {_KEY_BYTES}")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, kind: KeyKind) -> Self:
        """Return a new key from the system's randomness."""
        return cls(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that `text` writes as `PRIVATE+KEY+name+id+base64`.

        Raises:
            IntegrityError: `text` is something else; the message does not quote it.
        """
        if not text.startswith(_PRIVATE):
            raise IntegrityError("The text is not a private key", why=f"one begins with {_PRIVATE}")
        try:
            name, id_text, key_text = _three(text.removeprefix(_PRIVATE), "A private key")
            kind, seed = _typed_key(key_text)
        except IntegrityError:
            raise IntegrityError("The private key cannot be read", why=f"it is not {_PRIVATE}name+id+base64") from None
        key = cls(name, kind, seed)
        _check_id(key.verifier, id_text)
        return key

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature over `message`, 64 bytes."""
        return self._private.sign(message)

    def private_text(self) -> str:
        """Return the private key as text; whoever reads it can sign."""
        key = self.verifier
        secret = to_base64(bytes([key.kind]) + self._private.private_bytes_raw())
        return f"{_PRIVATE}{key.name}+{key.key_id.hex()}+{secret}"

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.name!r})"


def check_name(name: str) -> None:
    """Check that `name` may be the name of a key.

    Raises:
        IntegrityError: It is empty, or has a space, a plus or a control character.
    """
    unfit = any(letter == "+" or letter.isspace() or ord(letter) < ord(" ") for letter in name)
    if not name or unfit or not _is_unicode(name):
        raise IntegrityError(
            f"{shown(name)} is no name of a key", why="it is empty or has spaces, plus or control characters"
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _three(text: str, what: str) -> tuple[str, str, str]:
    # Base64 may hold a plus, names and ids may not.
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004  name, id, key
        raise IntegrityError(f"{what} is {shown(text)}", why="it is not name+id+base64")
    return parts[0], parts[1], parts[2]


def _typed_key(text: str) -> tuple[KeyKind, bytes]:
    data = from_base64(text, "The key")
    try:
        return KeyKind(data[0]), data[1:]
    except (IndexError, ValueError):
        raise IntegrityError(
            "The key is of an unknown type", why="only Ed25519 (1) and Ed25519 cosignatures (4) are known"
        ) from None


def _check_id(key: VerifierKey, text: str) -> None:
    if len(text) != _ID_DIGITS or text != key.key_id.hex():
        raise IntegrityError(
            f"The key of {shown(key.name)} has the id {shown(text)}",
            why=f"its name, type and key give {key.key_id.hex()}",
            fix="copy the key anew from where it was published",
        )
