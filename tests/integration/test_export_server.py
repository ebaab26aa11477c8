"""Exporting beside a running server: the server writes the log, and the recipient needs nothing of it."""

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from api_support import write_charter
from servers import Server, free_port

pytestmark = pytest.mark.slow
POLICE = {"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["event", "recording"]}


def custodes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "custodes", *arguments], check=False, capture_output=True, text=True, timeout=120
    )


def test_export_beside_a_running_server_and_after_it_stopped(street_clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "custodes.toml"
    config.write_text(
        f'data = "data"\n[cameras.street.source]\nurl = "{street_clip}"\nloop = true\n'
        "[cameras.street.recording]\nsegment_s = 4\nmin_free_gb = 0\n"
    )
    write_charter(tmp_path / "charters", "street", recipients=[POLICE])
    began = datetime.now(UTC)
    server = Server(config, free_port())
    try:
        server.wait_until_live()
        deadline = time.monotonic() + 60
        window = f"start={(began - timedelta(hours=1)).timestamp() * 1000:.0f}&end={2_000_000_000_000}"
        while not server.get(f"/api/v1/cameras/street/recordings?{window}")["segments"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        options = ["--from", began.isoformat(), "--to", datetime.now(UTC).isoformat(), "--reason", "Case 17/26"]
        beside = custodes(
            "export",
            "--config",
            str(config),
            "street",
            *options,
            "--recipient",
            "Police",
            "--out",
            str(tmp_path / "beside"),
        )
        assert beside.returncode == 0, beside.stderr
        refused = custodes(
            "export",
            "--config",
            str(config),
            "street",
            *options,
            "--recipient",
            "Nobody",
            "--out",
            str(tmp_path / "nobody"),
        )
        assert (refused.returncode, (tmp_path / "nobody").exists()) == (2, False)
        assert "names no recipient Nobody" in " ".join(refused.stderr.split())
    finally:
        server.stop()
    after = custodes(
        "export", "--config", str(config), "street", *options, "--recipient", "Police", "--out", str(tmp_path / "after")
    )
    assert after.returncode == 0, after.stderr
    policy = tmp_path / "data/policy.txt"
    for name in ("beside", "after"):
        elsewhere = tmp_path / "recipient" / name
        shutil.copytree(tmp_path / name, elsewhere)
        shutil.copy(policy, tmp_path / "recipient/policy.txt")
        checked = custodes("audit", "verify-export", str(elsewhere), "--policy", str(tmp_path / "recipient/policy.txt"))
        assert checked.returncode == 0, checked.stderr
        with av.open(str(elsewhere / "recording.mp4")) as video:
            assert sum(1 for _ in video.decode(video=0)) > 10
    (tmp_path / "recipient/after/recording.mp4").write_bytes(b"another")
    tampered = custodes("audit", "verify-export", str(tmp_path / "recipient/after"), "--policy", str(policy))
    assert tampered.returncode == 2
    assert "recording.mp4 was changed" in " ".join(tampered.stderr.split())
