"""Sealed templates by subject: a database of its own, without any name.

It counts its changes, so that whoever holds opened templates sees at each search whether they still count.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from custodes.identity.sealing import MOST_SEALED
from custodes.store.database import Database
from custodes.store.schema import NAMES, held

metadata: Final = MetaData(naming_convention=NAMES)

_AT_ONCE: Final = 500
"""Most rows that one query names."""


def _sealed() -> tuple[Column[bytes], CheckConstraint]:
    rule = f"typeof(sealed) = 'blob' AND length(sealed) <= {MOST_SEALED}"
    return Column("sealed", LargeBinary(MOST_SEALED), nullable=False), CheckConstraint(rule, name="sealed")


_templates: Final = Table(
    "templates",
    metadata,
    *held(Column("subject", String(32), primary_key=True), Column("version", BigInteger, nullable=False)),
    *_sealed(),
)
_passes: Final = Table(
    "passes",
    metadata,
    *held(Column("id", String(16), primary_key=True), Column("subject", String(32), nullable=False)),
    *_sealed(),
    Index(None, "subject", unique=True),
)
_state: Final = Table(
    "state",
    metadata,
    *held(Column("id", Integer, primary_key=True), Column("generation", BigInteger, nullable=False)),
)


class TemplateTable:
    """The database of templates. Threads may share it; processes open their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database at `path`, creating it.

        Raises:
            StoreError: It cannot be used.
        """
        database = Database.holding(path, metadata)
        with database.write() as connection:
            if connection.execute(select(_state.c.id)).first() is None:
                connection.execute(insert(_state).values(id=1, generation=0))
        return cls(database)

    @property
    def generation(self) -> int:
        """How often anything was changed."""
        with self._database.read() as connection:
            return int(connection.execute(select(_state.c.generation)).scalar_one())

    def versions(self) -> dict[str, int]:
        """Return for each subject that can be searched at which generation its template was put there."""
        with self._database.read() as connection:
            return {
                row.subject: row.version
                for row in connection.execute(select(_templates.c.subject, _templates.c.version))
            }

    def sealed(self, subjects: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yield those of `subjects` that are there, with their sealed templates."""
        query = select(_templates.c.subject, _templates.c.sealed)
        for start in range(0, len(subjects), _AT_ONCE):
            with self._database.read() as connection:
                wanted = _templates.c.subject.in_(subjects[start : start + _AT_ONCE])
                rows = connection.execute(query.where(wanted)).all()
            yield from ((row.subject, row.sealed) for row in rows)

    def behind(self, pass_id: str) -> tuple[str, bytes] | None:
        """Return the subject of a pass and the template sealed to it, None where the pass is not valid."""
        query = select(_passes.c.subject, _passes.c.sealed).where(_passes.c.id == pass_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return (row.subject, row.sealed) if row else None

    def subjects(self) -> set[str]:
        """Return everybody of whom there is a template, to be searched or behind a pass."""
        with self._database.read() as connection:
            return {
                subject
                for table in (_templates, _passes)
                for subject in connection.execute(select(table.c.subject)).scalars()
            }

    def put(self, subject: str, sealed: bytes | None, behind: tuple[str, bytes] | None) -> None:
        """Keep what is given of `subject`, durably, in place of what was there.

        Args:
            subject: Whose.
            sealed: The template to be searched; the one that is there stays where None.
            behind: Id of a pass, and the template sealed to it; the one that is there stays where None.
        """
        with self._database.write() as connection:
            version = _next(connection)
            if sealed is not None:
                connection.execute(delete(_templates).where(_templates.c.subject == subject))
                connection.execute(insert(_templates).values(subject=subject, version=version, sealed=sealed))
            if behind is not None:
                connection.execute(delete(_passes).where(_passes.c.subject == subject))
                connection.execute(insert(_passes).values(id=behind[0], subject=subject, sealed=behind[1]))

    def erase(self, subject: str) -> None:
        """Delete everything of `subject`, so that nothing of it is left in the file."""
        with self._database.write() as connection:
            _next(connection)
            for table in (_templates, _passes):
                connection.execute(delete(table).where(table.c.subject == subject))
        self._database.forget()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _next(connection: Connection) -> int:
    changed = update(_state).values(generation=_state.c.generation + 1).returning(_state.c.generation)
    return int(connection.execute(changed).scalar_one())
