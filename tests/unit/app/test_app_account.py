import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.api.accounts import token_digest
from custodes.api.passwords import matches
from custodes.app.cli import app
from custodes.domain.errors import ConfigError
from custodes.domain.persons import Role
from custodes.pipeline.shard import Folders
from custodes.store import Store

PASSWORD = re.compile(r"([a-z2-9]{5}-){3}[a-z2-9]{5}")


class Server:
    def __init__(self, folder: Path) -> None:
        self.config = folder / "custodes.toml"
        self.config.write_text('data = "data"\n[cameras.door.source]\nurl = "rtsp://192.0.2.1/one"\n', encoding="utf-8")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.config)])

    def done(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.output

    def error(self, *words: str) -> str:
        done = self.run(*words)
        assert isinstance(done.exception, ConfigError)
        return str(done.exception)

    def store(self) -> Store:
        folders = Folders(data=self.config.parent / "data")
        return Store.open(folders.database, folders.texts())


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_an_account_is_made_listed_and_disabled(server: Server) -> None:
    password = PASSWORD.search(server.done("account", "add", "anna")).group()
    server.done("account", "add", "boris", "--role", "auditor")
    store = server.store()
    anna, boris = store.accounts.all()
    store.close()
    assert matches(password, anna.digest)
    assert (anna.role, boris.role) == (Role.OPERATOR, Role.AUDITOR)
    server.done("account", "disable", "anna")
    rows = [line.split() for line in server.done("account", "list").splitlines() if "│" in line]
    assert [(row[1], row[3], row[-2]) for row in rows] == [
        ("anna", "operator", "disabled"),
        ("boris", "auditor", "use"),
    ]
    assert password not in server.done("account", "list")


def test_a_new_password_replaces_the_old_one_and_is_shown_once(server: Server) -> None:
    shown = [PASSWORD.search(server.done("account", word, "anna")).group() for word in ("add", "password")]
    store = server.store()
    digest = store.accounts.get("anna").digest
    store.close()
    assert matches(shown[1], digest)
    assert not matches(shown[0], digest)


def test_mistakes_are_told_in_words(server: Server) -> None:
    server.done("account", "add", "anna")
    assert "already" in server.error("account", "add", "anna")
    assert "no name" in server.error("account", "add", "Anna")
    assert "account list" in server.error("account", "disable", "boris")
    assert "account list" in server.error("account", "password", "boris")
    assert "account list" in server.error("token", "new", "boris")
    assert "token list" in server.error("token", "revoke", "0")
    assert server.run("token", "new", "anna", "--days", "0").exit_code == 2
    assert server.run("account", "add", "boris", "--role", "king").exit_code == 2


def test_a_token_is_made_listed_and_revoked(server: Server) -> None:
    server.done("account", "add", "anna")
    text = server.done("token", "new", "anna", "--days", "7")
    token_id, secret = re.search(r"Token ([0-9a-f]{8}) of anna", text).group(1), text.split()[-1]
    store = server.store()
    (token,) = store.accounts.tokens()
    store.close()
    assert (token.id, token.digest) == (token_id, token_digest(secret))
    assert token.expires_ns - token.created_ns == 7 * 24 * 3600 * 10**9
    listed = server.done("token", "list")
    assert token_id in listed
    assert "in use" in listed
    assert secret not in listed
    server.done("token", "revoke", token_id)
    assert "revoked" in server.done("token", "list")
