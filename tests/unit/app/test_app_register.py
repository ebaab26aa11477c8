"""`custodes register`, `dpia` and `ropa`, as people type them."""

import hashlib
import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custodes.app.cli import app, main
from custodes.charter import load_charter
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.time import NS_PER_S
from custodes.identity.attempts import Attempts
from custodes.identity.attempts import Result as Enrolling
from custodes.journal.signature import sign_charter, signature_path
from custodes.ledger import KeyKind, Leaf, Ledger, SigningKey
from custodes.pipeline.shard import Folders
from custodes.store import Store

COMMANDS = (["register", "build"], ["register", "signs"], ["dpia"], ["ropa"])
DAY = ("--date", "2027-06-01")
CONFIG = """
data = "data"

[cameras.door]
name = "Staff door"
[cameras.door.source]
url = "rtsp://viewer:hunter2@10.9.8.7/door"

[cameras.yard]
[cameras.yard.source]
url = "rtsp://viewer:hunter2@10.9.8.7/yard"
"""
ANSWERS = {
    "--template": "workplace-door",
    "--camera": "door",
    "--controller": "Example Ltd",
    "--contact": "privacy@example.org",
    "--place": "Mill Street 5",
    "--view": "The door and two metres in front of it.",
    "--baseline": "Three break-ins in 2025, none cleared up.",
    "--adopted": "2027-01-01",
}


