"""`custodes retention` on a server's data folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api_support import GATE, write_charter
from custodes.app.cli import app
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock
from custodes.pipeline.shard import Folders
from custodes.store import Store

NOW = datetime.now(UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    path.write_text('data = "data"\n[cameras.gate.source]\nurl = "clip.mp4"\n')
    write_charter(tmp_path / "charters", "gate", storage={"recording_hours": 24, "event_hours": 48})
    return path


def ran(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["retention", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def hold(config: Path, *, reason: str = "A reported theft, case 7", days: int = 7) -> str:
    interval = (stamp(NOW - timedelta(hours=2)), stamp(NOW - timedelta(hours=1)))
    until = stamp(NOW + timedelta(days=days))
    return ran("hold", "--config", str(config), "gate", "--interval", *interval, "--until", until, "--reason", reason)


def test_the_plan_shows_what_the_charter_keeps(config: Path) -> None:
    said = ran("plan", "--config", str(config))
    assert "gate" in said
    assert "recording 24, event 48" in said
    assert "all that is needed fits" in said


def test_a_hold_is_kept_shown_owed_to_the_log_and_can_be_released(config: Path) -> None:
    assert "Hold 1" in hold(config)
    assert "case 7" in ran("plan", "--config", str(config))
    folders = Folders(data=config.parent / "data")
    store = Store.open(folders.database, folders.texts())
    assert [one.camera for one in store.holds.active(SystemClock().utc_ns(), GATE)] == [GATE]
    ran("release", "--config", str(config), "1")
    assert store.holds.active(SystemClock().utc_ns()) == []
    assert [(owed.kind, owed.camera) for owed in store.owed.waiting()] == [("hold.set", "gate"), ("hold.end", "gate")]
    store.close()


@pytest.mark.parametrize(
    ("reason", "days"), [("short", 7), ("x" * 201, 7), ("A reported theft", 100), ("A theft, 7", -1)]
)
def test_a_hold_needs_a_reason_and_an_end(config: Path, reason: str, days: int) -> None:
    with pytest.raises(ConfigError):
        hold(config, reason=reason, days=days)


def test_an_unknown_hold_cannot_be_released(config: Path) -> None:
    with pytest.raises(ConfigError, match="no hold 5"):
        ran("release", "--config", str(config), "5")
