from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from api_support import NOON_NS
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
    made = Store.open(tmp_path / "custodes.db")
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
    config = Config()
    config.set_main_option("script_location", str(store_module._MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        if password_digest is not None:
            connection.exec_driver_sql("INSERT INTO secrets VALUES ('password', ?)", (password_digest,))
    database.close()


def test_the_one_password_of_before_becomes_that_of_admin(tmp_path: Path):
    _database_of_version_one(tmp_path / "custodes.db", "$argon2id$old")
    store = Store.open(tmp_path / "custodes.db")
    (admin,) = store.accounts.all()
    store.close()
    assert admin == Account("admin", "$argon2id$old", Role.ADMIN, admin.created_ns)
    assert admin.created_ns > 0


def test_without_a_password_before_there_is_no_account_after(tmp_path: Path):
    _database_of_version_one(tmp_path / "custodes.db", None)
    store = Store.open(tmp_path / "custodes.db")
    assert store.accounts.all() == []
    store.close()
