"""The form of a sealed part: chunks of AES-256-GCM that can be appended, cut off by a crash, and read from anywhere.

A part begins with a magic, the length of its header, the header, and a commitment to the key; then come chunks of
16 KiB. Key and commitment are HKDF-SHA-256 of the epoch's key with a random salt and the whole header, so no two parts
share a key. A chunk's nonce is its number and whether it is the last one; the last one is never full. Without a last
chunk a part was cut off: what is there opens, and says so. The scheme is STREAM (Hoang, Reyhanitabar, Rogaway, Vizar:
Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015).
"""

import hashlib
import hmac
import io
import os
import struct
from pathlib import Path
from typing import BinaryIO, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import Blob, Camera, CharterVersion, Document, EpochId, Hour, Moment

KEY_BYTES: Final = 32
"""Length of an epoch's key."""
CHUNK: Final = 16_384
"""Plaintext bytes of every chunk but the last."""

_MAGIC: Final = b"CUSTSEAL"
_LENGTH: Final = struct.Struct(">I")
_MOST_HEADER: Final = 4096
_TAG: Final = 16
_SEALED: Final = CHUNK + _TAG
_CONTEXT: Final = b"custodes sealed part 1\n"


class PartHeader(Document):
    """What stands in the clear before a sealed part.

    Attributes:
        v: Version of the format.
        camera: Whose pictures.
        hour: The hour (UTC) in which they begin.
        epoch: Names the key.
        part: Number of the part in its epoch, from 1.
        charter: Version of the charter in force.
        start: Wall time of the first picture; the part's own times count from here.
        salt: 32 random bytes.
    """

    v: Literal[1] = 1
    camera: Camera
    hour: Hour
    epoch: EpochId
    part: int = Field(ge=1)
    charter: CharterVersion
    start: Moment
    salt: Blob = Field(min_length=32, max_length=32)


class ChunkSealer:
    """Seals one part, in order.

    Args:
        key: The epoch's, 32 bytes.
        header: Of the part; its salt has to be new.

    Attributes:
        head: What the file begins with.
    """

    def __init__(self, key: bytes, header: PartHeader) -> None:
        self._cipher, commitment = _derive(key, header)
        self.head: Final = _head(header.canonical()) + commitment
        self._bound = hashlib.sha256(self.head).digest()
        self._number = 0
        self._waiting = bytearray()

    def update(self, data: bytes) -> bytes:
        """Take `data`, and return the chunks that are full by then."""
        self._waiting += data
        whole = len(self._waiting) // CHUNK * CHUNK
        sealed = [self._encrypt(bytes(self._waiting[at : at + CHUNK]), last=False) for at in range(0, whole, CHUNK)]
        del self._waiting[:whole]
        return b"".join(sealed)

    def close(self) -> bytes:
        """Return the last chunk; nothing may follow it."""
        sealed = self._encrypt(bytes(self._waiting), last=True)
        self._waiting.clear()
        return sealed

    def _encrypt(self, plain: bytes, *, last: bool) -> bytes:
        number, self._number = self._number, self._number + 1
        return self._cipher.encrypt(_nonce(number, last=last), plain, self._bound)


class SealedPart:
    """A part as anybody can see it, without a key. Its file may have been cut off anywhere behind the header.

    Args:
        file: Read from its beginning; the caller closes it.
        shown: Names it in errors.

    Raises:
        IntegrityError: It is no sealed part.
    """

    def __init__(self, file: BinaryIO, shown: str) -> None:
        self.file = file
        self.shown = shown
        fixed = file.read(len(_MAGIC) + _LENGTH.size)
        if len(fixed) < len(_MAGIC) + _LENGTH.size or not fixed.startswith(_MAGIC):
            raise IntegrityError(f"{shown} is no sealed part", why="it does not begin like one")
        length = _LENGTH.unpack(fixed[len(_MAGIC) :])[0]
        text = file.read(min(length, _MOST_HEADER))
        self.commitment: Final = file.read(KEY_BYTES)
        if length > _MOST_HEADER or len(text) < length or len(self.commitment) < KEY_BYTES:
            raise IntegrityError(f"{shown} is no sealed part", why="its header is cut off or too long")
        self.header: Final = PartHeader.parse(text, f"The header of {shown}")
        if self.header.canonical() != text:
            raise IntegrityError(f"The header of {shown} cannot be read", why="it is not canonical JSON")
        self.start: Final = file.tell()
        size = os.fstat(file.fileno()).st_size - self.start
        self.chunks: Final = size // _SEALED
        """Full chunks; whether they are sound, only the key can tell."""
        self.rest: Final = size - self.chunks * _SEALED
        """Bytes behind them: the last chunk, or one that was cut off."""

    @property
    def looks_complete(self) -> bool:
        """Whether there can be a last chunk."""
        return self.rest >= _TAG


