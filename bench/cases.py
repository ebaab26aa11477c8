"""The cases that `make bench` runs, by name."""

import os
from collections.abc import Callable
from pathlib import Path

from bench import faces, identity, ledger, pipeline, recognition, redaction, rest, tracker, vault

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CUSTODES_SHARED", ROOT.parent / "shared")) / "fixtures/pets_vtest"
DEBIAN_CLIP = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")

CASES: dict[str, Callable[[Path], dict[str, float]]] = {
    "pipeline: custodes": pipeline.ours,
    "pipeline: straightforward": pipeline.straightforward,
    "still scene: custodes": pipeline.still,
    "still camera, 720p with sub-stream: custodes": rest.at_rest,
    "redaction: custodes": redaction.ours,
    "redaction: deface": redaction.deface,
    "tracker: custodes": tracker.ours,
    "tracker: trackers": tracker.peer,
    "faces: custodes": faces.ours,
    "faces: face_recognition": faces.peer,
    "vault: custodes": vault.ours,
    "identity: search of 10,000": identity.ours,
    "recognition: custodes": recognition.ours,
    "ledger: appending": ledger.append,
    "ledger: ten million leaves": ledger.ten_million,
}

ONCE = frozenset({"ledger: ten million leaves", "identity: search of 10,000"})
"""Cases that take minutes, and are run in the first round only."""


def campus_clip() -> Path:
    """Return vtest.avi: 768x576, 10 fps, 795 frames of a campus.

    Raises:
        SystemExit: It is not on this machine.
    """
    for path in (SHARED / "vtest.avi", DEBIAN_CLIP):
        if path.exists():
            return path
    raise SystemExit("vtest.avi is needed: install Debian's package opencv-doc")
