"""Who enrolled, and what they agreed to: a database of its own, without any template."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import BigInteger, Column, MetaData, Row, String, Table, delete, insert, select

from custodes.identity.consent import Consent, DataSubject
from custodes.store.database import Database
from custodes.store.schema import NAMES, held

metadata: Final = MetaData(naming_convention=NAMES)

_subjects: Final = Table(
    "subjects",
    metadata,
    *held(
        Column("subject", String(32), primary_key=True),
        Column("name", String(200), nullable=False),
        Column("contact", String(200), nullable=False),
        Column("enrolled_ns", BigInteger, nullable=False),
        Column("consent", String(16_000), nullable=False),
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Somebody who enrolled.

    Attributes:
        subject: Random id.
        person: Name and contact.
        enrolled_ns: When, nanoseconds since the Unix epoch, whole milliseconds.
        consent: What was agreed to.
    """

    subject: str
    person: DataSubject
    enrolled_ns: int
    consent: Consent

    def __repr__(self) -> str:
        return f"Identity({self.subject})"


class Identities:
    """The database of identities. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database at `path`, creating it.

        Raises:
            StoreError: It cannot be used.
        """
        return cls(Database.holding(path, metadata))

    def add(self, identity: Identity) -> None:
        """Keep `identity`, durably.

        Raises:
            StoreError: It cannot be written, or the id is taken.
        """
        row = {
            "subject": identity.subject, "name": identity.person.name, "contact": identity.person.contact,
            "enrolled_ns": identity.enrolled_ns, "consent": identity.consent.canonical().decode(),
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(insert(_subjects).values(**row))

    def get(self, subject: str) -> Identity | None:
        """Return who has this id, None where nobody has."""
        with self._database.read() as connection:
            row = connection.execute(select(_subjects).where(_subjects.c.subject == subject)).first()
        return _identity(row) if row else None

    def all(self) -> list[Identity]:
        """Return everybody, in order of enrolment."""
        query = select(_subjects).order_by(_subjects.c.enrolled_ns, _subjects.c.subject)
        with self._database.read() as connection:
            return [_identity(row) for row in connection.execute(query)]

    def erase(self, subject: str) -> None:
        """Delete everything about `subject`, so that nothing of it is left in the file."""
        with self._database.write() as connection:
            connection.execute(delete(_subjects).where(_subjects.c.subject == subject))
        self._database.forget()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _identity(row: Row[Any]) -> Identity:
    person = DataSubject(name=row.name, contact=row.contact)
    return Identity(row.subject, person, row.enrolled_ns, Consent.parse(row.consent.encode(), "A consent"))
