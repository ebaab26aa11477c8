"""`custodes key`: what is left when the key of private texts is lost, and that a start without it fails closed."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api_support import GATE, make_charter, write_charter
from custodes.app.cli import app
from custodes.app.commands.doctor import examine
from custodes.app.logbook import log_key
from custodes.app.serve import running
from custodes.app.settings import Settings, load_settings
from custodes.disk import write
from custodes.domain.errors import ConfigError, StoreError
from custodes.domain.persons import Role
from custodes.domain.time import SystemClock
from custodes.journal import Entry, Journal, Kind
from custodes.ledger import FolderReader, Policy, read_checkpoint, verify_all
from custodes.store import Account, Bodies, Hold, Store, Token
from custodes.store.holds import LOST


class Site:
    def __init__(self, folder: Path) -> None:
        self.config = folder / "custodes.toml"
        self.config.write_text('data = "data"\n[cameras.gate.source]\nurl = "clip.mp4"\n')
        write_charter(folder / "charters", "gate")
        self.settings: Settings = load_settings(self.config)
        self.folders = self.settings.folders
        self.folders.make()
        self.verifier = log_key(self.folders, "").verifier
        texts = self.folders.texts()
        with closing(self.journal()) as journal:
            journal.log(Entry(Kind.CONSULTATION_LIVE, GATE, make_charter(GATE).version, {"who": "anna"}))
        with closing(Store.open(self.folders.database, texts)) as store:
            store.accounts.add(Account("anna", "digest", Role.OPERATOR, 1))
            store.accounts.add_token(Token("t1", "anna", "d", 1, 2**62))
            store.holds.add(Hold(GATE, 1, 2, 2**62, "a reported theft"))
            store.owed.add(Kind.HOLD_SET, {"reason": "a reported theft"}, 1, camera=GATE)
        self.folders.unseal.mkdir()
        write(self.folders.unseal / "01KADS4T5M0123456789ABCDEF.request", texts.seal("{}", "unseal", "x").encode())

    def journal(self) -> Journal:
        key = log_key(self.folders, "")
        return Journal.open(self.folders.log, self.folders.journal, key, SystemClock(), texts=self.folders.texts())

    def ran(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["key", "replace", "--config", str(self.config), *words])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_key_lies_beside_the_data_or_where_the_configuration_says(site: Site, tmp_path: Path) -> None:
    assert site.folders.key == tmp_path / "data-keys/private.key"
    site.config.write_text(f'private_key = "elsewhere/it"\n{site.config.read_text()}')
    assert load_settings(site.config).folders.key == tmp_path / "elsewhere/it"


def test_without_its_key_nothing_starts_and_nothing_is_written(site: Site, tmp_path: Path) -> None:
    site.folders.key.unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match="is gone"), running(site.settings):
        pytest.fail("it started")
    result = CliRunner().invoke(app, ["account", "list", "--config", str(site.config)])
    assert isinstance(result.exception, StoreError)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_doctor_says_what_is_wrong_with_the_key(site: Site) -> None:
    def found() -> tuple[bool, str]:
        findings = examine(site.settings.model_copy(update={"cameras": {}}), SystemClock())
        return next((one.good, one.found) for one in findings if one.what == "key of private texts")

    assert found()[0]
    site.folders.key.chmod(0o644)
    assert found() == (False, f"others can read {site.folders.key}")
    site.folders.key.unlink()
    good, words = found()
    assert (good, "is gone" in words) == (False, True)
    shutil.rmtree(site.folders.data)
    assert found() == (True, "none yet: the first start makes one")


def test_a_lost_key_is_replaced_and_what_it_encrypted_is_gone(site: Site) -> None:
    site.folders.key.unlink()
    assert site.ran().exit_code == 1  # nobody said yes
    assert not site.folders.key.exists()
    result = site.ran("--yes")
    assert result.exit_code == 0, result.output
    texts = site.folders.texts()
    with closing(Bodies.open(site.folders.journal / "bodies.db", texts)) as bodies:
        assert bodies.find() == []
    with closing(Store.open(site.folders.database, texts)) as store:
        (account,) = store.accounts.all()
        assert (account.name[:5], account.disabled) == ("lost-", True)
        assert [token.revoked for token in store.accounts.tokens()] == [True]
        assert [hold.reason for hold in store.holds.active(3)] == [LOST]
        ((kind, fields),) = [(one.kind, one.fields) for one in store.owed.waiting()]
    assert kind == Kind.CONFIGURATION_CHANGED
    assert fields["private bodies of the log erased"] == fields["accounts closed"] == "1"
    assert list(site.folders.unseal.iterdir()) == []
    reader = FolderReader(site.folders.log)
    verify_all(reader, Policy(logs=(site.verifier,)).accept(read_checkpoint(reader)).checkpoint)
    with closing(site.journal()) as journal:
        assert journal.log(Entry(Kind.HEARTBEAT)).index == 1


def test_with_the_right_key_nothing_is_erased(site: Site) -> None:
    (site.folders.unseal / "01KADS4T5M0123456789ABCDEF.request").unlink()
    result = site.ran()
    assert result.exit_code == 0, result.output
    texts = site.folders.texts()
    with closing(Bodies.open(site.folders.journal / "bodies.db", texts)) as bodies:
        assert [body.fields for body in bodies.find()] == [{"who": "anna"}]
    with closing(Store.open(site.folders.database, texts)) as store:
        assert store.accounts.get("anna") is not None
        assert [one.kind for one in store.owed.waiting()] == [Kind.HOLD_SET]


def test_a_running_server_keeps_its_key(site: Site) -> None:
    with closing(site.journal()):
        site.folders.key.unlink()
        result = site.ran("--yes")
    assert isinstance(result.exception, StoreError)
    assert "is in use" in str(result.exception)
    assert not site.folders.key.exists()


def test_another_key_is_not_taken_for_a_lost_one(site: Site) -> None:
    site.folders.key.write_text("nonsense")
    assert site.ran("--yes").exit_code != 0
    site.folders.key.unlink()
    site.folders.known_key.unlink()
    result = site.ran("--yes")
    assert isinstance(result.exception, ConfigError)
    assert "no key was made" in str(result.exception)
