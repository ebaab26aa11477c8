"""Somebody opens the gate on purpose: the checks that CI runs refuse each way of doing it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "custodes"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROUTE = '''
from custodes.capture.raw import RawFrame


def newest() -> RawFrame:
    """Return the newest picture as the camera sent it."""
    raise NotImplementedError
'''
INDIRECT = '''
from custodes.pipeline.mailbox import Mailbox


def newest(box: Mailbox) -> object:
    """Return the newest picture, whatever it is."""
    return box.take(0.0)
'''
STORED_FRAME = '''
from custodes.capture.raw import RawFrame
from custodes.store import FileBlobs


def keep(blobs: FileBlobs, frame: RawFrame) -> None:
    """Keep a picture as the camera sent it."""
    blobs.put_still("gate/01ARZ3NDEKTSV4RRFFQ69G5FAV.jpg", frame)
'''
STORED_PACKET = '''
from custodes.capture.raw import EncodedPacket
from custodes.record import SegmentRecorder


def keep(recorder: SegmentRecorder, packet: EncodedPacket) -> None:
    """Record a packet as the camera sent it."""
    recorder.write(packet)
'''
SENT_FRAME = '''
from custodes.capture.raw import RawFrame
from custodes.pipeline.worker import Outbox


def send(outbox: Outbox, frame: RawFrame) -> None:
    """Send a picture to the server as the camera sent it."""
    outbox.put(frame)
'''

UNSEALED = '''
from custodes.capture.raw import EncodedPacket
from custodes.vault import OpenPart


def keep(part: OpenPart, packet: EncodedPacket) -> None:
    """Write a packet beside the sealed ones, as the camera sent it."""
    part.append(packet)
'''
MADE_OF_A_FRAME = '''
from custodes.capture.raw import RawFrame
from custodes.recognition import TemplateMaker


def whoever(maker: TemplateMaker, frame: RawFrame) -> object:
    """Make numbers of a picture as the camera sent it."""
    return maker.vector_of(frame)
'''
MADE_OF_PIXELS = MADE_OF_A_FRAME.replace("maker.vector_of(frame)", "maker.vector_of(frame.bgr())")
LET_THROUGH = '''
from custodes.capture.raw import RawFrame
from custodes.recognition import Gate, Sight


def whoever(gate: Gate, frame: RawFrame, sight: Sight) -> object:
    """Let somebody through the gate who does not present themselves."""
    return gate.present(frame, sight, "they looked at the camera")
'''
UNSEALED_BYTES = UNSEALED.replace("part.append(packet)", "part.append(bytes(packet.packet))")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources, to be changed."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "custodes", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> str:
    """Return what the import linter says of the sources below `folder`."""
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return " ".join(done.stdout.split())


def test_the_copy_is_clean_before_it_is_changed(copy: Path) -> None:
    assert "0 broken" in contracts(copy)


@pytest.mark.parametrize("module", [ROUTE, INDIRECT], ids=["a frame", "by way of the pipeline"])
def test_a_route_that_reaches_raw_pictures_breaks_a_contract(copy: Path, module: str) -> None:
    (copy / "src/custodes/api/routes/leak.py").write_text(module)
    said = contracts(copy)
    assert "0 broken" not in said
    assert "custodes.api.routes.leak" in said


def test_a_store_that_imports_raw_pictures_breaks_a_contract(copy: Path) -> None:
    (copy / "src/custodes/store/leak.py").write_text(ROUTE)
    assert "custodes.store.leak" in contracts(copy)


@pytest.mark.parametrize(
    ("place", "module"),
    [
        ("api/routes", "custodes.record.sealed"),
        ("api/routes", "custodes.record.release"),
        ("pipeline", "custodes.vault.private"),
        ("pipeline", "custodes.vault.custody"),
        ("vault", "custodes.capture.raw"),
    ],
)
def test_a_way_round_the_vault_breaks_a_contract(copy: Path, place: str, module: str) -> None:
    (copy / "src/custodes" / place / "leak.py").write_text(f"import {module}\n")
    said = contracts(copy)
    assert "0 broken" not in said
    assert f"custodes.{place.replace('/', '.')}.leak" in said


@pytest.mark.parametrize(
    ("place", "module"),
    [
        ("app", "custodes.perceive.embed"),
        ("app/commands", "custodes.perceive.embed.sface"),
        ("api/routes", "custodes.app.face_photos"),
        ("pipeline", "custodes.app.face_photos"),
        ("pipeline", "custodes.perceive.embed"),
        ("redact", "custodes.perceive.embed"),
        ("identity", "custodes.perceive.embed"),
        ("record", "custodes.perceive.embed.sface"),
        ("rules", "custodes.perceive.embed"),
        ("api/routes", "custodes.recognition"),
        ("register", "custodes.recognition"),
        ("app/commands", "custodes.recognition"),
        ("evaluate", "custodes.recognition"),
        ("identity", "custodes.recognition"),
    ],
)
def test_comparing_faces_outside_point_and_desk_breaks_a_contract(copy: Path, place: str, module: str) -> None:
    (copy / "src/custodes" / place / "leak.py").write_text(f"import {module}\n")
    said = contracts(copy)
    assert "0 broken" not in said
    assert f"custodes.{place.replace('/', '.')}.leak" in said


@pytest.mark.parametrize(
    ("module", "refused"),
    [
        (STORED_FRAME, 'incompatible type "RawFrame"; expected "RedactedStill"'),
        (STORED_PACKET, 'incompatible type "EncodedPacket"; expected "RedactedFragment"'),
        (SENT_FRAME, 'incompatible type "RawFrame"'),
        (UNSEALED, 'incompatible type "EncodedPacket"; expected "SealedSegment"'),
        (UNSEALED_BYTES, 'incompatible type "bytes"; expected "SealedSegment"'),
        (MADE_OF_A_FRAME, 'incompatible type "RawFrame"; expected "PresentedFace"'),
        (MADE_OF_PIXELS, 'expected "PresentedFace"'),
        (LET_THROUGH, 'incompatible type "str"; expected "Presenting"'),
    ],
    ids=[
        "storing a frame",
        "recording a packet",
        "sending a frame to the server",
        "a packet among sealed ones",
        "its bytes among sealed ones",
        "numbers of a frame",
        "numbers of its pixels",
        "a face through the gate whose owner does not present themselves",
    ],
)
def test_giving_raw_pictures_to_what_keeps_sends_or_compares_them_fails_the_type_check(
    tmp_path: Path, module: str, refused: str
) -> None:
    (tmp_path / "leak.py").write_text(module)
    environment = {**os.environ, "MYPYPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(tmp_path / "leak.py")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert refused in done.stdout
