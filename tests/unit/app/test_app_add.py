"""`custodes add`: what it writes works from anywhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custodes.app.activation import activate
from custodes.app.cli import app
from custodes.app.settings import load_settings
from custodes.capture import open_source
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock, utc_day
from sim.videos import make_video


def added(video: Path, config: Path) -> str:
    """Return the address that `custodes add` writes for `video`, once it has been opened from the configuration."""
    done = CliRunner().invoke(app, ["add", str(video), "--config", str(config), "--name", "clip", "--yes"])
    assert done.exit_code == 0, done.output
    source = load_settings(config).cameras["clip"].source
    open_source(source).close()
    line = next(line for line in config.read_text().splitlines() if line.startswith("url"))
    return line.partition("=")[2].strip().strip('"')


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "clips").mkdir()
    make_video(tmp_path / "clips" / "a.mp4")
    make_video(tmp_path / "etc" / "b.mp4")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_below_the_configuration_is_written_relative_to_it(place: Path) -> None:
    assert added(Path("etc/b.mp4"), Path("etc/custodes.toml")) == "b.mp4"
    assert (place / "etc" / "custodes.toml").exists()


def test_any_other_file_is_written_with_its_whole_path(place: Path) -> None:
    assert added(Path("clips/a.mp4"), Path("etc/custodes.toml")) == str(place / "clips" / "a.mp4")


def test_an_address_of_a_file_is_written_as_given(place: Path) -> None:
    url = f"file://{place}/clips/a.mp4"
    config = place / "etc" / "custodes.toml"
    done = CliRunner().invoke(app, ["add", url, "--config", str(config), "--name", "clip", "--yes"])
    assert done.exit_code == 0, done.output
    assert load_settings(config).cameras["clip"].source.url.get_secret_value() == url


ANSWERS = ["Example Ltd", "privacy@example.org", "Mill Street 5", "The door and the ground before it.", "Three thefts."]


def led(config: Path, *typed: str) -> Result:
    command = ["add", "etc/b.mp4", "--config", str(config), "--name", "clip"]
    return CliRunner().invoke(app, command, input="\n".join(typed) + "\n")


def test_it_leads_to_a_charter_with_which_the_camera_runs(place: Path) -> None:
    config = Path("etc/custodes.toml")
    first = ["workplace-door", *ANSWERS[:4], "Short.", "One camera, faces covered."]
    again = ["", "", "", "", "Three break-ins in 2025, none cleared up.", ""]
    done = led(config, "y", "y", "no such template", *first, *again)
    assert done.exit_code == 0, done.output
    assert "necessity.baseline" in done.output
    activation = activate(load_settings(config), utc_day(SystemClock().utc_ns()))
    assert activation.dark == {}
    assert activation.charters["clip"].controller.name == "Example Ltd"


def test_who_wants_no_charter_yet_is_told_what_the_camera_waits_for(place: Path) -> None:
    done = led(Path("etc/custodes.toml"), "y", "n")
    assert done.exit_code == 0, done.output
    assert "custodes charter new --camera clip" in " ".join(done.output.split())
    assert not (place / "etc" / "charters").exists()


def test_a_name_that_is_no_id_is_one_clear_error(place: Path) -> None:
    done = CliRunner().invoke(app, ["add", "clips/a.mp4", "--config", "c.toml", "--name", "Bad Name!", "--yes"])
    assert isinstance(done.exception, ConfigError)
    assert "id is 1-40 of a-z" in str(done.exception)
    assert not (place / "c.toml").exists()
