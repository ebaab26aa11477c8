"""Accounts and tokens. The one password of before becomes that of an account named `admin`."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from custodes.domain.time import SystemClock

revision = "0002"
down_revision = "0001"


def _text(name: str, length: int, *, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('text', 'null') AND length({name}) <= {length}"
    return [
        sa.Column(name, sa.String(length), nullable=False, primary_key=key),
        sa.CheckConstraint(rule, name=name),
    ]


def _number(name: str, kind: Any = sa.BigInteger) -> list[Any]:
    rule = f"typeof({name}) IN ('integer', 'null')"
    return [sa.Column(name, kind, nullable=False), sa.CheckConstraint(rule, name=name)]


def upgrade() -> None:
    """Create the tables, move the password, and drop the table that held it."""
    op.create_table(
        "accounts",
        *_text("name", 40, key=True),
        *_text("digest", 200),
        *_text("role", 16),
        *_number("created_ns"),
        *_number("disabled", sa.Boolean),
    )
    op.create_table(
        "tokens",
        *_text("id", 16, key=True),
        *_text("account", 40),
        *_text("digest", 64),
        *_number("created_ns"),
        *_number("expires_ns"),
        *_number("revoked", sa.Boolean),
    )
    op.create_index(None, "tokens", ["digest"], unique=True)
    move = sa.text(
        "INSERT INTO accounts (name, digest, role, created_ns, disabled) "
        "SELECT 'admin', value, 'admin', :now_ns, 0 FROM secrets WHERE name = 'password'"
    )
    op.get_bind().execute(move, {"now_ns": SystemClock().utc_ns()})
    op.drop_table("secrets")
