"""Events of recognition: longer kinds, whom was recognised, why there was no answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _rule(name: str, length: int) -> str:
    return f"typeof({name}) IN ('text', 'null') AND length({name}) <= {length}"


def upgrade() -> None:
    """Copy the table of events into one with these columns, as SQLite changes no check in place."""
    with op.batch_alter_table("events", recreate="always") as events:
        events.drop_constraint("kind", type_="check")
        events.alter_column("kind", type_=sa.String(40), existing_type=sa.String(16), existing_nullable=False)
        events.create_check_constraint("kind", _rule("kind", 40))
        for name, length in (("subject", 32), ("reason", 80)):
            events.add_column(sa.Column(name, sa.String(length), nullable=True))
            events.create_check_constraint(name, _rule(name, length))
