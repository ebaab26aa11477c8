"""A server tells of what its camera sees, to the recipient that the charter names, and the log has it first."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest

from api_support import write_charter
from servers import Server, free_port
from sim.receiver import Receiver

pytestmark = pytest.mark.slow

RECIPIENT = {"name": "Porter's lodge", "reason": "Opens the side door for staff.", "receives": ["event"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def config(street_clip: Path, tmp_path: Path, receiver: Receiver) -> Path:
    path = tmp_path / "custodes.toml"
    path.write_text(
        f'data = "data"\n[cameras.street.source]\nurl = "{street_clip}"\nloop = true\n'
        f'[[webhooks]]\nname = "porter"\nurl = "{receiver.url}"\nrecipient = "{RECIPIENT["name"]}"\n'
        'kinds = ["appeared"]\nsecret = "porter.secret"\n',
        encoding="utf-8",
    )
    write_charter(tmp_path / "charters", "street", recipients=[RECIPIENT])
    return path


def test_events_of_a_running_camera_are_told(config: Path, receiver: Receiver, tmp_path: Path) -> None:
    server = Server(config, free_port())
    try:
        (first, *_) = receiver.wait(1, timeout_s=120)
        assert (first["type"], first["data"]["camera"]) == ("appeared", "street")
        assert first["data"]["event_id"] in server.event_ids()
    finally:
        server.stop()
    assert (tmp_path / "porter.secret").stat().st_mode & 0o777 == 0o600
    listed = run(
        [sys.executable, "-m", "custodes", "log", "list", "--config", str(config)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "disclosure.webhook" in listed
