"""Names and reasons are encrypted; a mark stands for a name where it has to be found."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"

_MARK, _SHORT, _LONG = 64, 252, 1108
"""Lengths of a mark, and of texts of 40 and of 200 characters once encrypted."""


def _text(name: str, length: int, *, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('text', 'null') AND length({name}) <= {length}"
    return [sa.Column(name, sa.String(length), nullable=False, primary_key=key), sa.CheckConstraint(rule, name=name)]


def _number(name: str, kind: Any = sa.BigInteger, *, key: bool = False) -> list[Any]:
    rule = f"typeof({name}) IN ('integer', 'null')"
    return [sa.Column(name, kind, nullable=False, primary_key=key), sa.CheckConstraint(rule, name=name)]


def upgrade() -> None:
    """Make each table anew, and write into it what the old one had."""
    texts = context.config.attributes["texts"]

    def account(row: dict[str, Any]) -> dict[str, Any]:
        mark = texts.mark(row["name"], "account")
        return {**row, "mark": mark, "name": texts.seal(row["name"], "accounts", "name", mark)}

    def token(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "account": texts.mark(row["account"], "account")}

    def hold(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "reason": texts.seal(row["reason"], "holds", "reason", row["id"])}

    def owed(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "value": texts.seal(row["value"], "owed_fields", row["name"], row["owed"])}

    _replace(
        "accounts",
        account,
        *_text("mark", _MARK, key=True),
        *_text("name", _SHORT),
        *_text("digest", 200),
        *_text("role", 16),
        *_number("created_ns"),
        *_number("disabled", sa.Boolean),
    )
    _replace(
        "tokens",
        token,
        *_text("id", 16, key=True),
        *_text("account", _MARK),
        *_text("digest", 64),
        *_number("created_ns"),
        *_number("expires_ns"),
        *_number("revoked", sa.Boolean),
    )
    op.create_index(None, "tokens", ["digest"], unique=True)
    _replace(
        "holds",
        hold,
        *_number("id", sa.Integer, key=True),
        *_text("camera", 40),
        *_number("start_ns"),
        *_number("end_ns"),
        *_number("until_ns"),
        *_text("reason", _LONG),
    )
    _replace(
        "owed_fields",
        owed,
        *_number("owed", sa.Integer, key=True),
        *_text("name", 40, key=True),
        *_text("value", _LONG),
    )


def _replace(name: str, sealed: Any, *columns: Any) -> None:
    connection = op.get_bind()
    rows = [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]  # noqa: S608  our own
    op.drop_table(name)
    table = op.create_table(name, *columns)
    if rows:
        op.bulk_insert(table, [sealed(row) for row in rows])