class SealedReader(io.RawIOBase):
    """Reads the plaintext of a part, from anywhere, chunk by chunk.

    Args:
        part: The part.
        key: The epoch's, 32 bytes.

    Attributes:
        header: Of the part, verified.
        complete: Whether the last chunk is there; otherwise the part was cut off, by a crash or by somebody.
        size: Bytes of plaintext that can be read.

    Raises:
        IntegrityError: The key is not that of this part with this header.
    """

    def __init__(self, part: SealedPart, key: bytes) -> None:
        super().__init__()
        self._part = part
        self.header: Final = part.header
        self._cipher, commitment = _derive(key, part.header)
        if not hmac.compare_digest(commitment, part.commitment):
            raise IntegrityError(
                f"{part.shown} does not open with this key",
                why="the key is of another camera, hour or epoch, or the header was changed",
            )
        self._bound = hashlib.sha256(_head(part.header.canonical()) + commitment).digest()
        self._position = 0
        self._kept: tuple[int, bytes] = (-1, b"")
        last = self._last()
        self.complete: Final = last is not None
        self._tail = last or b""
        self.size: Final = part.chunks * CHUNK + len(self._tail)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position, bytes of plaintext."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to `offset` bytes from the start, the position or the end, and return the new position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` up to the end of a chunk, and return how many bytes came; 0 at the end.

        Raises:
            IntegrityError: A chunk was changed.
        """
        number, inside = divmod(self._position, CHUNK)
        plain = self.chunk(number)[inside : inside + len(buffer)]
        buffer[: len(plain)] = plain
        self._position += len(plain)
        return len(plain)

    def chunk(self, number: int) -> bytes:
        """Return the plaintext of chunk `number`, from 0; empty behind the last.

        Raises:
            IntegrityError: It was changed.
        """
        if number >= self._part.chunks:
            return self._tail if number == self._part.chunks else b""
        if self._kept[0] != number:
            try:
                plain = self._cipher.decrypt(_nonce(number, last=False), self._sealed(number, _SEALED), self._bound)
            except InvalidTag:
                raise IntegrityError(
                    f"Chunk {number} of {self._part.shown} was changed", why="it does not authenticate"
                ) from None
            self._kept = number, plain
        return self._kept[1]

    def check(self) -> None:
        """Read all of it.

        Raises:
            IntegrityError: A chunk was changed.
        """
        for number in range(self._part.chunks):
            self.chunk(number)

    def _last(self) -> bytes | None:
        """Return the plaintext of the last chunk; None where there is none."""
        part = self._part
        if not part.looks_complete:
            return None
        try:
            return self._cipher.decrypt(
                _nonce(part.chunks, last=True), self._sealed(part.chunks, part.rest), self._bound
            )
        except InvalidTag:
            return None

    def _sealed(self, number: int, length: int) -> bytes:
        self._part.file.seek(self._part.start + number * _SEALED)
        return self._part.file.read(length)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _head(text: bytes) -> bytes:
    return _MAGIC + _LENGTH.pack(len(text)) + text


def _derive(key: bytes, header: PartHeader) -> tuple[AESGCM, bytes]:
    """Return the cipher of the part with this `header`, and its commitment to `key`, 32 bytes."""
    derived = HKDF(SHA256(), 2 * KEY_BYTES, header.salt, _CONTEXT + header.canonical()).derive(key)
    return AESGCM(derived[:KEY_BYTES]), derived[KEY_BYTES:]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
