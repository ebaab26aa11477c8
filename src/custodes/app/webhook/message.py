"""What is posted: JSON, signed as the Standard Webhooks specification (1.0.0) says."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from custodes.disk import write
from custodes.domain.errors import ConfigError
from custodes.domain.time import NS_PER_S, to_iso

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_FEWEST_BYTES: Final = 24
"""The specification asks for 24 to 64."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell.

    Attributes:
        message_id: The same for each attempt to deliver it.
        kind: What happened.
        camera: Which camera it is about.
        utc_ns: When, nanoseconds since the Unix epoch.
        data: More about it, JSON.
    """

    message_id: str
    kind: str
    camera: str
    utc_ns: int
    data: dict[str, Any] = field(repr=False)

    def body(self) -> bytes:
        """Return the JSON that is posted."""
        document = {"type": self.kind, "timestamp": to_iso(self.utc_ns), "data": self.data}
        return json.dumps(document, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Secret:
    """What a webhook and its receiver share.

    Attributes:
        key: 24 bytes or more.
    """

    key: bytes = field(repr=False)

    @classmethod
    def kept(cls, path: Path) -> Self:
        """Return the secret in the file at `path`, which is made where there is none.

        Raises:
            ConfigError: The file cannot be read or written, or holds no secret.
        """
        try:
            if not path.exists():
                key = secrets.token_bytes(_SECRET_BYTES)
                write(path, _PREFIX.encode() + base64.b64encode(key) + b"\n")
            return cls._parse(path.read_text(encoding="ascii").strip(), path)
        except OSError as error:
            raise ConfigError(
                f"the secret {path} cannot be used", why=error.strerror or type(error).__name__
            ) from error

    @classmethod
    def _parse(cls, text: str, path: Path) -> Self:
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if len(key) < _FEWEST_BYTES:
            raise ConfigError(
                f"{path} holds no secret of a webhook",
                why=f"it has to be {_PREFIX} and the base64 of {_FEWEST_BYTES} bytes or more",
                fix="delete the file: it is made anew at the next start; then give the receiver a copy",
            )
        return cls(key)

    def headers(self, message_id: str, body: bytes, now_ns: int) -> dict[str, str]:
        """Return what goes with `body`, posted at wall time `now_ns`, by which the receiver knows whom it is from."""
        stamp = str(now_ns // NS_PER_S)
        signed = hmac.digest(self.key, b".".join((message_id.encode(), stamp.encode(), body)), hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }
