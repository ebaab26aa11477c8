"""Connections to the database: SQLite in WAL mode, shared by the processes of one server."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Connection, MetaData, Table, create_engine, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from custodes.domain.errors import StoreError

_BUSY_S: Final = 10
_WRITES: Final = "custodes_writes"
_PRAGMAS: Final = (
    # Readers do not wait for the writer, nor the writer for them.
    "journal_mode=WAL",
    # Commits are not flushed to the disk one by one. A killed process loses nothing, as the system still holds what
    # it wrote; a power cut loses at most the last moments, and never consistency, since WAL pages have checksums.
    "synchronous=NORMAL",
    "foreign_keys=ON",
)
_SEALED, _SHED = 1, 2
"""`user_version`: private texts are encrypted; and the file was written anew since."""
_CAREFUL: Final = (
    # Each commit is on the disk before it returns, and what is deleted is overwritten.
    "synchronous=FULL",
    "secure_delete=ON",
)


class Database:
    """A pool of connections, shared by threads; processes each make their own.

    Args:
        path: The database file; created where it is absent.
        careful: Whether commits survive a power cut, and deleted rows leave nothing in the file.
    """

    def __init__(self, path: Path, *, careful: bool = False) -> None:
        url = URL.create("sqlite", database=str(path))
        self._pragmas: Final = _PRAGMAS + _CAREFUL if careful else _PRAGMAS
        self._engine: Final = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_S})
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "begin", _begin)

    @classmethod
    def holding(cls, path: Path, tables: MetaData, seal: Callable[[Connection], None] | None = None) -> Self:
        """Return a careful database at `path` with `tables`, which are made where they are missing.

        Args:
            path: The database file.
            tables: What it holds.
            seal: Turns tables that an older version filled with readable texts into `tables`, where there are any.

        Raises:
            StoreError: It cannot be used.
        """
        database = cls(path, careful=True)
        with database.write() as connection:
            if seal is not None and _version(connection) < _SEALED:
                seal(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {_SEALED}")
            tables.create_all(connection)
        if seal is not None:
            database.shed()
        return database

    def shed(self) -> None:
        """Write the file anew, once, so that no unused page holds what older versions wrote in readable form.

        Raises:
            StoreError: Another program is using it.
        """
        with wrapped(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            if cursor.execute("PRAGMA user_version").fetchone()[0] >= _SHED:
                return
            cursor.execute("VACUUM")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise StoreError("The database could not be written anew", why="another program is reading it")
            cursor.execute(f"PRAGMA user_version = {_SHED}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for one consistent look; database errors become `StoreError`."""
        with wrapped(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection for one transaction, committed at the end and rolled back on an exception."""
        with wrapped(), self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection

    def forget(self) -> None:
        """Empty the write-ahead log, which holds older versions of what was deleted, once no reader needs it."""
        with wrapped(), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _prepare(self, connection: sqlite3.Connection, _record: object) -> None:
        # The driver would begin transactions by itself and late; `_begin` does it instead.
        connection.isolation_level = None
        for pragma in self._pragmas:
            connection.execute(f"PRAGMA {pragma}")


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def upsert(table: Table, values: dict[str, Any]) -> Insert:
    """Return the statement that inserts a row, or changes the named columns of the one with the same key."""
    keys = list(table.primary_key.columns)
    changes = {name: value for name, value in values.items() if name not in table.primary_key.columns}
    return insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changes)


@contextmanager
def wrapped() -> Iterator[None]:
    """Turn database errors into `StoreError`; their texts name the statement but not its values."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(
            "The database refused an operation",
            why=str(getattr(error, "orig", None) or error).splitlines()[0],
            fix="see whether its disk is full or read-only, and whether another program holds it",
        ) from error


def _begin(connection: Connection) -> None:
    # A transaction that will write takes its turn at once: one that reads first could not be let in later.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")
