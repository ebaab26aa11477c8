"""Charters that change while a server runs: what is in force, what is logged, and which workers start again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit

from api_support import GATE, TEXTS, YARD, ManualClock, charter_document
from custodes.api import LiveHub
from custodes.app.activation import Activation, activate
from custodes.app.logbook import Logbook
from custodes.app.recharter import Recharter
from custodes.app.serve import shards
from custodes.app.settings import Settings, load_settings
from custodes.domain.cameras import CameraState
from custodes.domain.errors import StoreError
from custodes.domain.time import utc_day
from custodes.journal import CharterArchive, Entry, Journal, Kind, Witnessing
from custodes.ledger import Policy
from custodes.pipeline.shard import Shard
from custodes.store import Store
from sim.logs import LOG


class Workers:
    """What a supervisor is asked to do, in order."""

    def __init__(self, given: list[Shard]) -> None:
        self.shards = tuple(given)
        self.told: list[tuple[str, list[int]]] = []

    def pause(self, numbers: list[int]) -> None:
        self.told.append(("pause", list(numbers)))

    def renew(self, given: list[Shard]) -> None:
        self.told.append(("renew", [len(one.cameras) for one in given]))
        self.shards = tuple(given)


class Bench:
    def __init__(self, folder: Path, per_worker: int = 48) -> None:
        self.folder = folder
        self.clock = ManualClock()
        config = folder / "custodes.toml"
        cameras = "".join(f'[cameras.{name}.source]\nurl = "clip.mp4"\n' for name in (GATE, YARD))
        config.write_text(f'data = "data"\ncameras_per_worker = {per_worker}\n{cameras}')
        self.settings: Settings = load_settings(config)
        self.write(GATE)
        self.journal = Journal.open(
            folder / "log", folder / "journal", LOG, self.clock, texts=TEXTS, policy=Policy(logs=(LOG.verifier,))
        )
        self.store = Store.open(folder / "custodes.db", TEXTS)
        archive = CharterArchive(folder / "archive")
        activation = activate(self.settings, utc_day(self.clock.utc_ns()))
        witnessing = Witnessing(self.journal, self.clock)
        self.logbook = Logbook(
            self.journal, witnessing, archive, self.settings, activation, store=self.store, clock=self.clock
        )
        self.logbook.open()
        self.recharter = Recharter(self.settings, activation, archive, self.clock)
        self.hub = LiveHub()
        self.workers = Workers(self.placed(activation, ()))
        self.seen = len(self.kinds())

    def placed(self, activation: Activation, before: tuple[Shard, ...]) -> list[Shard]:
        return shards(self.settings, activation.charters, self.recharter.last, self.store.cameras(), before)

    def write(self, *cameras: str, **changes: object) -> Path:
        document = {**charter_document(*cameras, clock=self.clock), **changes}
        return self.write_text(cameras[0], tomlkit.dumps(document))

    def write_text(self, name: str, text: str) -> Path:
        path = self.folder / "charters" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            if self.recharter._settled():
                self.recharter._take_up(self.workers, self.logbook, self.hub, self.placed)  # type: ignore[arg-type]

    def kinds(self) -> list[tuple[str, str]]:
        return [(body.type, body.camera) for body in reversed(self.journal.bodies.find(limit=1000))]

    def logged(self) -> list[tuple[str, str]]:
        new = self.kinds()[self.seen :]
        self.seen += len(new)
        return new

    def close(self) -> None:
        self.journal.close()
        self.store.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_nothing_changes_while_nothing_changes(bench: Bench) -> None:
    version = bench.recharter.charters.version_of(GATE)
    bench.look(5)
    bench.write(GATE)  # the same once more, with another time
    bench.look(5)
    assert bench.recharter.charters.version_of(GATE) == version
    assert bench.logged() == []
    assert [what for what, numbers in bench.workers.told if what == "pause" and numbers] == []


def test_a_changed_charter_stops_the_camera_is_logged_and_then_holds(bench: Bench) -> None:
    old = bench.recharter.charters.version_of(GATE)
    bench.write(GATE, storage={"recording_hours": 1})
    bench.look(1)
    assert bench.recharter.charters.version_of(GATE) == old  # somebody may still be writing
    bench.look(1)
    new = bench.recharter.charters.version_of(GATE)
    assert new not in {old, ""}
    assert bench.logged() == [("camera.stop", GATE), ("charter.adopted", GATE), ("camera.start", GATE)]
    assert bench.workers.told == [("pause", [0]), ("renew", [1])]
    assert bench.workers.shards[0].charters[GATE].version == bench.recharter.last.version_of(GATE) == new


def test_an_invalid_charter_darkens_its_camera_and_a_mended_one_lights_it(bench: Bench) -> None:
    old = bench.recharter.charters.version_of(GATE)
    bench.write_text(GATE, 'cameras = ["gate"]\nformat = 2\n')
    bench.look()
    assert bench.recharter.charters.of(GATE) is None
    status = bench.hub.status(GATE)
    assert status is not None
    assert (status.state, "format" in status.reason) == (CameraState.DARK, True)
    assert bench.logged() == [("camera.stop", GATE), ("charter.ended", GATE), ("camera.dark", GATE)]
    assert bench.workers.shards[0].cameras == {}
    assert bench.recharter.last.version_of(GATE) == old  # what is kept goes by the charter that it had last
    bench.write(GATE)
    bench.look()
    assert bench.recharter.charters.version_of(GATE) == old
    assert bench.logged() == [("charter.adopted", GATE), ("camera.start", GATE)]


def test_a_charter_that_goes_ends_and_a_new_one_begins(bench: Bench) -> None:
    (bench.folder / "charters" / f"{GATE}.toml").unlink()
    bench.write(YARD)
    bench.look()
    assert (bench.recharter.charters.of(GATE), bench.recharter.charters.version_of(YARD)[:1] != "") == (None, True)
    assert bench.logged() == [
        ("camera.stop", GATE),
        ("charter.adopted", YARD),
        ("charter.ended", GATE),
        ("camera.dark", GATE),
        ("camera.start", YARD),
    ]


def test_where_the_log_cannot_be_written_the_camera_stays_dark_until_it_can(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Entry) -> None:
        raise StoreError("The log cannot be written")

    with monkeypatch.context() as broken:
        broken.setattr(bench.journal, "log", refuse)
        bench.write(GATE, storage={"recording_hours": 1})
        with pytest.raises(StoreError):
            bench.look()
    assert bench.recharter.charters.of(GATE) is None
    assert [what for what, _ in bench.workers.told] == ["pause"]
    bench.look(1)
    assert bench.recharter.charters.of(GATE) is not None
    assert bench.logged() == [("camera.stop", GATE), ("charter.adopted", GATE), ("camera.start", GATE)]


def test_a_charter_begins_and_ends_with_its_days(bench: Bench) -> None:
    bench.clock.sleep(400 * 86_400)
    bench.look()
    assert bench.recharter.charters.of(GATE) is None
    assert (Kind.CHARTER_ENDED, GATE) in bench.logged()


def test_a_folder_that_cannot_be_read_darkens_everything(bench: Bench) -> None:
    folder = bench.folder / "charters"
    folder.rename(bench.folder / "elsewhere")
    folder.write_text("no folder")
    bench.look()
    assert bench.recharter.charters.by_camera == {}


def test_only_the_worker_of_a_camera_that_changed_starts_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, per_worker=1)
    bench.write(YARD)
    bench.look()
    assert [sorted(shard.cameras) for shard in bench.workers.shards] == [[GATE], [YARD]]
    bench.workers.told.clear()
    bench.write(YARD, storage={"recording_hours": 1})
    bench.look()
    assert bench.workers.told[0] == ("pause", [1])
    assert [sorted(shard.cameras) for shard in bench.workers.shards] == [[GATE], [YARD]]
    bench.close()


def test_a_signature_that_is_added_counts_as_a_change(bench: Bench) -> None:
    before = bench.recharter._fingerprint()
    (bench.folder / "charters" / f"{GATE}.toml.sig").write_text("signed")
    assert bench.recharter._fingerprint() != before
