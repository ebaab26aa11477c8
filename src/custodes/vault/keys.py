"""Keys of people: one pair to open what is sealed to them (HPKE), one to sign (Ed25519).

The public key is a line of text that people can pass on. The private key is a file, encrypted under a passphrase; it
stays with its owner and never reaches the server.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import Field

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.vault.documents import Blob, Document, Name, from_base64, to_base64

LEAST_PASSPHRASE: Final = 12
"""Characters of the shortest passphrase that is accepted."""

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_WORD: Final = "custodes-key-1"
_RAW: Final = 32
_CHECK: Final = 4
_MEMORY_KIB, _PASSES, _LANES = 65_536, 3, 4
"""Cost of one guess at a passphrase: the second recommendation of RFC 9106, section 4."""


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
        return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(self._sealing), info)

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
            return _SUITE.decrypt(sealed, self._sealing, info)
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
