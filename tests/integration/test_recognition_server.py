"""A whole server with a recognition point: from the configuration to the API, and to the log that outsiders check."""

import json
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from api_support import capability, write_charter
from custodes.app.assessment import configuration_of
from custodes.app.server_identity import opened_identity
from custodes.app.settings import load_settings
from custodes.charter import Charters, RecognitionMode, load_charter
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.identity import DataSubject, Pass, draft
from custodes.journal import Entry
from custodes.ledger import FolderReader, Leaf, Policy, SigningKey, read_checkpoint, verify_all
from custodes.perceive.embed import load_embedder, load_locator
from custodes.pipeline.shard import Folders
from custodes.store import Store
from servers import Server, free_port
from sim.houses import BUSTS
from sim.visitors import AT, ZONE, film, portrait, template, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

DOOR = CameraId("door")
NAME = "Ana Marker-Anić"


def configure(folder: Path, clip: Path, model: str) -> Path:
    """Write the configuration of a server with a door, and a charter that was assessed for it."""
    config = folder / "custodes.toml"
    config.write_text(
        f"""
data = "data"
[identity]
keys = "keys"
[cameras.door.source]
url = "{clip}"
loop = true
[cameras.door.analysis.tracker]
start_score = {BUSTS.start_score}
high_score = {BUSTS.high_score}
[cameras.door.recognition]
zone = {[list(point) for point in ZONE]}
""",
        encoding="utf-8",
    )
    tables = {
        "recognition": {
            "modes": ["verify"],
            "alternative": "A badge from the reception opens the door too.",
            "capability": capability(model),
        }
    }
    dpia = {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32}
    path = write_charter(folder / "charters", DOOR, dpia=dpia, **tables)
    settings = load_settings(config)
    assessed = configuration_of(load_charter(path), settings.cameras[DOOR], settings.detector)
    write_charter(folder / "charters", DOOR, dpia={**dpia, "configuration": assessed}, **tables)
    return config


def enrol(config: Path, photos: list, embedder) -> tuple[str, Pass]:
    """Enrol somebody beside the server; return the number and the pass."""
    settings, clock = load_settings(config), SystemClock()
    charters = Charters({DOOR: load_charter(config.parent / "charters/door.toml")})
    Folders(data=settings.data).make()
    with closing(Store.open(settings.folders.database, settings.folders.texts())) as store:

        def owe(entry: Entry) -> None:
            store.owed.add(entry.kind, entry.body, clock.utc_ns(), camera=entry.camera)

        with opened_identity(settings, charters, clock, owe) as held:
            now_ns, modes = clock.utc_ns(), [RecognitionMode.VERIFY]
            ends_ns = now_ns + 3600 * NS_PER_S
            consent = draft(charters, [DOOR], modes, given_ns=now_ns, expires_ns=ends_ns, minor=False)
            made = template(embedder, load_locator(), photos)
            person = DataSubject(name=NAME, contact="ana@example.org")
            enrolled = held.enrolments.enrol(person, consent, made, embedder.model)
    return enrolled.receipt.body.subject, enrolled.shown


def logged(data: Path) -> list[str]:
    """Check the published log as an outsider would, and return the types of its leaves."""
    key = SigningKey.parse((data / "journal/log.key").read_text().strip()).verifier
    reader = FolderReader(data / "log")
    checkpoint = Policy(logs=(key,)).accept(read_checkpoint(reader)).checkpoint
    found: list[str] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: found.append(Leaf.parse(entry).type))
    return found


def test_who_shows_a_pass_to_a_server_s_camera_is_in_its_events_and_its_log(tmp_path: Path, fixtures: Path) -> None:
    embedder = load_embedder()
    clip = tmp_path / "door.mkv"
    config = configure(tmp_path, clip, embedder.model)
    subject, shown = enrol(config, [portrait(fixtures, 1, number) for number in (1, 2, 3, 4)], embedder)
    film(clip, [wall((portrait(fixtures, 1, 5 + one % 5), AT), shown=shown, seed=one) for one in range(30)])
    server = Server(config, free_port())
    try:
        found, deadline = [], time.monotonic() + 120
        while not found and time.monotonic() < deadline:
            time.sleep(1)
            found = events(server)
        assert [(event["kind"], event["subject"], event["thumbnail"]) for event in found[-1:]] == [
            ("recognition.verified", subject, None)
        ]
        while "recognition.use" not in logged(tmp_path / "data"):
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        server.stop()
    databases = [(tmp_path / "data/custodes.db").read_bytes(), (tmp_path / "data/journal/bodies.db").read_bytes()]
    assert not any(b"Marker" in data for data in databases)


def events(server: Server) -> list[dict]:
    try:
        with urllib.request.urlopen(f"{server.base}/api/v1/events?kind=recognition.verified", timeout=5) as answer:
            return json.load(answer)["items"]
    except OSError:
        return []
