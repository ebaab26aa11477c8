"""No column can hold a picture or a template."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, insert, inspect

from api_support import TEXTS
from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.domain.persons import Role
from custodes.store import Account, Hold, Store
from custodes.store.database import Database
from custodes.store.private import sealed_length
from custodes.store.schema import metadata

LONGEST = 200
PRIVATE = {"accounts.name": 40, "holds.reason": LONGEST, "owed_fields.value": LONGEST}
"""Columns of encrypted texts, and characters of the longest text."""
COLUMNS = [column for table in metadata.tables.values() for column in table.columns]
FILLING = {str: "a", int: 1, float: 0.5, bool: True}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    path = tmp_path / "custodes.db"
    Store.open(path, TEXTS).close()
    return Database(path)


def _row(changed: Column[object], value: object) -> dict[str, object]:
    row = {c.name: FILLING[c.type.python_type] for c in changed.table.columns}
    return {**row, changed.name: value}


def _raw_insert(database: Database, column: Column[object], value: object) -> None:
    row = _row(column, value)
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    with database.write() as connection:
        statement = f"INSERT INTO {column.table.name} ({names}) VALUES ({marks})"  # noqa: S608  names of our own
        connection.exec_driver_sql(statement, tuple(row.values()))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_no_column_takes_bytes_or_long_text(database: Database, column: Column[object]):
    longest = sealed_length(PRIVATE[str(column)]) if str(column) in PRIVATE else LONGEST
    for value in (b"\xff\xd8\xff\xe0 a picture", "x" * (longest + 1)):
        with pytest.raises(StoreError):
            _raw_insert(database, column, value)


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_takes_what_belongs_into_it(database: Database, column: Column[object]):
    _raw_insert(database, column, FILLING[column.type.python_type])


def test_the_migrations_make_what_the_schema_says(database: Database):
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        inspector = inspect(connection)
        for name, table in metadata.tables.items():
            checks = {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(name)}
            assert set(checks) == {f"ck_{name}_{column.name}" for column in table.columns}
            for constraint in table.constraints:
                if constraint.name in checks:
                    assert checks[constraint.name] == str(constraint.sqltext)


def test_every_column_has_a_limit():
    for column in COLUMNS:
        assert column.type.python_type in FILLING
        length = getattr(column.type, "length", None)
        assert length is None or length <= LONGEST or length == sealed_length(PRIVATE[str(column)])


def test_nothing_longer_than_a_text_is_encrypted(database: Database):
    store = Store.open(Path(database._engine.url.database), TEXTS)
    with pytest.raises(StoreError, match="too long"):
        store.holds.add(Hold(CameraId("gate"), 1, 2, 3, "x" * 201))
    with pytest.raises(StoreError, match="too long"):
        store.accounts.add(Account("a" * 41, "digest", Role.OPERATOR, 1))
    assert (store.accounts.all(), store.holds.active(0)) == ([], [])


def test_opening_again_keeps_what_is_there(tmp_path: Path):
    path = tmp_path / "custodes.db"
    first = Store.open(path, TEXTS)
    first.accounts.add(Account("anna", "digest", Role.OPERATOR, 1))
    first.close()
    second = Store.open(path, TEXTS)
    assert second.accounts.get("anna").digest == "digest"
    assert second.accounts.get("other") is None
    second.close()


def test_a_database_of_a_newer_version_is_refused_in_words(tmp_path: Path):
    path = tmp_path / "custodes.db"
    Store.open(path, TEXTS).close()
    with Database(path).write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer"):
        Store.open(path, TEXTS)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path):
    path = tmp_path / "custodes.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(path, TEXTS)


def test_a_failed_transaction_changes_nothing(database: Database):
    gaps = metadata.tables["gaps"]
    row = {"camera": "gate", "start_ns": 1, "end_ns": 2, "reason": ""}
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(insert(gaps), [row, {**row, "reason": None}])
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM gaps").scalar() == 0
