"""A server's sealed hours: checked against the log, expired by charter, and dark where nothing could be sealed."""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api_support import TEXTS, ManualClock, charter_document, make_charter, write_charter
from custodes.app.activation import activate
from custodes.app.cli import app
from custodes.app.logbook import log_key
from custodes.app.sealed_retention import SealedRetention
from custodes.app.settings import Settings, load_settings
from custodes.charter import Charters
from custodes.charter.terms import MOST_HOURS
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.time import SystemClock, to_iso, utc_day
from custodes.journal import Entry, Journal
from custodes.pipeline.sealing import entry_of, vault_of
from custodes.pipeline.shard import Folders
from custodes.record import RecordingSettings
from custodes.record.sealed import SealedRecorder, Vault
from custodes.store import Bodies, Hold, Store
from custodes.vault import HourKeys, SealedFolder, new_epoch
from custodes.vault.documents import hour_of, hour_start_ns
from custodes.vault.expiry import expire
from sim.originals import CHARTER, GATE, NAMES, NOON_NS, camera_file, custodians, key_pairs, packets, places

KEYS = key_pairs()
HOUR_NS = 3_600_000_000_000
SEALED = {
    "storage": {"recording_hours": 24, "sealed_hours": 24},
    "dpia": {"reference": "DPIA 3/2026", "sha256": "a" * 64, "configuration": "b" * 64},
    "custodians": {"needed": 2, "names": list(NAMES[:3])},
}


def vault_table(**changes: object) -> dict[str, object]:
    return {"keys": "keys", "custodians": {key.public.name: str(key.public) for key in KEYS}, **changes}


def configuration(folder: Path, **vault: object) -> Path:
    import tomlkit

    path = folder / "custodes.toml"
    document = {
        "data": "data",
        "vault": vault_table(**vault),
        "cameras": {GATE: {"source": {"url": "clip.mp4"}}},
    }
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return path


class Site:
    """A server's folders, with some seconds sealed and logged, and the server stopped."""

    def __init__(self, folder: Path) -> None:
        self.config = configuration(folder)
        self.settings = load_settings(self.config)
        self.folders = Folders(data=self.settings.data)
        self.folders.make()
        clock = SystemClock()
        charter = make_charter(GATE, **SEALED)
        vault = vault_of(charter, self.settings.vault, self.folders.sealed, RecordingSettings(min_free_gb=0))
        assert vault is not None
        self.sealed, self.keys = vault.folder, vault.keys
        now_ns = clock.utc_ns()
        key = log_key(self.folders, "")
        with closing(
            Journal.open(self.folders.log, self.folders.journal, key, clock, texts=self.folders.texts())
        ) as journal:
            recorder = SealedRecorder(
                GATE,
                vault,
                clock=clock,
                on_notice=lambda notice: journal.log(entry_of(notice, charter.version)),
                on_alert=pytest.fail,
            )
            for packet in packets(camera_file(folder / "camera.mp4"), now_ns):
                recorder.write(packet)
            recorder.close()
        (self.hour, *_) = self.sealed.hours(GATE)
        Store.open(self.folders.database, self.folders.texts()).close()

    def verify(self) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["vault", "verify", "--config", str(self.config)])
        assert done.exception is None or isinstance(done.exception, SystemExit | IntegrityError), done.exception
        return done.exit_code, done.output + str(done.exception)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_was_logged_verifies(site: Site) -> None:
    code, text = site.verify()
    assert code == 0, text
    assert "as logged, 2 of Data protection officer, Ombudsman, Works council" in text
    assert "2 envelopes and parts, 0 of them wrong" in text


def test_what_was_changed_cut_off_or_sealed_off_the_log_is_found(site: Site) -> None:
    part = next(site.sealed.parts(GATE, site.hour)).path
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    code, text = site.verify()
    assert code == 1
    assert "not the file that was logged" in text
    part.write_bytes(whole[:-20_000])
    assert site.verify()[0] == 1
    part.write_bytes(whole)
    _, other = new_epoch(GATE, SystemClock().utc_ns(), CHARTER, custodians(KEYS))
    site.sealed.put_envelope(other, site.keys)
    code, text = site.verify()
    assert code == 1
    assert "sealed off the log" in text


