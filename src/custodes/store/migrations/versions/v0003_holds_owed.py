"""Holds, and what is owed to the log."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str, length: int, *, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('text', 'null') AND length({name}) <= {length}"
    return [sa.Column(name, sa.String(length), nullable=False, primary_key=key), sa.CheckConstraint(rule, name=name)]


def _number(name: str, kind: Any = sa.BigInteger, *, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('integer', 'null')"
    return [sa.Column(name, kind, nullable=False, primary_key=key), sa.CheckConstraint(rule, name=name)]


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "holds",
        *_number("id", sa.Integer, key=True),
        *_text("camera", 40),
        *_number("start_ns"),
        *_number("end_ns"),
        *_number("until_ns"),
        *_text("reason", 200),
    )
    op.create_table(
        "owed",
        *_number("id", sa.Integer, key=True),
        *_number("at_ns"),
        *_text("kind", 100),
        *_text("camera", 40),
    )
    op.create_table(
        "owed_fields",
        *_number("owed", sa.Integer, key=True),
        *_text("name", 40, key=True),
        *_text("value", 200),
    )
