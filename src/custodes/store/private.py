"""Private texts under one key: how names, reasons and contacts are written on the disk.

The key lies outside the data folder. A copy of the data without it shows that something was noted, when and about which
camera, and neither who nor why.
"""

import base64
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import IntegrityError, StoreError

KEY_BYTES: Final = 32
"""Length of the key, bytes."""
MARK_LENGTH: Final = 64
"""Characters of a mark."""

LONGEST: Final = 200
"""Characters of a private text, if nothing else is said."""

_VERSION: Final = b"\1"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_UTF8_BYTES: Final = 4


class PrivateTexts:
    """Encrypts texts, each bound to its place, and marks what has to be found again. Threads may share it.

    AES-256-GCM under random nonces: fit for 2^32 texts. Marks are HMAC-SHA-256 under another key. Both keys are
    HKDF-SHA-256 of the one that is given.

    Args:
        key: 32 random bytes.

    Raises:
        IntegrityError: It has another length.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise IntegrityError("The key of private texts is damaged", why=f"it has {len(key)} bytes")
        self._cipher = AESGCM(_derived(key, "seal"))
        self._marking = _derived(key, "mark")
        self.id: Final = self.mark("", "key")[:32]
        """Tells keys apart and says nothing of them, 32 hex digits."""

    def seal(self, text: str, *place: str | int, longest: int = LONGEST) -> str:
        """Return `text` encrypted, in base64: `sealed_length` says how long.

        Args:
            text: What to encrypt.
            place: Where it will stand: table, column, row. It opens nowhere else.
            longest: Most characters that may stand there, so that nothing but words does.

        Raises:
            StoreError: It has more.
        """
        if len(text) > longest:
            raise StoreError("A text is too long to be kept", why=f"{longest} characters are the limit")
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), _VERSION + _bound(place))
        return base64.b64encode(_VERSION + nonce + sealed).decode("ascii")

    def open(self, sealed: str, *place: str | int) -> str:
        """Return the text that `seal` encrypted for `place`.

        Raises:
            IntegrityError: It was changed or moved, or was encrypted under another key.
        """
        try:
            data = base64.b64decode(sealed, validate=True)
            version, nonce, rest = data[:1], data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :]
            return self._cipher.decrypt(nonce, rest, version + _bound(place)).decode()
        except (InvalidTag, ValueError):
            raise IntegrityError(
                "A private text does not open",
                why="its key is another one, or it was changed or moved",
                fix="restore the key of private texts, or the database, from a backup",
            ) from None

    def opens(self, sealed: str, *place: str | int) -> bool:
        """Return whether `open` would return a text."""
        try:
            self.open(sealed, *place)
        except IntegrityError:
            return False
        return True

    def mark(self, text: str, kind: str) -> str:
        """Return what stands for `text` where it has to be found again, 64 hex digits; the same for the same text.

        Args:
            text: Any text.
            kind: What it is; the same text of another kind has another mark.
        """
        return hmac.digest(self._marking, canonical_json([kind, text]), "sha256").hex()

    def __repr__(self) -> str:
        return "PrivateTexts()"


def sealed_length(characters: int) -> int:
    """Return how many characters the longest text of so many `characters` has when it is encrypted.

    >>> sealed_length(40)
    252
    """
    size = len(_VERSION) + _NONCE_BYTES + _UTF8_BYTES * characters + _TAG_BYTES
    return 4 * -(-size // 3)


def _derived(key: bytes, use: str) -> bytes:
    info = canonical_json(["custodes private texts 1", use])
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def _bound(place: tuple[str | int, ...]) -> bytes:
    return canonical_json(["custodes private text 1", *(str(one) for one in place)])