def test_swapped_shares_are_found_and_named(site: Site) -> None:
    (epoch,) = site.sealed.epochs(GATE, site.hour)
    envelope = site.sealed.envelope(GATE, site.hour, epoch, site.keys)
    shares = list(envelope.shares)
    shares[1] = shares[1].model_copy(update={"sha256": "0" * 64})
    site.sealed.put_envelope(envelope.model_copy(update={"shares": tuple(shares)}), site.keys)
    code, text = site.verify()
    assert code == 1
    assert "the share of Ombudsman is not the one that was logged" in text


def test_a_body_that_the_log_does_not_commit_to_is_refused(site: Site) -> None:
    with closing(Bodies.open(site.folders.journal / "bodies.db", site.folders.texts())) as bodies:
        (body,) = bodies.find("seal.key")
        bodies.add([replace(body, fields={**body.fields, "needed": "3"})])
    code, text = site.verify()
    assert code != 0
    assert "is not what the log has" in text


def test_expiring_by_command_destroys_what_is_over_and_no_more(site: Site) -> None:
    done = CliRunner().invoke(app, ["vault", "expire", "--config", str(site.config)])
    assert done.exit_code == 0, done.output
    assert "0 sealed hours have expired" in done.output  # without a charter ever adopted, after 72 hours
    site.sealed.put_envelope(new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS))[1], site.keys)
    done = CliRunner().invoke(app, ["vault", "expire", "--config", str(site.config)])
    assert f"gate: 1 hours, {hour_of(NOON_NS)} to {hour_of(NOON_NS)}" in done.output
    assert site.sealed.hours(GATE) == [site.hour]


class Retained:
    def __init__(self, folder: Path) -> None:
        self.sealed, self.keys = places(folder)
        self.clock = ManualClock()
        self.reports: list[Entry] = []
        (folder / "data").mkdir(exist_ok=True)
        self.store = Store.open(folder / "data/custodes.db", TEXTS)
        self.retention = SealedRetention(
            self.sealed,
            self.keys,
            Charters({GATE: make_charter(GATE, **SEALED)}),
            self.store.holds,
            clock=self.clock,
            report=self.reports.append,
        )
        for at in range(4):
            for camera in (GATE, "yard"):
                _, envelope = new_epoch(camera, NOON_NS + at * HOUR_NS, CHARTER, custodians(KEYS))
                self.sealed.put_envelope(envelope, self.keys)

    def at(self, hours: float) -> dict[str, list[str]]:
        self.clock.now_ns = NOON_NS + round(hours * HOUR_NS)
        return self.retention.apply()


@pytest.fixture
def retained(tmp_path: Path) -> Iterator[Retained]:
    made = Retained(tmp_path)
    yield made
    made.store.close()


def test_nothing_is_kept_longer_than_its_charter_says(retained: Retained) -> None:
    assert retained.at(23.99) == {}
    assert retained.at(24) == {GATE: ["2026-01-01T12"]}
    assert retained.at(24) == {}
    assert retained.at(26.5) == {GATE: ["2026-01-01T13", "2026-01-01T14"]}
    assert retained.keys.hours(GATE) == ["2026-01-01T15"]
    assert retained.at(72) == {GATE: ["2026-01-01T15"], "yard": ["2026-01-01T12"]}  # it never had a charter
    first = retained.reports[0]
    assert (first.kind, first.camera) == ("erasure.expired", GATE)
    assert dict(first.body) == {"sealed": "1", "from": "2026-01-01T12", "to": "2026-01-01T12"}


def test_a_hold_keeps_an_hour_until_it_ends(retained: Retained) -> None:
    until_ns = NOON_NS + 48 * HOUR_NS
    retained.store.holds.add(Hold(GATE, NOON_NS, NOON_NS + 1, until_ns, "police asked for it"))
    assert retained.at(30) == {GATE: ["2026-01-01T13", "2026-01-01T14", "2026-01-01T15"]}
    assert retained.at(48) == {GATE: ["2026-01-01T12"]}


