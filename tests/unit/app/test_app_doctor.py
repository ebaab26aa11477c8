"""`custodes doctor` on charters, log and witnesses."""

from pathlib import Path

import pytest

from api_support import write_charter
from custodes.app.commands.doctor import Finding, examine
from custodes.app.logbook import log_key
from custodes.app.settings import Settings
from custodes.domain.time import SystemClock
from custodes.journal import Entry, Journal, Kind
from custodes.ledger import KeyKind, SigningKey
from custodes.pipeline.shard import Folders


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    witness = SigningKey.generate("w.example", KeyKind.WITNESS).verifier
    write_charter(tmp_path / "charters", "gate")
    return Settings.model_validate(
        {
            "data": tmp_path / "data",
            "charters": tmp_path / "charters",
            "log": {"witnesses": [{"key": str(witness), "url": "http://127.0.0.1:9"}], "quorum": 0},
            "cameras": {name: {"source": {"url": str(tmp_path / "none.mp4")}} for name in ("gate", "yard")},
        }
    )


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings, SystemClock())}


def test_charters_are_looked_at(settings: Settings) -> None:
    found = findings(settings)
    assert found["charter of gate"].good
    assert not found["charter of yard"].good
    assert "custodes charter new --camera yard" in found["charter of yard"].found
    assert found["log"].good


def test_log_and_witnesses_are_looked_at(settings: Settings) -> None:
    folders = Folders(data=settings.data)
    folders.make()
    key = log_key(folders, "")
    journal = Journal.open(folders.log, folders.journal, key, SystemClock(), texts=folders.texts())
    journal.log(Entry(Kind.HEARTBEAT))
    journal.close()
    found = findings(settings)
    assert found["log"].found == "1 leaves, cosigned by 0"
    assert not found["witness http://127.0.0.1:9"].good
    checkpoint = folders.log / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n1\n", b"\n2\n"))
    assert not findings(settings)["log"].good


def test_webhooks_that_nobody_is_told_by_are_found(settings: Settings, tmp_path: Path) -> None:
    hook = {"url": "http://127.0.0.1:9/", "kinds": ["appeared"], "secret": tmp_path / "secret"}
    hooks = [{**hook, "name": "porter", "recipient": "Porter"}, {**hook, "name": "press", "recipient": "Press"}]
    receives = {"name": "Porter", "reason": "Opens the side door for staff.", "receives": ["event"]}
    write_charter(tmp_path / "charters", "gate", recipients=[receives])
    found = findings(Settings.model_validate({**settings.model_dump(), "webhooks": hooks}))
    assert (found["webhook porter"].good, found["webhook porter"].found) == (True, "Porter is told of gate")
    assert not found["webhook press"].good


def test_a_detector_of_ones_own_is_run(settings: Settings, tmp_path: Path) -> None:
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(bytes(range(256)))
    own = settings.detector.model_copy(update={"model": noise, "decoder": "yolox"})
    found = findings(settings.model_copy(update={"detector": own}))
    assert not found["model noise.onnx"].good
    assert "noise.onnx" in found["model noise.onnx"].found
    assert "model nanodet-g" not in found
    assert "model yunet" in found
