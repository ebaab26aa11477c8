"""At the desk of a real server: who enrols is known to every process until the withdrawal, and leaves no photo."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_support import capability, write_charter
from custodes.app.assessment import configuration_of
from custodes.app.server_identity import opened_identity
from custodes.app.settings import load_settings
from custodes.charter import Charters, load_charter, read_charters
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.evaluate.faces import FaceReader
from custodes.identity import NotRecognised, Outcome, Pass, Recognised, Template, Verifier
from custodes.perceive.embed import MATCH_COSINE, load_embedder
from servers import Server, free_port
from sim.codes import read_png

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

STREET = CameraId("street")


@pytest.fixture
def config(street_clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "custodes.toml"
    camera = f'[cameras.street.source]\nurl = "{street_clip}"\nloop = true\n'
    path.write_text(f'data = "data"\n[identity]\nkeys = "keys"\n{camera}', encoding="utf-8")
    measured = capability(load_embedder().model)
    recognition = {"modes": ["verify"], "alternative": "A badge opens the gate too.", "capability": measured}
    dpia = {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32}
    charter = load_charter(write_charter(tmp_path / "charters", "street", recognition=recognition, dpia=dpia))
    settings = load_settings(path)
    assessed = {**dpia, "configuration": configuration_of(charter, settings.cameras[STREET], settings.detector)}
    write_charter(tmp_path / "charters", "street", recognition=recognition, dpia=assessed)
    return path


@pytest.fixture
def server(config: Path) -> Iterator[Server]:
    running = Server(config, free_port())
    yield running
    running.stop()


def ask(server: Server, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.base}/api/v1{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def test_who_enrolled_at_the_server_is_verified_elsewhere_until_the_withdrawal(
    server: Server, config: Path, fixtures: Path, tmp_path: Path
) -> None:
    server.wait_until_live()
    faces = fixtures / "faces_orl"
    photos = [(faces / f"s1/{number}.pgm").read_bytes() for number in (1, 3, 5)]
    wish = {"cameras": ["street"], "modes": ["verify"]}
    draft = ask(server, "POST", "/enrolments/drafts", wish)
    enrolled = ask(
        server,
        "POST",
        "/enrolments",
        {
            "name": "Marker Anić",
            "contact": "marker@example.org",
            "consent": draft["consent"],
            "photos": [base64.b64encode(photo).decode() for photo in photos],
        },
    )
    shown = Pass.parse(read_png(base64.b64decode(enrolled["pass_png"])))
    clock, reader = SystemClock(), FaceReader()
    found = read_charters(tmp_path / "charters")
    charters = Charters({camera: charter for camera, (charter, _) in found.charters.items()})
    with opened_identity(load_settings(config), charters, clock, print) as held:
        verifier = Verifier(held.safe, charters, clock=clock, model=load_embedder().model, threshold=MATCH_COSINE)

        def compared(person: int) -> Outcome:
            return verifier.verify(shown, Template(reader.read(faces / f"s{person}/7.pgm")), STREET)

        recognised = compared(1)
        assert isinstance(recognised, Recognised)
        assert recognised.subject == enrolled["number"]
        assert compared(2) == NotRecognised()
        ask(server, "DELETE", f"/enrolments/{enrolled['number']}")
        assert not isinstance(compared(1), Recognised)
        assert ask(server, "GET", "/enrolments")["items"] == []
        with pytest.raises(urllib.error.HTTPError, match="422"):
            ask(server, "POST", "/withdrawals", {"proof": enrolled["receipt"]})
    server.stop()
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Marker Ani" not in content, path
        assert not any(photo[2000:2032] in content for photo in photos), path