@pytest.mark.slow
def test_killed_while_expiring_no_hour_is_half_gone(tmp_path: Path) -> None:
    rng = random.Random(3)
    between = 0
    for turn in range(100):
        sealed, keys = places(tmp_path / str(turn))
        envelopes = [new_epoch(GATE, NOON_NS + at * HOUR_NS, CHARTER, custodians(KEYS))[1] for at in range(3)]
        for envelope in envelopes:
            sealed.put_envelope(envelope, keys)
        shutil.copytree(sealed.root, tmp_path / f"backup {turn}")
        backup = SealedFolder(tmp_path / f"backup {turn}")
        child = os.fork()
        if not child:
            try:
                expire(sealed, keys, GATE, NOON_NS + 3 * HOUR_NS)
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        alive = keys.hours(GATE)
        between += 0 < len(alive) < 3 or (not alive and bool(sealed.hours(GATE)))
        for envelope in envelopes:
            hour = envelope.hour
            try:
                found = backup.envelope(GATE, hour, envelope.epoch, keys)
            except IntegrityError:  # destroyed, or overwritten and not yet deleted
                continue
            assert found == envelope
            assert hour in alive
            assert sealed.envelope(GATE, hour, envelope.epoch, keys) == envelope
        expire(sealed, keys, GATE, NOON_NS + 3 * HOUR_NS)
        assert keys.hours(GATE) == sealed.hours(GATE) == []
        assert not [path for path in (tmp_path / str(turn)).rglob("*.*") if path.suffix in {".key", ".partial"}]
    assert between


def dark(folder: Path, vault: dict[str, object]) -> str:
    settings = Settings.model_validate(
        {
            "data": folder / "data",
            "charters": folder / "charters",
            "vault": vault,
            "cameras": {GATE: {"source": {"url": "clip.mp4"}}},
        }
    )
    return activate(settings, utc_day(SystemClock().utc_ns())).dark.get(GATE, "")


def test_a_camera_whose_originals_could_not_be_sealed_stays_dark(tmp_path: Path) -> None:
    from custodes.app.assessment import configuration_of
    from custodes.charter import Charter
    from custodes.perceive.settings import DetectorSettings
    from custodes.pipeline.settings import CameraSettings

    table = dict(SEALED)
    document = charter_document(GATE)
    camera = CameraSettings.model_validate({"source": {"url": "clip.mp4"}})
    made = Charter.model_validate({**document, **table})
    table["dpia"] = {**SEALED["dpia"], "configuration": configuration_of(made, camera, DetectorSettings())}
    write_charter(tmp_path / "charters", GATE, **table)
    whole = vault_table(keys=tmp_path / "keys")
    assert "vault.keys names no folder" in dark(tmp_path, {})
    assert "a backup of the data would keep keys" in dark(tmp_path, {**whole, "keys": tmp_path / "data/keys"})
    fewer = dict(list(whole["custodians"].items())[:2])  # type: ignore[attr-defined]
    assert "the custodian Works council has no key" in dark(tmp_path, {**whole, "custodians": fewer})
    assert dark(tmp_path, whole) == ""


def test_keys_of_custodians_are_checked_when_the_configuration_is_read(tmp_path: Path) -> None:
    line = str(KEYS[0].public)
    with pytest.raises(ConfigError, match="is wrong") as caught:
        load_settings(configuration(tmp_path, custodians={"Ombudsman": line}))
    assert "the key is that of Data protection officer" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load_settings(configuration(tmp_path, custodians={KEYS[0].public.name: line.replace(line[20], "x", 1)}))
    assert "vault.custodians" in str(caught.value)
    assert load_settings(configuration(tmp_path)).vault.keys == tmp_path / "keys"


def test_without_a_vault_nothing_is_sealed_nor_verified(tmp_path: Path) -> None:
    (tmp_path / "custodes.toml").write_text('data = "data"\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["vault", "verify", "--config", str(tmp_path / "custodes.toml")])
    assert isinstance(done.exception, ConfigError)
    settings = load_settings(tmp_path / "custodes.toml")
    plain = make_charter(GATE)
    assert vault_of(plain, settings.vault, tmp_path / "sealed", RecordingSettings()) is None
    assert isinstance(Vault(SealedFolder(tmp_path), HourKeys(tmp_path / "k"), custodians(KEYS), ""), Vault)


def test_the_plan_says_what_is_sealed_and_when_it_goes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    write_charter(tmp_path / "charters", GATE, **SEALED)
    said = CliRunner(env={"COLUMNS": "240"}).invoke(
        app, ["retention", "plan", "--config", str(site.config)], catch_exceptions=False
    )
    assert said.exit_code == 0, said.output
    (line,) = [line for line in said.output.splitlines() if "│ sealed " in line]
    goes_ns = hour_start_ns(site.sealed.hours(GATE)[0]) + MOST_HOURS * HOUR_NS
    assert to_iso(goes_ns) in line
