"""Beside a real server: an enrolment that expires ends by itself, and one that is withdrawn ends by one command."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from api_support import capability, charter_document, write_charter
from custodes.app.server_identity import opened_identity
from custodes.app.settings import load_settings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject, Gallery, Recognised, Template, draft
from custodes.journal import Entry
from custodes.ledger import FolderReader, Leaf, Policy, SigningKey, read_checkpoint, verify_all
from custodes.store import Store
from servers import Server, free_port

pytestmark = pytest.mark.slow

GATE = CameraId("gate")
MODEL = "5f" * 32
CHARTERS = Charters(
    {
        GATE: Charter.model_validate(
            {
                **charter_document(GATE),
                "recognition": {
                    "modes": ["identify"],
                    "alternative": "A badge from the reception opens it too.",
                    "capability": capability(MODEL),
                },
                "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
            }
        )
    }
)


@pytest.fixture
def config(street_clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    camera = f'[cameras.street.source]\nurl = "{street_clip}"\nloop = true\n'
    path.write_text(f'data = "data"\n[identity]\nkeys = "keys"\n{camera}', encoding="utf-8")
    write_charter(tmp_path / "charters", "street")
    return path


@pytest.fixture
def server(config: Path) -> Iterator[Server]:
    running = Server(config, free_port())
    yield running
    running.stop()


def types(data: Path) -> list[str]:
    """Check the published log as an outsider would, and return the types of its leaves about people."""
    key = SigningKey.parse((data / "journal/log.key").read_text().strip()).verifier
    reader = FolderReader(data / "log")
    checkpoint = Policy(logs=(key,)).accept(read_checkpoint(reader)).checkpoint
    found: list[Leaf] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: found.append(Leaf.parse(entry)))
    return [leaf.type for leaf in found if leaf.type.startswith(("enrolment", "erasure"))]


def template(seed: int) -> Template:
    vector = np.random.default_rng(seed).normal(size=128)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32))


def wait_for(data: Path, *wanted: str) -> None:
    deadline = time.monotonic() + 150
    while not set(wanted) <= set(types(data)):
        assert time.monotonic() < deadline, types(data)
        time.sleep(0.5)


def test_enrolments_end_beside_a_server(server: Server, config: Path, tmp_path: Path) -> None:
    server.wait_until_live()
    settings, clock, data = load_settings(config), SystemClock(), tmp_path / "data"
    with closing(Store.open(settings.folders.database, settings.folders.texts())) as store:

        def owe(entry: Entry) -> None:
            store.owed.add(entry.kind, entry.body, clock.utc_ns(), camera=entry.camera)

        with opened_identity(settings, CHARTERS, clock, owe) as held:
            gallery = Gallery(held.safe, CHARTERS, clock=clock, model=MODEL, threshold=0.45)

            def enrol(seed: int, seconds: int) -> str:
                now_ns = clock.utc_ns()
                modes = [RecognitionMode.IDENTIFY]
                expires_ns = now_ns + seconds * 10**9
                consent = draft(CHARTERS, [GATE], modes, given_ns=now_ns, expires_ns=expires_ns, minor=False)
                person = DataSubject(name=f"Marker {seed}", contact="marker@example.org")
                return held.enrolments.enrol(person, consent, template(seed), MODEL).receipt.body.subject

            long = enrol(1, 86_400)
            short = enrol(2, 2)
            wait_for(data, "enrolment.made", "erasure.expired")
            deadline = time.monotonic() + 60
            while held.identities.get(short) is not None:  # the log has it first
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert not isinstance(gallery.search(template(2), GATE), Recognised)
            assert isinstance(gallery.search(template(1), GATE), Recognised)
            command = [sys.executable, "-m", "custodes", "subject", "erase", long, "--config", str(config)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            assert not isinstance(gallery.search(template(1), GATE), Recognised)
    wait_for(data, "enrolment.withdrawn", "erasure.request")
    server.stop()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"Marker " not in path.read_bytes(), path
