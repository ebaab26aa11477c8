"""Private bodies of the log's leaves, apart from everything else, and erased for good.

The log publishes a commitment to each body; who, why and for whom is here, until it is erased. A body is a handful of
short texts by name, so no row can hold a picture or a template.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)

from custodes.store.database import Database
from custodes.store.schema import NAMES, held

metadata: Final = MetaData(naming_convention=NAMES)

_leaves: Final = Table(
    "leaves",
    metadata,
    *held(
        Column("seq", BigInteger, primary_key=True),
        Column("at_ns", BigInteger, nullable=False),
        Column("type", String(100), nullable=False),
        Column("camera", String(40), nullable=False),
        Column("salt", String(64), nullable=False),
    ),
    Index(None, "at_ns"),
)
_fields: Final = Table(
    "fields",
    metadata,
    *held(
        Column("seq", BigInteger, primary_key=True),
        Column("name", String(40), primary_key=True),
        Column("value", String(200), nullable=False),
    ),
)


@dataclass(frozen=True, slots=True)
class Body:
    """What a leaf commits to, and its salt.

    Attributes:
        seq: The leaf's index.
        at_ns: When it happened, nanoseconds since the Unix epoch; the leaf may say it more coarsely.
        type: The leaf's type.
        camera: Which camera, empty where it is about none or several.
        salt: 32 bytes, hex.
        fields: Texts of at most 200 characters by names of at most 40.
    """

    seq: int
    at_ns: int
    type: str
    camera: str
    salt: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Body({self.seq}, {self.type})"


class Bodies:
    """A database of its own. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database at `path`, creating it.

        Raises:
            StoreError: It cannot be used.
        """
        return cls(Database.holding(path, metadata))

    def add(self, bodies: Iterable[Body]) -> None:
        """Keep `bodies`, durably, replacing any of the same `seq`."""
        with self._database.write() as connection:
            for body in bodies:
                _delete(connection, _leaves.c.seq == body.seq, _fields.c.seq == body.seq)
                row = {name: getattr(body, name) for name in _leaves.c.keys()}  # noqa: SIM118  no mapping
                connection.execute(insert(_leaves).values(**row))
                for name, value in body.fields.items():
                    connection.execute(insert(_fields).values(seq=body.seq, name=name, value=value))

    def get(self, seq: int) -> Body | None:
        """Return the body of leaf `seq`, None where it was erased or never was."""
        with self._database.read() as connection:
            row = connection.execute(select(_leaves).where(_leaves.c.seq == seq)).mappings().one_or_none()
            if row is None:
                return None
            fields = connection.execute(select(_fields.c.name, _fields.c.value).where(_fields.c.seq == seq))
            return Body(**row, fields={str(one.name): str(one.value) for one in fields})

    def find(self, kind: str = "", *, since_ns: int = 0, limit: int = 200) -> list[Body]:
        """Return the newest bodies, newest first.

        Args:
            kind: Only of leaves of this type, or of types that begin with it and a dot; all where empty.
            since_ns: Only of what happened from then on.
            limit: Most of them.
        """
        wanted = [_leaves.c.at_ns >= since_ns]
        if kind:
            wanted.append((_leaves.c.type == kind) | _leaves.c.type.startswith(f"{kind}.", autoescape=True))
        statement = select(_leaves.c.seq).where(*wanted).order_by(_leaves.c.seq.desc()).limit(limit)
        with self._database.read() as connection:
            seqs = connection.execute(statement).scalars().all()
        return [body for seq in seqs if (body := self.get(seq)) is not None]

    def with_field(self, name: str, value: str) -> list[Body]:
        """Return the bodies that say `value` under `name`, oldest first."""
        statement = select(_fields.c.seq).where(_fields.c.name == name, _fields.c.value == value)
        with self._database.read() as connection:
            seqs = connection.execute(statement.order_by(_fields.c.seq)).scalars().all()
        return [body for seq in seqs if (body := self.get(seq)) is not None]

    def discard_from(self, seq: int) -> None:
        """Delete the bodies of leaves from `seq` on: an append that came to nothing left them."""
        with self._database.write() as connection:
            _delete(connection, _leaves.c.seq >= seq, _fields.c.seq >= seq)

    def erase(self, before_ns: int) -> int:
        """Erase the bodies of what happened before `before_ns`, so that nothing of them is left; return how many."""
        old = select(_leaves.c.seq).where(_leaves.c.at_ns < before_ns)
        with self._database.write() as connection:
            connection.execute(delete(_fields).where(_fields.c.seq.in_(old)))
            count = connection.execute(delete(_leaves).where(_leaves.c.at_ns < before_ns)).rowcount
        if count:
            self._database.forget()
        return count

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _delete(connection: Connection, leaves: ColumnElement[bool], fields: ColumnElement[bool]) -> None:
    connection.execute(delete(_fields).where(fields))
    connection.execute(delete(_leaves).where(leaves))
