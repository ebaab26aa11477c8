"""The gate, attacked: code that would let originals out is refused by types or by import contracts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.slow

LEAKS = {
    "a packet stored unsealed": """
from custodes.capture.raw import EncodedPacket
from custodes.vault import OpenPart


def leak(part: OpenPart, coded: EncodedPacket) -> None:
    part.append(coded)
""",
    "bytes stored unsealed": """
from custodes.capture.raw import EncodedPacket
from custodes.vault import OpenPart


def leak(part: OpenPart, coded: EncodedPacket) -> None:
    part.append(bytes(coded.packet))
""",
    "a raw picture published": """
from custodes.api import LiveHub
from custodes.capture.raw import RawFrame


def leak(hub: LiveHub, frame: RawFrame) -> None:
    hub.publish(frame)
""",
    "a raw picture as a thumbnail": """
from custodes.capture.raw import RawFrame
from custodes.store import FileBlobs


def leak(blobs: FileBlobs, frame: RawFrame) -> None:
    blobs.put_still("gate/1.jpg", frame)
""",
}


def test_types_refuse_what_is_not_redacted_or_sealed(tmp_path: Path) -> None:
    for number, text in enumerate(LEAKS.values()):
        (tmp_path / f"leak{number}.py").write_text(text, encoding="utf-8")
    options = ["--strict", "--ignore-missing-imports", "--cache-dir", str(tmp_path / "cache")]
    files = [str(path) for path in sorted(tmp_path.glob("leak*.py"))]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", os.devnull, *options, *files],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    refused = set(
        re.findall(r"leak(\d)\.py:\d+: error: Argument \d to \"\w+\" of \"\w+\" has incompatible", done.stdout)
    )
    assert refused == {str(number) for number in range(len(LEAKS))}, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("api/routes/leak.py", "from custodes.capture.raw import RawFrame"),
        ("api/routes/leak.py", "from custodes.record import sealed"),
        ("api/routes/leak.py", "from custodes.record.release import write_clip"),
        ("pipeline/leak.py", "from custodes.vault.private import PrivateKey"),
        ("vault/leak.py", "from custodes.capture.raw import EncodedPacket"),
        ("store/leak.py", "from custodes.record import release"),
    ],
)
def test_import_contracts_refuse_a_way_round(tmp_path: Path, module: str, line: str) -> None:
    shutil.copytree(
        ROOT / "src/custodes", tmp_path / "custodes", ignore=shutil.ignore_patterns("static", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert _broken(command, tmp_path, environment) == 0
    (tmp_path / "custodes" / module).write_text(f'"""Leaks."""\n\n{line}\n', encoding="utf-8")
    assert _broken(command, tmp_path, environment) > 0


def _broken(command: list[str], folder: Path, environment: dict[str, str]) -> int:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    match = re.search(r"Contracts: \d+ kept, (\d+) broken", done.stdout)
    assert match, done.stdout + done.stderr
    return int(match[1])
