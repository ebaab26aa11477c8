"""Private keys of people: files that a passphrase opens. They stay with their owners; no server part imports this."""

import json
import os
from pathlib import Path
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import Field

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.vault.documents import Blob, Document, Name
from custodes.vault.keys import SUITE, PublicKey

LEAST_PASSPHRASE: Final = 12
"""Characters of the shortest passphrase that is accepted."""

_RAW: Final = 32
_MEMORY_KIB, _PASSES, _LANES = 65_536, 3, 4
"""Cost of one guess at a passphrase: the second recommendation of RFC 9106, section 4."""


class _KeyFile(Document):
    """A private key under a passphrase."""

    v: Literal[1] = 1
    kind: Literal["custodes private key"] = "custodes private key"
    name: Name
    public: str
    salt: Blob = Field(min_length=16, max_length=16)
    nonce: Blob = Field(min_length=12, max_length=12)
    sealed: Blob

    def bound(self) -> bytes:
        """What the encryption binds: all but itself."""
        return canonical_json(self.model_dump(mode="json", exclude={"sealed"}))


class PrivateKey:
    """Opens what is sealed to its owner, and signs; its repr shows no secret.

    Args:
        name: Of the owner.
        sealing: X25519 private key, 32 bytes.
        signing: Ed25519 seed, 32 bytes.
    """

    def __init__(self, name: str, sealing: bytes, signing: bytes) -> None:
        self._sealing = X25519PrivateKey.from_private_bytes(sealing)
        self._signing = Ed25519PrivateKey.from_private_bytes(signing)
        self.public: Final = PublicKey(
            name, self._sealing.public_key().public_bytes_raw(), self._signing.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls, name: str) -> Self:
        """Return a new key from the system's randomness."""
        return cls(name, os.urandom(_RAW), os.urandom(_RAW))

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """Return what was `sealed` to this key with `info`; None where it was not, or was changed."""
        try:
            return SUITE.decrypt(sealed, self._sealing, info)
        except (InvalidTag, ValueError):
            return None

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature over `message`, 64 bytes."""
        return self._signing.sign(message)

    def encrypted(self, passphrase: str) -> bytes:
        """Return the key as a file that only `passphrase` opens (Argon2id, AES-256-GCM).

        Raises:
            ConfigError: The passphrase is too short.
        """
        if len(passphrase) < LEAST_PASSPHRASE:
            raise ConfigError(
                "The passphrase is too short",
                why=f"{LEAST_PASSPHRASE} characters are the least",
                fix="take several words that nobody would guess",
            )
        public = self.public
        salt, nonce = os.urandom(16), os.urandom(12)
        file = _KeyFile(name=public.name, public=str(public), salt=salt, nonce=nonce, sealed=b"")
        raw = self._sealing.private_bytes_raw() + self._signing.private_bytes_raw()
        sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, raw, file.bound())
        text = file.model_copy(update={"sealed": sealed}).model_dump(mode="json")
        return json.dumps(text, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"

    @classmethod
    def decrypted(cls, data: bytes, passphrase: str) -> Self:
        """Return the key in the file `data`.

        Raises:
            IntegrityError: It is no key file, or the passphrase is wrong.
        """
        file = _KeyFile.parse(data, "The key file")
        try:
            raw = AESGCM(_stretched(passphrase, file.salt)).decrypt(file.nonce, file.sealed, file.bound())
        except InvalidTag:
            raise IntegrityError(
                f"The key of {file.name} stays closed", why="the passphrase is wrong, or the file was changed"
            ) from None
        key = cls(file.name, raw[:_RAW], raw[_RAW:])
        if str(key.public) != file.public:
            raise IntegrityError(f"The key file of {file.name} contradicts itself")
        return key

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.name!r})"


def read_key_file(path: Path) -> bytes:
    """Return the content of the key file at `path`.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the key file {path} cannot be read", why=os.strerror(error.errno or 0), fix="name the file of your key"
        ) from error


def _stretched(passphrase: str, salt: bytes) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive(passphrase.encode("utf-8"))
