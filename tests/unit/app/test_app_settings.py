"""The configuration file: what is accepted, and how a mistake is named."""

from pathlib import Path

import pytest

from api_support import make_charter
from custodes.app.serve import shards
from custodes.app.settings import load_settings
from custodes.charter import Charters
from custodes.domain.errors import ConfigError

CAMERA = '[cameras.door.source]\nurl = "rtsp://viewer:hunter2@192.0.2.1/stream1"\n'
FILES = '[cameras.door.source]\nurl = "clips/main.mp4"\nsub_url = "sub.mp4"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "custodes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_camera_needs_no_more_than_its_address(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, CAMERA))
    assert list(settings.cameras) == ["door"]
    assert settings.charters == tmp_path / "charters"
    assert settings.server.host == "127.0.0.1"


def test_cameras_that_are_gone_are_looked_after_by_one_worker(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "cameras_per_worker = 1\n" + CAMERA + CAMERA.replace("door", "gate")))
    charters = dict.fromkeys(("door", "gate"), make_charter("door", "gate"))
    porch = make_charter("porch")
    made = shards(settings, charters, Charters({"porch": porch, **charters}), {"door", "porch", "attic"})
    assert [list(shard.cameras) for shard in made] == [["door"], ["gate"]]
    assert [list(shard.charters) for shard in made] == [["door"], ["gate"]]
    assert [shard.retired for shard in made] == [("attic", "porch"), ()]
    assert [shard.retired_charters for shard in made] == [{"porch": porch}, {}]


def test_a_dark_camera_is_in_no_worker_but_what_is_left_of_it_is_looked_after(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, CAMERA))
    (shard,) = shards(settings, {}, Charters(), {"door"})
    assert shard.cameras == {}
    assert shard.retired == ("door",)


def test_a_relative_data_folder_lies_beside_the_configuration(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, 'data = "kept"\n')).data == tmp_path / "kept"


def test_relative_paths_are_taken_from_the_configuration_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    there.mkdir()
    elsewhere.mkdir()
    written(there, 'detector.model = "m.onnx"\ndetector.decoder = "yolox"\n' + FILES)
    monkeypatch.chdir(elsewhere)
    settings = load_settings(Path("../there/custodes.toml"))
    assert settings.detector.model == there / "m.onnx"
    source = settings.cameras["door"].source
    assert source.url.get_secret_value() == str(there / "clips/main.mp4")
    assert source.sub_url is not None
    assert source.sub_url.get_secret_value() == str(there / "sub.mp4")


@pytest.mark.parametrize("url", ["rtsp://viewer:hunter2@192.0.2.1/stream1", "file:///clips/a.mp4", "/clips/a.mp4"])
def test_addresses_and_absolute_paths_stay_as_they_are(tmp_path: Path, url: str) -> None:
    text = f'[detector]\nmodel = "/m.onnx"\ndecoder = "detr"\n[cameras.door.source]\nurl = "{url}"\n'
    settings = load_settings(written(tmp_path, text))
    assert settings.detector.model == Path("/m.onnx")
    assert settings.cameras["door"].source.url.get_secret_value() == url
    assert settings.cameras["door"].source.sub_url is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("this is not TOML", "not TOML"),
        ("[cameras.Door]\n", "cameras"),
        ("[cameras.door]\n", "cameras.door.source"),
        (CAMERA + "[cameras.door.analysis]\nfps = 0\n", "cameras.door.analysis.fps"),
        (CAMERA + "[cameras.door.recording]\nkeep_forever = true\n", "keep_forever"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings(written(tmp_path, text))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="custodes add"):
        load_settings(tmp_path / "absent.toml")


def test_no_message_shows_a_password(tmp_path: Path) -> None:
    wrong = written(tmp_path, CAMERA + 'transport = "carrier pigeon"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(wrong)
    assert "hunter2" not in str(caught.value)
    settings = load_settings(written(tmp_path, CAMERA))
    assert "hunter2" not in repr(settings) + str(settings)


def test_cameras_are_spread_evenly_over_workers(tmp_path: Path) -> None:
    text = "cameras_per_worker = 4\n" + "".join(f'[cameras.c{n}.source]\nurl = "/tmp/{n}.mp4"\n' for n in range(10))
    charters = {f"c{n}": make_charter(f"c{n}") for n in range(10)}
    parts = shards(load_settings(written(tmp_path, text)), charters, Charters(), ())
    assert sorted(len(part.cameras) for part in parts) == [3, 3, 4]
    assert len({name for part in parts for name in part.cameras}) == 10
