"""The first tables: events, segments, gaps, secrets."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_LENGTHS = {"camera": 40, "name": 80, "text": 200, "ulid": 26, "version": 64, "word": 16}


def _text(name: str, kind: str, *, nullable: bool = False, key: bool = False) -> list[Any]:
    length = _LENGTHS[kind]
    rule = f"typeof({name}) IN ('text', 'null') AND length({name}) <= {length}"
    return [
        sa.Column(name, sa.String(length), nullable=nullable, primary_key=key),
        sa.CheckConstraint(rule, name=name),
    ]


def _number(name: str, kind: Any = sa.BigInteger, *, nullable: bool = False, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('{'real' if kind is sa.Float else 'integer'}', 'null')"
    return [sa.Column(name, kind, nullable=nullable, primary_key=key), sa.CheckConstraint(rule, name=name)]


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "events",
        *_text("event_id", "ulid", key=True),
        *_text("camera", "camera"),
        *_text("kind", "word"),
        *_text("rule", "name"),
        *_text("rule_version", "version"),
        *_text("charter_version", "version"),
        *_number("start_ns"),
        *_number("end_ns", nullable=True),
        *_text("class_name", "camera"),
        *_number("track_id", nullable=True),
        *_text("zone", "name", nullable=True),
        *_text("direction", "word", nullable=True),
        *_number("count", sa.Integer),
        *_number("score", sa.Float),
        *_number("left_norm", sa.Float, nullable=True),
        *_number("top_norm", sa.Float, nullable=True),
        *_number("right_norm", sa.Float, nullable=True),
        *_number("bottom_norm", sa.Float, nullable=True),
        *_number("key_ns"),
        *_text("thumbnail", "text", nullable=True),
    )
    op.create_index(None, "events", ["start_ns", "event_id"])
    for column in ("camera", "kind", "class_name", "rule", "zone"):
        op.create_index(None, "events", [column, "start_ns", "event_id"])
    op.create_table(
        "segments",
        *_number("id", sa.Integer, key=True),
        *_text("camera", "camera"),
        *_text("stream", "version"),
        *_text("path", "text"),
        *_number("start_ns"),
        *_number("end_ns", nullable=True),
        *_number("bytes"),
        *_number("init_bytes", sa.Integer),
        *_text("codec", "camera"),
        *_number("open", sa.Boolean),
    )
    op.create_index(None, "segments", ["camera", "start_ns", "end_ns", "id"])
    op.create_index(None, "segments", ["path"], unique=True)
    op.create_table(
        "gaps",
        *_number("id", sa.Integer, key=True),
        *_text("camera", "camera"),
        *_number("start_ns"),
        *_number("end_ns"),
        *_text("reason", "text"),
    )
    op.create_index(None, "gaps", ["camera", "start_ns", "end_ns"])
    op.create_table("secrets", *_text("name", "camera", key=True), *_text("value", "text"))
