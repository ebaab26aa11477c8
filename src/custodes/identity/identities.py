"""Who enrolled, and what they agreed to: a database of its own, encrypted, without any template."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import BigInteger, Column, Connection, MetaData, Row, String, Table, delete, insert, inspect, select

from custodes.identity.consent import Consent, DataSubject
from custodes.store.database import Database
from custodes.store.private import PrivateTexts, sealed_length
from custodes.store.schema import NAMES, held

metadata: Final = MetaData(naming_convention=NAMES)

_PRIVATE: Final = {"name": 200, "contact": 200, "consent": 16_000}
"""Columns that are encrypted, and characters of the longest text in each."""

_subjects: Final = Table(
    "subjects",
    metadata,
    *held(
        Column("subject", String(32), primary_key=True),
        Column("name", String(sealed_length(_PRIVATE["name"])), nullable=False),
        Column("contact", String(sealed_length(_PRIVATE["contact"])), nullable=False),
        Column("enrolled_ns", BigInteger, nullable=False),
        Column("consent", String(sealed_length(_PRIVATE["consent"])), nullable=False),
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
    """The database of identities. Threads may share it.

    Args:
        database: Has the table.
        texts: Encrypts names, contacts and consents.
    """

    def __init__(self, database: Database, texts: PrivateTexts) -> None:
        self._database = database
        self._texts = texts

    @classmethod
    def open(cls, path: Path, texts: PrivateTexts) -> Self:
        """Open the database at `path`, creating it, or encrypting what an older version wrote there.

        Raises:
            StoreError: It cannot be used.
        """
        return cls(Database.holding(path, metadata, lambda connection: _seal_old(connection, texts)), texts)

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
            connection.execute(insert(_subjects).values(**_sealed(row, self._texts)))

    def get(self, subject: str) -> Identity | None:
        """Return who has this id, None where nobody has."""
        with self._database.read() as connection:
            row = connection.execute(select(_subjects).where(_subjects.c.subject == subject)).first()
        return _identity(row, self._texts) if row else None

    def all(self) -> list[Identity]:
        """Return everybody, in order of enrolment."""
        query = select(_subjects).order_by(_subjects.c.enrolled_ns, _subjects.c.subject)
        with self._database.read() as connection:
            return [_identity(row, self._texts) for row in connection.execute(query)]

    def erase(self, subject: str) -> None:
        """Delete everything about `subject`, so that nothing of it is left in the file."""
        with self._database.write() as connection:
            connection.execute(delete(_subjects).where(_subjects.c.subject == subject))
        self._database.forget()

    def erase_unreadable(self) -> int:
        """Erase those whose rows the key does not open; return how many. `Enrolments.sweep` ends their enrolments."""
        with self._database.write() as connection:
            lost = [
                row.subject
                for row in connection.execute(select(_subjects))
                if not all(self._texts.opens(getattr(row, one), "subjects", one, row.subject) for one in _PRIVATE)
            ]
            connection.execute(delete(_subjects).where(_subjects.c.subject.in_(lost)))
        self._database.forget()
        return len(lost)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _identity(row: Row[Any], texts: PrivateTexts) -> Identity:
    name, contact, consent = (texts.open(getattr(row, one), "subjects", one, row.subject) for one in _PRIVATE)
    person = DataSubject(name=name, contact=contact)
    return Identity(row.subject, person, row.enrolled_ns, Consent.parse(consent.encode(), "A consent"))


def _sealed(row: Mapping[str, Any], texts: PrivateTexts) -> dict[str, Any]:
    sealed = {
        one: texts.seal(row[one], "subjects", one, row["subject"], longest=longest) for one, longest in _PRIVATE.items()
    }
    return {**row, **sealed}


def _seal_old(connection: Connection, texts: PrivateTexts) -> None:
    """Encrypt what versions before wrote in readable rows."""
    if not inspect(connection).has_table(_subjects.name):
        return
    rows = [dict(row) for row in connection.exec_driver_sql("SELECT * FROM subjects").mappings()]
    connection.exec_driver_sql("DROP TABLE subjects")
    metadata.create_all(connection)
    if rows:
        connection.execute(insert(_subjects), [_sealed(row, texts) for row in rows])
