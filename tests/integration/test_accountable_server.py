"""A real server: which cameras it runs, what it logs, and what an outsider makes of its log."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from api_support import write_charter
from custodes.domain.errors import IntegrityError
from custodes.ledger import FolderReader, KeyKind, Leaf, Policy, SigningKey, read_checkpoint, verify_all
from servers import Server, free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def config(street_clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    cameras = "".join(f'[cameras.{name}.source]\nurl = "{street_clip}"\nloop = true\n' for name in ("street", "yard"))
    path.write_text(f'data = "data"\n[log]\norigin = "cameras.example.org/log"\n{cameras}')
    write_charter(tmp_path / "charters", "street")
    return path


@pytest.fixture
def server(config: Path) -> Iterator[Server]:
    running = Server(config, free_port())
    yield running
    running.stop()


def leaves(folder: Path) -> list[Leaf]:
    """Check the published log as an outsider would, and return its leaves."""
    key = SigningKey.parse((folder.parent / "journal" / "log.key").read_text().strip()).verifier
    reader = FolderReader(folder)
    checkpoint = Policy(logs=(key,)).accept(read_checkpoint(reader)).checkpoint
    found: list[Leaf] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: found.append(Leaf.parse(entry)))
    return found


def test_no_charter_no_camera_and_all_of_it_in_the_log(server: Server, config: Path) -> None:
    server.wait_until_live()
    yard = server.get("/api/v1/cameras/yard")
    assert yard["status"]["state"] == "dark"
    assert "custodes charter new --camera yard" in yard["status"]["reason"]
    log = config.parent / "data" / "log"
    assert [(leaf.type, leaf.camera) for leaf in leaves(log)][:6] == [
        ("server.start", ""),
        ("configuration.changed", ""),
        ("charter.adopted", "street"),
        ("camera.dark", "yard"),
        ("camera.start", "street"),
        ("heartbeat", ""),
    ]
    server.stop()
    said = leaves(log)
    assert [(leaf.type, leaf.camera) for leaf in said][-2:] == [("camera.stop", "street"), ("server.stop", "")]
    (adopted,) = [leaf for leaf in said if leaf.type == "charter.adopted"]
    assert (config.parent / "data" / "charters" / f"{adopted.charter_hash}.json").exists()
    assert {leaf.charter_hash for leaf in said if leaf.camera == "street"} == {adopted.charter_hash}


def test_neither_server_nor_worker_leaves_a_core_dump(server: Server) -> None:
    server.wait_until_live()
    worker = server.worker()
    assert worker is not None
    for process in (psutil.Process(server.process.pid), worker):
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)


def wait_for(server: Server, state: str, charter: str, why: str = "") -> dict[str, Any]:
    """Return the street camera once it is in `state` for a reason, and its charter another one than `charter`."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        camera: dict[str, Any] = server.get("/api/v1/cameras/street")
        version = camera["charter"]["version"] if camera["charter"] else ""
        status = camera["status"]
        if status["state"] == state and why in status["reason"] and version != charter:
            return camera
        time.sleep(0.3)
    pytest.fail(f"the camera was not {state} in time")


def test_a_charter_that_changes_while_the_server_runs_takes_no_restart(server: Server, config: Path) -> None:
    server.wait_until_live()
    first = server.get("/api/v1/cameras/street")["charter"]["version"]
    show = {"live": False, "playback": True, "search": True}
    write_charter(config.parent / "charters", "street", show=show)
    second = wait_for(server, "live", first)["charter"]
    assert second["live"] is False
    (config.parent / "charters" / "street.toml").write_text('format = 1\ncameras = ["street"]\n')
    assert wait_for(server, "dark", second["version"], "street.toml")["charter"] is None
    with pytest.raises(urllib.error.HTTPError, match="403"):
        server.get("/api/v1/events?camera=street")
    write_charter(config.parent / "charters", "street")
    wait_for(server, "live", second["version"])
    server.stop()
    said = [leaf for leaf in leaves(config.parent / "data" / "log") if leaf.camera == "street"]
    kinds = [leaf.type for leaf in said if leaf.type.startswith(("charter", "camera.st", "camera.d"))]
    change = ["camera.stop", "charter.adopted", "camera.start"]
    start, end = ["charter.adopted", "camera.start"], ["camera.stop", "charter.ended", "camera.dark"]
    assert kinds == [*start, *change, *end, *start, "camera.stop"]


def test_who_looks_is_in_the_log_before_anything_is_shown(server: Server, config: Path) -> None:
    server.wait_until_live()
    log = config.parent / "data" / "log"
    server.get("/api/v1/events?camera=street")
    server.get("/api/v1/events?camera=street")
    looked = [leaf for leaf in leaves(log) if leaf.type.startswith("consultation")]
    assert [(leaf.type, leaf.camera, leaf.t % 3600) for leaf in looked] == [("consultation.search", "street", 0)]


