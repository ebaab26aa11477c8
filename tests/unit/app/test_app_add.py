"""`custodes add`: what it writes works from anywhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.app.settings import load_settings
from custodes.capture import open_source
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
