from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from api_support import NOON_NS, TEXTS
from custodes.domain.persons import Role
from custodes.domain.time import NS_PER_S
from custodes.store import Account, Store, Token
from custodes.store import store as store_module
from custodes.store.database import Database

ANNA = Account("anna", "$argon2id$anna", Role.OPERATOR, NOON_NS)
BORIS = Account("boris", "$argon2id$boris", Role.AUDITOR, NOON_NS + 1)


def _token(number: int, account: str = "anna") -> Token:
    return Token(f"t{number}", account, f"{number:064x}", NOON_NS + number, NOON_NS + number + NS_PER_S)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "custodes.db", TEXTS)
    yield made
    made.close()


def test_an_account_comes_back_as_it_was(store: Store):
    assert not store.accounts.any()
    assert store.accounts.add(BORIS)
    assert store.accounts.add(ANNA)
    assert store.accounts.any()
    assert store.accounts.get("anna") == ANNA
    assert store.accounts.get("Anna") is store.accounts.get("nobody") is None
    assert store.accounts.all() == [ANNA, BORIS]


def test_a_name_is_given_once_and_for_ever(store: Store):
    store.accounts.add(ANNA)
    store.accounts.disable("anna")
    assert not store.accounts.add(replace(ANNA, role=Role.ADMIN))
    assert store.accounts.all() == [replace(ANNA, disabled=True)]
    assert store.accounts.any()


def test_a_password_changes_unless_the_account_is_disabled(store: Store):
    store.accounts.add(ANNA)
    assert store.accounts.set_digest("anna", "other")
    assert store.accounts.get("anna") == replace(ANNA, digest="other")
    assert not store.accounts.set_digest("nobody", "other")
    store.accounts.disable("anna")
    assert not store.accounts.set_digest("anna", "third")
    assert store.accounts.get("anna").digest == "other"


def test_a_token_is_found_by_its_digest_with_its_account(store: Store):
    store.accounts.add(ANNA)
    store.accounts.add(BORIS)
    tokens = [_token(1), _token(2, "boris"), _token(3)]
    for token in tokens:
        assert store.accounts.add_token(token)
    assert store.accounts.token(tokens[1].digest) == (tokens[1], BORIS)
    assert store.accounts.token("f" * 64) is None
    assert store.accounts.tokens() == [tokens[0], tokens[2], tokens[1]]


def test_there_is_no_token_without_an_account(store: Store):
    store.accounts.add(ANNA)
    store.accounts.disable("anna")
    assert not store.accounts.add_token(_token(1))
    assert not store.accounts.add_token(_token(2, "nobody"))
    assert store.accounts.tokens() == []


def test_a_revoked_token_stays_listed(store: Store):
    store.accounts.add(ANNA)
    store.accounts.add_token(_token(1))
    assert store.accounts.revoke("t1")
    assert not store.accounts.revoke("t2")
    assert store.accounts.tokens() == [replace(_token(1), revoked=True)]


def test_disabling_revokes_the_tokens_of_that_account_alone(store: Store):
    store.accounts.add(ANNA)
    store.accounts.add(BORIS)
    for token in (_token(1), _token(2, "boris")):
        store.accounts.add_token(token)
    assert store.accounts.disable("anna")
    assert not store.accounts.disable("nobody")
    assert store.accounts.token(_token(1).digest) == (replace(_token(1), revoked=True), replace(ANNA, disabled=True))
    assert store.accounts.token(_token(2).digest) == (_token(2, "boris"), BORIS)


def test_what_was_disabled_is_on_the_disk_and_old_digests_are_not(store: Store):
    with store.accounts._database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


def test_no_digest_is_in_a_repr():
    assert "argon2" not in repr(ANNA)
    assert _token(1).digest not in repr(_token(1))


def _database_of_version_one(path: Path, password_digest: str | None) -> None:
    database = Database(path)
    _upgrade(database, "0001")
    if password_digest is not None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO secrets VALUES ('password', ?)", (password_digest,))
    database.close()


def _upgrade(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(store_module._MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_the_one_password_of_before_becomes_that_of_admin(tmp_path: Path):
    _database_of_version_one(tmp_path / "custodes.db", "$argon2id$old")
    store = Store.open(tmp_path / "custodes.db", TEXTS)
    (admin,) = store.accounts.all()
    store.close()
    assert admin == Account("admin", "$argon2id$old", Role.ADMIN, admin.created_ns)
    assert admin.created_ns > 0


def test_what_an_older_version_wrote_is_encrypted_and_leaves_nothing(tmp_path: Path):
    path = tmp_path / "custodes.db"
    old = Database(path)
    _upgrade(old, "0003")
    with old.write() as connection:
        for statement in (
            "INSERT INTO accounts VALUES ('zoran', 'digest', 'operator', 1, 0)",
            "INSERT INTO tokens VALUES ('t1', 'zoran', 'd', 1, 2, 0)",
            "INSERT INTO holds VALUES (7, 'gate', 1, 2, 3, 'because of zoran')",
            "INSERT INTO owed VALUES (3, 1, 'hold.set', 'gate')",
            "INSERT INTO owed_fields VALUES (3, 'reason', 'because of zoran')",
            "INSERT INTO owed VALUES (4, 1, 'hold.set', 'gate')",
            "INSERT INTO owed_fields VALUES (4, 'reason', 'zoran again')",
            "DELETE FROM owed_fields WHERE owed = 4",
        ):
            connection.exec_driver_sql(statement)
    old.close()
    assert b"zoran" in path.read_bytes()
    store = Store.open(path, TEXTS)
    assert b"zoran" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert store.accounts.all() == [Account("zoran", "digest", Role.OPERATOR, 1)]
    assert store.accounts.token("d") == (Token("t1", "zoran", "d", 1, 2), store.accounts.get("zoran"))
    assert [(hold.id, hold.reason) for hold in store.holds.active(0)] == [(7, "because of zoran")]
    assert [one.fields for one in store.owed.waiting()] == [{"reason": "because of zoran"}, {}]
    store.close()


def test_no_file_has_the_name_of_an_account(store: Store, tmp_path: Path):
    store.accounts.add(ANNA)
    store.accounts.add_token(_token(1))
    assert b"anna" not in b"".join(file.read_bytes() for file in tmp_path.iterdir()).replace(b"argon2id$anna", b"")


def test_without_a_password_before_there_is_no_account_after(tmp_path: Path):
    _database_of_version_one(tmp_path / "custodes.db", None)
    store = Store.open(tmp_path / "custodes.db", TEXTS)
    assert store.accounts.all() == []
    store.close()
