"""The tables, as SQLAlchemy describes them.

Strings are short, there is no column of bytes or JSON, and each column takes values of its own kind only, which SQLite
enforces by checks: nothing here could hold a picture, or a template that tells one person from another. Instants are
wall time in nanoseconds since the Unix epoch. Columns of private texts are as long as a short text is once it is
encrypted.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from custodes.store.private import LONGEST, MARK_LENGTH, sealed_length

NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""Constraint names are spelt out, so that a later migration can name what it changes."""

LONGEST_ACCOUNT: Final = 40
"""Characters of an account's name."""

metadata: Final = MetaData(naming_convention=NAMES)


def held(*columns: Column[Any]) -> list[Column[Any] | CheckConstraint]:
    """Return `columns` and, for each, the check that holds its values to their kind and length."""
    return [*columns, *(CheckConstraint(_rule(column), name=column.name) for column in columns)]


def _rule(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, String):
        return f"typeof({column.name}) IN ('text', 'null') AND length({column.name}) <= {kind.length}"
    if isinstance(kind, Float):
        return f"typeof({column.name}) IN ('real', 'null')"
    return f"typeof({column.name}) IN ('integer', 'null')"


_camera: Final = String(40)
_name: Final = String(80)
_text: Final = String(200)
_private: Final = String(sealed_length(LONGEST))
_mark: Final = String(MARK_LENGTH)

events: Final = Table(
    "events",
    metadata,
    *held(
        Column("event_id", String(26), primary_key=True),
        Column("camera", _camera, nullable=False),
        Column("kind", String(40), nullable=False),
        Column("rule", _name, nullable=False),
        Column("rule_version", String(64), nullable=False),
        Column("charter_version", String(64), nullable=False),
        Column("start_ns", BigInteger, nullable=False),
        Column("end_ns", BigInteger, nullable=True),
        Column("class_name", String(40), nullable=False),
        Column("track_id", BigInteger, nullable=True),
        Column("zone", _name, nullable=True),
        Column("direction", String(16), nullable=True),
        Column("count", Integer, nullable=False),
        Column("score", Float, nullable=False),
        Column("left_norm", Float, nullable=True),
        Column("top_norm", Float, nullable=True),
        Column("right_norm", Float, nullable=True),
        Column("bottom_norm", Float, nullable=True),
        Column("key_ns", BigInteger, nullable=False),
        Column("subject", String(32), nullable=True),
        Column("reason", _name, nullable=True),
        Column("thumbnail", _text, nullable=True),
    ),
    Index(None, "start_ns", "event_id"),
    Index(None, "camera", "start_ns", "event_id"),
    Index(None, "kind", "start_ns", "event_id"),
    Index(None, "class_name", "start_ns", "event_id"),
    Index(None, "rule", "start_ns", "event_id"),
    Index(None, "zone", "start_ns", "event_id"),
)
"""Every filter has an index that is already in the order of the answer, so a page never sorts."""

segments: Final = Table(
    "segments",
    metadata,
    *held(
        Column("id", Integer, primary_key=True),
        Column("camera", _camera, nullable=False),
        Column("stream", String(64), nullable=False),
        Column("path", _text, nullable=False),
        Column("start_ns", BigInteger, nullable=False),
        Column("end_ns", BigInteger, nullable=True),
        Column("bytes", BigInteger, nullable=False),
        Column("init_bytes", Integer, nullable=False),
        Column("codec", String(40), nullable=False),
        Column("open", Boolean, nullable=False),
    ),
    Index(None, "camera", "start_ns", "end_ns", "id"),
    Index(None, "path", unique=True),
)

gaps: Final = Table(
    "gaps",
    metadata,
    *held(
        Column("id", Integer, primary_key=True),
        Column("camera", _camera, nullable=False),
        Column("start_ns", BigInteger, nullable=False),
        Column("end_ns", BigInteger, nullable=False),
        Column("reason", _text, nullable=False),
    ),
    Index(None, "camera", "start_ns", "end_ns"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    *held(
        Column("mark", _mark, primary_key=True),
        Column("name", String(sealed_length(LONGEST_ACCOUNT)), nullable=False),
        Column("digest", _text, nullable=False),
        Column("role", String(16), nullable=False),
        Column("created_ns", BigInteger, nullable=False),
        Column("disabled", Boolean, nullable=False),
    ),
)
"""Who may use the server. `digest` is of the password; the password itself is nowhere. `mark` stands for the name."""

tokens: Final = Table(
    "tokens",
    metadata,
    *held(
        Column("id", String(16), primary_key=True),
        Column("account", _mark, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("created_ns", BigInteger, nullable=False),
        Column("expires_ns", BigInteger, nullable=False),
        Column("revoked", Boolean, nullable=False),
    ),
    Index(None, "digest", unique=True),
)
"""API tokens of accounts, as digests; `account` is the mark of one."""

holds: Final = Table(
    "holds",
    metadata,
    *held(
        Column("id", Integer, primary_key=True),
        Column("camera", _camera, nullable=False),
        Column("start_ns", BigInteger, nullable=False),
        Column("end_ns", BigInteger, nullable=False),
        Column("until_ns", BigInteger, nullable=False),
        Column("reason", _private, nullable=False),
    ),
)

owed: Final = Table(
    "owed",
    metadata,
    *held(
        Column("id", Integer, primary_key=True),
        Column("at_ns", BigInteger, nullable=False),
        Column("kind", String(100), nullable=False),
        Column("camera", _camera, nullable=False),
    ),
)
"""What the log lacks: the server writes it there and deletes it here."""

owed_fields: Final = Table(
    "owed_fields",
    metadata,
    *held(
        Column("owed", Integer, primary_key=True),
        Column("name", String(40), primary_key=True),
        Column("value", _private, nullable=False),
    ),
)
