"""Documents of the vault: canonical JSON with strict fields, and small texts that have one spelling each."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import IntegrityError
from custodes.domain.time import NS_PER_S, to_iso

HOUR_NS: Final = 3600 * NS_PER_S
"""Length of an hour, nanoseconds."""
OVERHANG_NS: Final = 60 * NS_PER_S
"""So long the pictures of an hour may go on into the next one, until a keyframe comes; nanoseconds."""
MOST_BYTES: Final = 8 << 20
"""Largest document that is read, bytes."""

_NS_PER_MS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_base64(data: bytes) -> str:
    """Return `data` in standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Return the bytes that `text` writes in standard base64, in the one way to write them.

    Raises:
        ValueError: It is anything else.
    """
    data = base64.b64decode(text, validate=True)
    if to_base64(data) != text:
        msg = "it is not standard base64"
        raise ValueError(msg)
    return data


def hour_of(utc_ns: int) -> str:
    """Return the hour (UTC) that `utc_ns` is in.

    >>> hour_of(1_767_268_800_000_000_000)
    '2026-01-01T12'
    """
    return (_EPOCH + timedelta(seconds=utc_ns // NS_PER_S)).strftime("%Y-%m-%dT%H")


def hour_start_ns(hour: str) -> int:
    """Return when `hour` begins, nanoseconds since the Unix epoch.

    Raises:
        ValueError: It is not an hour as `hour_of` writes it.
    """
    start_ns = _to_ns(datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC))
    if hour_of(start_ns) != hour:
        msg = "it is not an hour, such as 2026-01-01T12"
        raise ValueError(msg)
    return start_ns


def may_show(hour: str, interval_ns: tuple[int, int]) -> bool:
    """Return whether what is sealed in `hour` can show anything of an interval, start and end in nanoseconds."""
    start_ns = hour_start_ns(hour)
    return start_ns < interval_ns[1] and start_ns + HOUR_NS + OVERHANG_NS > interval_ns[0]


def _to_ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _blob(value: object) -> object:
    return from_base64(value) if isinstance(value, str) else value


def _moment(value: object) -> object:
    if type(value) is int:
        return value // _NS_PER_MS * _NS_PER_MS
    moment = datetime.fromisoformat(str(value))
    utc_ns = _to_ns(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if to_iso(utc_ns) != value:
        msg = "it is not a time, such as 2026-01-01T12:00:00.000Z"
        raise ValueError(msg)
    return utc_ns


def _hour(value: str) -> str:
    hour_start_ns(value)
    return value


Blob = Annotated[bytes, BeforeValidator(_blob), PlainSerializer(to_base64)]
"""Bytes, in base64 where written."""
Moment = Annotated[int, BeforeValidator(_moment), PlainSerializer(to_iso)]
"""Nanoseconds since the Unix epoch, whole milliseconds; ISO 8601 where written."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, hexadecimal."""
Hour = Annotated[str, AfterValidator(_hour)]
"""An hour (UTC), such as `2026-01-01T12`."""
EpochId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Names one key: 16 random bytes, hexadecimal."""
Camera = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Id of a camera."""
CharterVersion = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
"""Version of a charter; empty where there is none."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Name of a custodian or another person."""


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")


class Document(BaseModel):
    """A part of a document, or one whole; what is hashed and signed is its canonical form."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    @classmethod
    def parse(cls, data: bytes, what: str) -> Self:
        """Return the document that `data` holds.

        Args:
            data: JSON.
            what: What it is, for errors, such as `The request`.

        Raises:
            IntegrityError: It is not JSON, or a field is missing, unknown or wrong.
        """
        if len(data) > MOST_BYTES:
            raise IntegrityError(f"{what} is too large", why=f"{MOST_BYTES} bytes are the limit")
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise IntegrityError(
                f"{what} cannot be read", why=_first(error), fix="get the file again from who made it"
            ) from None

    @classmethod
    def build(cls, fields: Mapping[str, object], what: str) -> Self:
        """Return the document with `fields`; see `parse`.

        Raises:
            IntegrityError: A field is missing, unknown or wrong.
        """
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise IntegrityError(f"{what} is not possible", why=_first(error)) from None

    def canonical(self) -> bytes:
        """Return it as canonical JSON (RFC 8785)."""
        return canonical_json(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()
