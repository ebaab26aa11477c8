"""Private bodies of the log's leaves, apart from everything else, encrypted, and erased for good.

The log publishes a commitment to each body; who, why and for whom is here, until it is erased. A body is a handful of
short texts by name, so none can hold a picture or a template. Its salt is encrypted with it: whoever had the salt could
try out on the published commitment who it was.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Row,
    Select,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
)

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import StoreError
from custodes.store.database import Database
from custodes.store.private import LONGEST, MARK_LENGTH, PrivateTexts, sealed_length
from custodes.store.schema import NAMES, held

FOUND_BY: Final = frozenset({"request", "subject", "who"})
"""Names of fields that bodies can be found by."""

MOST_BYTES: Final = 7_800
"""Largest canonical JSON of the fields of one body, bytes."""

_LONGEST_NAME: Final = 40
_LONGEST_BODY: Final = MOST_BYTES + 200

metadata: Final = MetaData(naming_convention=NAMES)

_bodies: Final = Table(
    "bodies",
    metadata,
    *held(
        Column("seq", BigInteger, primary_key=True),
        Column("at_ns", BigInteger, nullable=False),
        Column("type", String(100), nullable=False),
        Column("camera", String(40), nullable=False),
        Column("sealed", String(sealed_length(_LONGEST_BODY)), nullable=False),
    ),
    Index(None, "at_ns"),
)
_marks: Final = Table(
    "marks",
    metadata,
    *held(
        Column("seq", BigInteger, primary_key=True),
        Column("mark", String(MARK_LENGTH), primary_key=True),
    ),
    Index(None, "mark", "seq"),
)
"""By whom and about whom bodies are, for whoever has the key."""


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
    """A database of its own. Threads may share it.

    Args:
        database: Has the tables.
        texts: Encrypts bodies.
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

    def add(self, bodies: Iterable[Body]) -> None:
        """Keep `bodies`, durably, replacing any of the same `seq`.

        Raises:
            StoreError: A field is no short text, or they cannot be written.
        """
        rows = [_row(body, self._texts) for body in bodies]
        marks = [row for body, _ in rows for row in _marks_of(body, self._texts)]
        with self._database.write() as connection:
            for body, _ in rows:
                _delete(connection, _bodies.c.seq == body.seq, _marks.c.seq == body.seq)
            _insert(connection, [row for _, row in rows], marks)

    def get(self, seq: int) -> Body | None:
        """Return the body of leaf `seq`, None where it was erased or never was.

        Raises:
            IntegrityError: It was changed, or encrypted under another key.
        """
        found = self._select(select(_bodies).where(_bodies.c.seq == seq))
        return found[0] if found else None

    def find(self, kind: str = "", *, since_ns: int = 0, limit: int = 200) -> list[Body]:
        """Return the newest bodies, newest first.

        Args:
            kind: Only of leaves of this type, or of types that begin with it and a dot; all where empty.
            since_ns: Only of what happened from then on.
            limit: Most of them.

        Raises:
            IntegrityError: As `get`.
        """
        wanted = [_bodies.c.at_ns >= since_ns]
        if kind:
            wanted.append((_bodies.c.type == kind) | _bodies.c.type.startswith(f"{kind}.", autoescape=True))
        return self._select(select(_bodies).where(*wanted).order_by(_bodies.c.seq.desc()).limit(limit))

    def with_field(self, name: str, value: str) -> list[Body]:
        """Return the bodies that say `value` under `name`, oldest first.

        Args:
            name: One of `FOUND_BY`.
            value: What they say, to the letter.

        Raises:
            IntegrityError: As `get`.
        """
        if name not in FOUND_BY:
            msg = f"bodies cannot be found by {name}"
            raise ValueError(msg)
        marked = select(_marks.c.seq).where(_marks.c.mark == self._texts.mark(value, f"body {name}"))
        return self._select(select(_bodies).where(_bodies.c.seq.in_(marked)).order_by(_bodies.c.seq))

    def discard_from(self, seq: int) -> None:
        """Delete the bodies of leaves from `seq` on: an append that came to nothing left them."""
        with self._database.write() as connection:
            _delete(connection, _bodies.c.seq >= seq, _marks.c.seq >= seq)

    def erase(self, before_ns: int) -> int:
        """Erase the bodies of what happened before `before_ns`, so that nothing of them is left; return how many."""
        old = select(_bodies.c.seq).where(_bodies.c.at_ns < before_ns)
        with self._database.write() as connection:
            connection.execute(delete(_marks).where(_marks.c.seq.in_(old)))
            count = connection.execute(delete(_bodies).where(_bodies.c.at_ns < before_ns)).rowcount
        if count:
            self._database.forget()
        return count

    def erase_unreadable(self) -> int:
        """Erase the bodies that the key does not open; return how many."""
        with self._database.write() as connection:
            lost = [row.seq for row in connection.execute(select(_bodies)) if not self._opens(row)]
            for seq in lost:
                _delete(connection, _bodies.c.seq == seq, _marks.c.seq == seq)
        self._database.forget()
        return len(lost)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def _opens(self, row: Row[Any]) -> bool:
        return self._texts.opens(row.sealed, "bodies", "sealed", row.seq)

    def _select(self, query: Select[Any]) -> list[Body]:
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [_opened(row, self._texts) for row in rows]