def test_what_commands_do_beside_the_server_is_in_the_log(server: Server, config: Path) -> None:
    server.wait_until_live()
    now = datetime.now(UTC)
    interval = [(now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M") for hours in (2, 1)]
    until = (now + timedelta(days=3)).strftime("%Y-%m-%d")
    reason = "A reported theft, case 7"
    hold = [
        "retention",
        "hold",
        "--config",
        str(config),
        "street",
        "--interval",
        *interval,
        "--until",
        until,
        "--reason",
        reason,
    ]
    for command in (hold, ["account", "add", "ann", "--config", str(config)]):
        subprocess.run([sys.executable, "-m", "custodes", *command], check=True, stdout=subprocess.DEVNULL)
    log = config.parent / "data" / "log"
    deadline = time.monotonic() + 20
    wanted = {("hold.set", "street"), ("account.changed", "")}
    while not wanted <= {(leaf.type, leaf.camera) for leaf in leaves(log)}:
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_killed_at_any_moment_the_log_stays_whole(config: Path) -> None:
    log = config.parent / "data" / "log"
    size, port = 0, free_port()
    for _ in range(3):
        server = Server(config, port)
        server.wait_until_live()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        said = leaves(log)
        assert len(said) > size
        size = len(said)
    kinds = Counter(leaf.type for leaf in leaves(log))
    assert kinds["server.start"] == kinds["camera.start"] == 3
    assert kinds["charter.adopted"] == kinds["configuration.changed"] == 1


def test_a_server_whose_log_was_changed_does_not_start(server: Server, config: Path) -> None:
    server.wait_until_live()
    server.stop()
    log = config.parent / "data" / "log"
    for tile in log.glob("tile/0/*.p/*"):
        tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    again = subprocess.run(
        [sys.executable, "-m", "custodes", "run", str(config), "--port", str(free_port())],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert again.returncode == 2
    assert "do not hash to what was signed last" in " ".join(again.stderr.split())


@pytest.fixture
def witnesses(config: Path, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Three witness programs of others, two of which have to cosign; written into the configuration."""
    command = [sys.executable, "-m", "custodes"]
    policy = subprocess.run(
        [*command, "log", "policy", "--config", str(config)], check=True, capture_output=True, text=True
    )
    log = policy.stdout.split()[1]
    lines, running = ["quorum = 2"], []
    for number in range(3):
        key, port = SigningKey.generate(f"w{number}.example", KeyKind.WITNESS), free_port()
        path = tmp_path / f"w{number}.key"
        path.touch(0o600)
        path.write_text(key.private_text())
        options = ["--key", str(path), "--log", log, "--state", str(tmp_path / f"w{number}"), "--port", str(port)]
        running.append(subprocess.Popen([*command, "witness", "run", *options]))
        lines.append(f'[[log.witnesses]]\nkey = "{key.verifier}"\nurl = "http://127.0.0.1:{port}"')
    origin = 'origin = "cameras.example.org/log"\n'
    config.write_text(config.read_text().replace(origin, origin + "\n".join(lines) + "\n"))
    yield running
    for witness in running:
        witness.kill()
        witness.wait()


def test_witnesses_cosign_and_one_of_them_may_be_down(
    witnesses: list[subprocess.Popen[bytes]], config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    witnesses[0].kill()
    server = Server(config, free_port())
    server.wait_until_live()
    data = config.parent / "data"
    policy = Policy.parse((data / "policy.txt").read_bytes())

    def cosigned() -> list[Leaf]:
        reader = FolderReader(data / "log")
        accepted = policy.accept(read_checkpoint(reader))
        assert len(accepted.witnesses) == 2
        entries: list[bytes] = []
        verify_all(reader, accepted.checkpoint, check=lambda _index, entry: entries.append(entry))
        return [Leaf.parse(entry) for entry in entries]

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if any(leaf.type == "camera.start" for leaf in cosigned()):
                break
        except IntegrityError:
            pass
        time.sleep(0.5)
    else:
        pytest.fail("the start of the camera was not cosigned in time")
    server.stop()
    audit = [sys.executable, "-m", "custodes", "audit", "verify-all", str(data / "log")]
    outside = subprocess.run([*audit, "--policy", str(data / "policy.txt")], check=True, capture_output=True, text=True)
    assert "Cosigned by: w2" in outside.stdout
    assert "Cosigned by: w3" in outside.stdout


def test_what_a_leaf_commits_to_can_be_disclosed_and_checked(server: Server, config: Path, tmp_path: Path) -> None:
    server.wait_until_live()
    server.stop()
    command = [sys.executable, "-m", "custodes"]
    subprocess.run(
        [*command, "log", "disclose", "--config", str(config), "2", "--out", str(tmp_path / "told")], check=True
    )
    assert json.loads((tmp_path / "told" / "body.json").read_bytes()) == {
        "previous": "",
        "controller": "Example Campus",
    }
    listed = subprocess.run(
        [*command, "log", "list", "--config", str(config), "--type", "charter"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Example Campus" in " ".join(listed.stdout.split())
