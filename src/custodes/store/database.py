"""Connections to the database: everything that differs between SQLite and PostgreSQL is here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from custodes.domain.errors import StoreError

_BUSY_S: Final = 10
_PRAGMAS: Final = (
    # Readers do not wait for the writer, nor the writer for them.
    "journal_mode=WAL",
    # Commits are not flushed to the disk one by one. A killed process loses nothing, as the system still holds what
    # it wrote; a power cut loses at most the last moments, and never consistency, since WAL pages have checksums.
    "synchronous=NORMAL",
    "foreign_keys=ON",
)


class Database:
    """A pool of connections, shared by threads; processes each make their own.

    Args:
        where: A file for SQLite, or an SQLAlchemy URL.
    """

    def __init__(self, where: Path | str) -> None:
        self.url: Final = database_url(where)
        self.engine: Final = _engine(self.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for one consistent look; database errors become `StoreError`."""
        with wrapped(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection for one transaction, committed at the end and rolled back on an exception."""
        with wrapped(), self.engine.begin() as connection:
            yield connection

    def upsert(self, table: Table, values: dict[str, Any]) -> Insert:
        """Return the statement that inserts a row, or changes the named columns of the one with the same key."""
        keys = list(table.primary_key.columns)
        changes = {name: value for name, value in values.items() if name not in table.primary_key.columns}
        if self.engine.dialect.name == "sqlite":
            return sqlite.insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changes)
        return postgresql.insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changes)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def database_url(where: Path | str) -> URL:
    """Return the URL of a SQLite file, or `where` itself if it is one."""
    if isinstance(where, str) and "://" in where:
        return make_url(where)
    return URL.create("sqlite", database=str(where))


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


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself and late; `_begin` does it instead.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
