"""What is owed to the log: noted by commands beside a server, written into the log by the server, which alone may."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from custodes.store import schema
from custodes.store.database import Database
from custodes.store.private import PrivateTexts


@dataclass(frozen=True, slots=True)
class OwedEntry:
    """One entry that the log lacks.

    Attributes:
        id: Given by the store.
        at_ns: When it was noted, nanoseconds since the Unix epoch.
        kind: Type of the leaf.
        camera: Which camera, empty where it is about none.
        fields: Its private body.
    """

    id: int
    at_ns: int
    kind: str
    camera: str
    fields: Mapping[str, str]


class Owed:
    """Table of entries that the log lacks.

    Args:
        database: A careful one, so that what has happened is logged also after a power cut.
        texts: Encrypts private bodies.
    """

    def __init__(self, database: Database, texts: PrivateTexts) -> None:
        self._database = database
        self._texts = texts

    def add(self, kind: str, fields: Mapping[str, str], at_ns: int, *, camera: str = "") -> int:
        """Note an entry, and return its id."""
        with self._database.write() as connection:
            row = {"kind": kind, "at_ns": at_ns, "camera": camera}
            key = connection.execute(insert(schema.owed).values(**row)).inserted_primary_key
            owed = int(key[0]) if key else 0
            for name, value in fields.items():
                sealed = self._texts.seal(value, "owed_fields", name, owed)
                connection.execute(insert(schema.owed_fields).values(owed=owed, name=name, value=sealed))
        return owed

    def waiting(self) -> list[OwedEntry]:
        """Return all entries, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(schema.owed).order_by(schema.owed.c.id)).all()
            fields = connection.execute(select(schema.owed_fields)).all()
        bodies: dict[int, dict[str, str]] = {}
        for field in fields:
            value = self._texts.open(field.value, "owed_fields", field.name, field.owed)
            bodies.setdefault(field.owed, {})[field.name] = value
        return [OwedEntry(row.id, row.at_ns, row.kind, row.camera, bodies.get(row.id, {})) for row in rows]

    def erase_unreadable(self) -> int:
        """Forget the entries that the key does not open; return how many."""
        with self._database.write() as connection:
            rows = connection.execute(select(schema.owed_fields)).all()
            place = "owed_fields"
            lost = {row.owed for row in rows if not self._texts.opens(row.value, place, row.name, row.owed)}
            connection.execute(delete(schema.owed_fields).where(schema.owed_fields.c.owed.in_(lost)))
            connection.execute(delete(schema.owed).where(schema.owed.c.id.in_(lost)))
        return len(lost)

    def settle(self, owed: int) -> None:
        """Forget an entry that the log has."""
        with self._database.write() as connection:
            connection.execute(delete(schema.owed_fields).where(schema.owed_fields.c.owed == owed))
            connection.execute(delete(schema.owed).where(schema.owed.c.id == owed))
