"""`custodes export` without a running server, and what outsiders make of it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api_support import GATE, write_charter
from custodes.app import exporting
from custodes.app.cli import app
from custodes.app.logbook import log_key
from custodes.domain.errors import ConfigError, CustodesError, PolicyDenied, StoreError
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.journal import Journal
from custodes.pipeline.shard import Folders
from custodes.store import Bodies, Store
from sim.recordings import record

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
POLICE = {"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["event", "recording"]}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    path.write_text('data = "data"\n[cameras.gate.source]\nurl = "clip.mp4"\n')
    write_charter(tmp_path / "charters", "gate", recipients=[POLICE])
    folders = Folders(data=tmp_path / "data")
    folders.make()
    store = Store.open(folders.database, folders.texts())
    record(store, folders.recordings, SystemClock(), GATE, int(START.timestamp()) * NS_PER_S, 4)
    store.close()
    return path


def ran(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def export(config: Path, **changes: Any) -> str:
    options = {
        "--from": START.isoformat(),
        "--to": (START + timedelta(seconds=10)).isoformat(),
        "--recipient": "Police",
        "--reason": "Case 17/26",
        "--out": str(config.parent / "out" / "export"),
        **changes,
    }
    return ran("export", "--config", str(config), "gate", *(word for pair in options.items() for word in pair))


def policy_file(config: Path) -> Path:
    path = config.parent / "policy.txt"
    path.write_text(ran("log", "policy", "--config", str(config)))
    return path


def test_an_export_is_logged_written_and_checked_by_its_recipient(config: Path) -> None:
    said = export(config)
    assert "missing:" in said
    out = config.parent / "out" / "export"
    assert sorted(path.name for path in out.iterdir()) == ["events.json", "manifest.json", "recording.mp4"]
    checked = ran("audit", "verify-export", str(out), "--policy", str(policy_file(config)))
    assert "recording.mp4: unchanged" in checked
    assert "recipient: Police" in checked
    assert "No witness has cosigned it" in checked
    (body,) = Bodies.open(config.parent / "data/journal/bodies.db", Folders(data=config.parent / "data").texts()).find(
        "disclosure"
    )
    assert (body.fields["who"], body.fields["known_by"]) == (exporting.whoever(), exporting.KNOWN_BY)
    assert not list((config.parent / "data/exports").iterdir())
    (out / "recording.mp4").write_bytes(b"another video")
    with pytest.raises(CustodesError, match=r"recording\.mp4 was changed"):
        ran("audit", "verify-export", str(out), "--policy", str(policy_file(config)))


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"--recipient": "A newspaper"}, PolicyDenied, "names no recipient A newspaper"),
        ({"--from": "yesterday"}, ConfigError, "--from 'yesterday' is no time"),
        ({"--to": START.isoformat()}, ConfigError, "empty, or longer"),
        ({"--to": "2262-01-01"}, ConfigError, "empty, or longer"),
    ],
)
def test_what_is_not_possible_is_refused_and_not_logged(config: Path, changes: dict, error: type, why: str) -> None:
    with pytest.raises(error, match=why):
        export(config, **changes)
    assert not (config.parent / "out").exists()
    assert not (config.parent / "data/journal/bodies.db").exists()


def test_what_a_killed_command_left_is_deleted_by_the_next(config: Path) -> None:
    left, fresh = (config.parent / "data/exports" / name for name in ("cli-1", "cli-2"))
    for folder in (left, fresh):
        folder.mkdir(parents=True)
    os.utime(left, (0, 0))
    export(config)
    assert (left.exists(), fresh.exists()) == (False, True)


def test_nothing_is_written_over(config: Path) -> None:
    (config.parent / "out" / "export").mkdir(parents=True)
    with pytest.raises(ConfigError, match="exists"):
        export(config)


def test_while_another_program_has_the_log_and_does_not_write_it_nothing_is_exported(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "WAIT_S", 1.0)
    folders = Folders(data=config.parent / "data")
    journal = Journal.open(folders.log, folders.journal, log_key(folders, ""), SystemClock(), texts=folders.texts())
    with pytest.raises(StoreError, match="nothing was written"):
        export(config)
    journal.close()
    assert not (config.parent / "out").exists()
    assert not list(folders.exports.iterdir())
    store = Store.open(folders.database, folders.texts())
    assert store.owed.waiting() == []
    store.close()