def custodes(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def charter(file: Path, *more: str | Path) -> None:
    given = [word for pair in ANSWERS.items() for word in pair]
    rest = more or ("--no-dpia-because", "One camera, faces covered.")
    made = custodes("charter", "new", *given, "--out", file, *rest)
    assert made.exit_code == 0, made.output


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration of two cameras, one of which has a charter."""
    (tmp_path / "charters").mkdir()
    charter(tmp_path / "charters/door.toml")
    file = tmp_path / "custodes.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_attempts_to_enrol_are_counted_in_the_register(config: Path, tmp_path: Path) -> None:
    config.write_text(f'{config.read_text(encoding="utf-8")}\n[identity]\nkeys = "keys"\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    with closing(Attempts.open(tmp_path / "data/identities.db")) as attempts:
        for result in (Enrolling.ENROLLED, Enrolling.NO_FACE):
            attempts.count(["door"], result)
    assert custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY).exit_code == 0
    told = json.loads((tmp_path / "site/register.json").read_text(encoding="utf-8"))["cameras"]
    assert {one["id"]: one["enrolling"] for one in told} == {"door": {"attempts": 2, "failed": 1}, "yard": None}


def states(site: Path) -> dict[str, str]:
    cameras = json.loads((site / "register.json").read_text(encoding="utf-8"))["cameras"]
    return {one["id"]: one["cause"] for one in cameras}


def test_a_site_is_built_and_dark_cameras_are_named(config: Path, tmp_path: Path) -> None:
    result = custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert result.exit_code == 0, result.output
    assert "Dark: yard: it has no charter" in result.stdout
    assert "Dark: door" not in result.stdout
    assert states(tmp_path / "site") == {"door": "chartered", "yard": "missing"}
    assert "Staff door" in (tmp_path / "site/en/index.html").read_text(encoding="utf-8")


def test_everything_is_made_anew_byte_for_byte(config: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        for command in COMMANDS:
            result = custodes(*command, "--config", config, "--out", tmp_path / name / command[-1], *DAY)
            assert result.exit_code == 0, result.output
    assert len(files_of(tmp_path / "one")) > 15
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_addresses_and_passwords_of_cameras_are_in_none_of_it(config: Path, tmp_path: Path) -> None:
    for command in COMMANDS:
        assert custodes(*command, "--config", config, "--out", tmp_path / "out" / command[-1], *DAY).exit_code == 0
    for name, content in files_of(tmp_path / "out").items():
        for secret in (b"hunter2", b"10.9.8.7", b"viewer", str(tmp_path).encode()):
            assert secret not in content, name


def test_figures_come_from_the_store_and_the_log(config: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    store = Store.open(tmp_path / "data/custodes.db", Folders(data=tmp_path / "data").texts())
    start = 1_811_700_000 * NS_PER_S
    store.events.put(
        Event("0" * 26, CameraId("door"), EventKind.APPEARED, "r", "v", "none", start, start + 9 * NS_PER_S, "person")
    )
    store.close()
    key = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
    with Ledger(tmp_path / "data/log", tmp_path / "state", key) as ledger:
        ledger.append([Leaf(1_811_700_000, "consultation.live", "door", "", "0" * 64)])
    assert custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY).exit_code == 0
    found = json.loads((tmp_path / "site/register.json").read_text(encoding="utf-8"))
    door, yard = found["cameras"]
    assert door["statistics"]["events"] == {"appeared": 1}
    assert (door["log"], yard["log"]) == ({"consultation.live": 1}, {})
    assert yard["statistics"] is None
    assert found["generated_from_checkpoint"] == (tmp_path / "data/log/checkpoint").read_text(encoding="utf-8")
    elsewhere = custodes(
        "register", "build", "--config", config, "--out", tmp_path / "other", "--data", tmp_path / "none", *DAY
    )
    assert elsewhere.exit_code == 0
    assert json.loads((tmp_path / "other/register.json").read_text(encoding="utf-8"))["generated_from_checkpoint"] == ""


def test_a_charter_that_is_not_valid_keeps_its_camera_dark(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "charters/door.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("GDPR Art. 6(1)(f)", "the law"), encoding="utf-8")
    result = custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site") == {"door": "invalid", "yard": "missing"}
    assert "Dark: door: door.toml is no valid charter, because legal_basis.citation" in result.stdout
    assert not [name for name, content in files_of(tmp_path / "site").items() if str(tmp_path).encode() in content]


def test_a_charter_that_nobody_signed_keeps_its_camera_dark(config: Path, tmp_path: Path) -> None:
    key = SigningKey("mayor.example.org", KeyKind.LOG, b"\2" * 32)
    config.write_text(f'charter_signers = ["{key.verifier}"]\n{CONFIG}', encoding="utf-8")
    result = custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site")["door"] == "unsigned"
    assert "Dark: door: its charter lacks the signature of mayor.example.org" in result.stdout
    file = tmp_path / "charters/door.toml"
    signature_path(file).write_bytes(sign_charter(load_charter(file), key))
    custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site")["door"] == "chartered"


def test_two_charters_for_one_camera_are_none(config: Path, tmp_path: Path) -> None:
    charter(tmp_path / "charters/other.toml")
    custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site") == {"door": "invalid", "yard": "missing"}


def test_signs_are_written_for_cameras_that_may_run(config: Path, tmp_path: Path) -> None:
    result = custodes(
        "register", "signs", "--config", config, "--out", tmp_path / "signs", "--language", "sr-Cyrl", *DAY
    )
    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "signs").iterdir()] == ["door.pdf"]
    assert "No sign for yard: it has no charter" in result.stdout


def test_an_approved_draft_binds_the_charter_to_the_configuration(config: Path, tmp_path: Path) -> None:
    drafted = custodes("dpia", "--config", config, "--out", tmp_path / "drafts", *DAY)
    assert drafted.exit_code == 0, drafted.output
    file = tmp_path / "charters/door.toml"
    file.unlink()
    charter(file, "--dpia", tmp_path / "drafts/dpia-door.md")
    assert load_charter(file).dpia.configuration in drafted.stdout
    custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site")["door"] == "chartered"
    changed = CONFIG.replace('name = "Staff door"', 'name = "Staff door"\nredaction.style = "solid"')
    config.write_text(changed, encoding="utf-8")
    result = custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY)
    assert states(tmp_path / "site")["door"] == "changed"
    assert "it is not what was assessed" in result.stdout


def test_one_camera_can_be_chosen_for_a_draft(config: Path, tmp_path: Path) -> None:
    assert custodes("dpia", "--config", config, "--out", tmp_path / "out", "--camera", "door", *DAY).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dpia-door.md", "dpia-door.pdf"]
    for camera, said in (("yard", "no charter"), ("nobody", "no camera nobody")):
        refused = custodes("dpia", "--config", config, "--out", tmp_path / "out", "--camera", camera, *DAY)
        assert isinstance(refused.exception, ConfigError)
        assert said in str(refused.exception)


def test_a_language_that_is_not_there_ends_with_code_2(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["custodes", "ropa", "--config", str(config), "--out", str(tmp_path / "out"), "--language", "la"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "there is no language la" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = custodes("ropa", "--config", config, "--out", tmp_path / "file", *DAY)
    assert isinstance(refused.exception, ConfigError)
    assert "cannot be written" in str(refused.exception)


def test_a_model_of_ones_own_is_listed_with_its_digest(config: Path, tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes(b"weights")
    own = f'[detector]\nmodel = "{tmp_path / "own.onnx"}"\ndecoder = "yolox"\n'
    config.write_text(CONFIG + own, encoding="utf-8")
    assert custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY).exit_code == 0
    models = {one["name"]: one for one in json.loads((tmp_path / "site/register.json").read_text())["models"]}
    assert "nanodet-g" not in models
    assert models["own.onnx"]["sha256"] == hashlib.sha256(b"weights").hexdigest()


def test_where_it_is_published_and_what_lies_under_the_map_are_settings(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "charters/door.toml"
    text = file.read_text(encoding="utf-8").replace("# latitude", "latitude").replace("# longitude", "longitude")
    file.write_text(text, encoding="utf-8")
    street = {"type": "LineString", "coordinates": [[20.0, 44.8125], [21.0, 44.8125]]}
    feature = {"type": "Feature", "properties": {"highway": "primary"}, "geometry": street}
    collection = {"type": "FeatureCollection", "attribution": "© Somebody", "features": [feature]}
    (tmp_path / "streets.geojson").write_text(json.dumps(collection), encoding="utf-8")
    site = '[site]\nurl = "https://cameras.example.org"\nstreets = "streets.geojson"\n'
    config.write_text(CONFIG + site, encoding="utf-8")
    assert custodes("register", "build", "--config", config, "--out", tmp_path / "site", *DAY).exit_code == 0
    index = (tmp_path / "site/en/index.html").read_text(encoding="utf-8")
    assert 'class="way line"' in index
    assert "© Somebody" in index
    assert custodes("register", "signs", "--config", config, "--out", tmp_path / "signs", *DAY).exit_code == 0
    assert b"https://cameras.example.org/en/cameras/door.html" in (tmp_path / "signs/door.pdf").read_bytes()
