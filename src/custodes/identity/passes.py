"""Passes: a QR code that alone has the secret to the one template it is for."""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Self

import segno

from custodes.domain.errors import IntegrityError

_PREFIX: Final = "CUSTODES1:"
_ID, _SECRET, _CHECK = 8, 32, 4
_PIXELS: Final = 8
"""Of a module of the code."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a person carries. It names nobody, and nothing can be read from it without the server.

    Attributes:
        id: 16 hex digits, random.
        secret: 32 random bytes that the server does not keep.
    """

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a new pass from the system's randomness."""
        return cls(os.urandom(_ID).hex(), os.urandom(_SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the pass that `text` writes; case and blanks around it do not matter.

        Raises:
            IntegrityError: It is something else, or was misread; the message does not quote it.
        """
        word = text.strip().upper()
        body = word.removeprefix(_PREFIX)
        try:
            raw = base64.b32decode(body + "=" * (-len(body) % 8))
        except ValueError:
            raw = b""
        content, check = raw[: _ID + _SECRET], raw[_ID + _SECRET :]
        if not word.startswith(_PREFIX) or len(content) != _ID + _SECRET or check != _check(content):
            raise IntegrityError("This is no pass of custodes", why="it is another code, or was misread")
        return cls(content[:_ID].hex(), content[_ID:])

    def text(self) -> str:
        """Return the pass as text: what its QR code says. Whoever has it can present it."""
        content = bytes.fromhex(self.id) + self.secret
        return _PREFIX + base64.b32encode(content + _check(content)).decode("ascii").rstrip("=")

    def png(self) -> bytes:
        """Return the pass as a QR code, PNG; its letters are those that QR codes write most densely."""
        image = BytesIO()
        segno.make(self.text(), error="m", micro=False).save(image, kind="png", scale=_PIXELS)
        return image.getvalue()


def _check(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_CHECK]