def _row(body: Body, texts: PrivateTexts) -> tuple[Body, dict[str, Any]]:
    for name, value in body.fields.items():
        if not isinstance(value, str) or len(name) > _LONGEST_NAME or len(value) > LONGEST:
            raise StoreError(
                f"The field {name[:_LONGEST_NAME]} of a private body is no short text",
                why=f"names have at most {_LONGEST_NAME} and values at most {LONGEST} characters",
            )
    plain = canonical_json({"salt": body.salt, "fields": dict(body.fields)}).decode()
    sealed = texts.seal(plain, "bodies", "sealed", body.seq, longest=_LONGEST_BODY)
    return body, {
        "seq": body.seq, "at_ns": body.at_ns, "type": body.type, "camera": body.camera, "sealed": sealed,
    }  # fmt: skip


def _marks_of(body: Body, texts: PrivateTexts) -> list[dict[str, Any]]:
    said = ((name, body.fields[name]) for name in FOUND_BY if name in body.fields)
    return [{"seq": body.seq, "mark": texts.mark(value, f"body {name}")} for name, value in said]


def _opened(row: Row[Any], texts: PrivateTexts) -> Body:
    plain = json.loads(texts.open(row.sealed, "bodies", "sealed", row.seq))
    return Body(row.seq, row.at_ns, row.type, row.camera, plain["salt"], plain["fields"])


def _insert(connection: Connection, rows: list[dict[str, Any]], marks: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(_bodies), rows)
    if marks:
        connection.execute(insert(_marks), marks)


def _delete(connection: Connection, bodies: ColumnElement[bool], marks: ColumnElement[bool]) -> None:
    connection.execute(delete(_marks).where(marks))
    connection.execute(delete(_bodies).where(bodies))


def _seal_old(connection: Connection, texts: PrivateTexts) -> None:
    """Encrypt the bodies that versions before wrote as readable rows, and drop their tables."""
    if not inspect(connection).has_table("leaves"):
        return
    metadata.create_all(connection)
    fields: dict[int, dict[str, str]] = {}
    for seq, name, value in connection.exec_driver_sql("SELECT seq, name, value FROM fields"):
        fields.setdefault(seq, {})[name] = value
    for old in connection.exec_driver_sql("SELECT seq, at_ns, type, camera, salt FROM leaves").all():
        body = Body(old.seq, old.at_ns, old.type, old.camera, old.salt, fields.get(old.seq, {}))
        _insert(connection, [_row(body, texts)[1]], _marks_of(body, texts))
    connection.exec_driver_sql("DROP TABLE leaves")
    connection.exec_driver_sql("DROP TABLE fields")
