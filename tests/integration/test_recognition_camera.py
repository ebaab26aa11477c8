"""A camera with a recognition point, from a film to events, recordings and the log."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api_support import capability, charter_document
from custodes.capture import SourceSettings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.identity import DataSubject, Enrolled, Enrolments, Identities, TemplateSafe, draft
from custodes.journal import Entry
from custodes.ledger import KeyKind, SigningKey
from custodes.perceive.embed import Embedder, load_embedder, load_locator
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import TrackerSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.messages import Message  # noqa: TC001  as elsewhere, imports say what is used
from custodes.pipeline.settings import AnalysisSettings, CameraSettings
from custodes.recognition import Recogniser, RecognitionSettings
from custodes.record import RecordingSettings
from custodes.store import EventQuery, FileBlobs, Store
from sim.visitors import AT, ZONE, Picture, film, portrait, template, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

DOOR = CameraId("door")
LONGEST_S = 60
BUSTS = TrackerSettings(start_score=0.4, high_score=0.35)
"""Photographs cropped at the neck are less sure to be persons than people are."""
KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)
VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(forgets=True)


@dataclass
class House:
    """A deployment in a folder, with one camera that looks at films."""

    folder: Path
    embedder: Embedder
    charter: Charter
    store: Store
    safe: TemplateSafe
    enrolments: Enrolments
    logged: list[Entry] = field(default_factory=list)

    def enrol(self, photos: list[Picture], *modes: RecognitionMode) -> Enrolled:
        now_ns = SystemClock().utc_ns()
        charters = Charters({DOOR: self.charter})
        consent = draft(charters, [DOOR], modes, given_ns=now_ns, expires_ns=now_ns + 3600 * NS_PER_S, minor=False)
        person = DataSubject(name="Ana Marker", contact="ana@example.org")
        made = template(self.embedder, load_locator(), photos)
        return self.enrolments.enrol(person, consent, made, self.embedder.model)

    def watch(self, pictures: list[Picture], *, until: EventKind) -> list[Event]:
        """Show `pictures` again and again to the camera, until there is an event of recognition; return all."""
        said: list[Message] = []
        recogniser = Recogniser(self.safe, self.embedder, load_locator(), clock=SystemClock())
        source = SourceSettings(url=str(film(self.folder / "door.mkv", pictures)), loop=True)
        worker = CameraWorker(
            DOOR,
            CameraSettings(
                source=source,
                analysis=AnalysisSettings(tracker=BUSTS),
                recognition=RecognitionSettings(zone=ZONE),
                recording=RecordingSettings(segment_s=2, min_free_gb=0),
            ),
            self.charter,
            models=Models.load(DetectorSettings()),
            store=self.store,
            root=self.folder / "recordings",
            blobs=FileBlobs(self.folder / "stills"),
            publish=said.append,
            clock=SystemClock(),
            recogniser=recogniser,
        )
        worker.start()
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline and not self.store.events.find(EventQuery(kind=until)).items:
            time.sleep(0.1)
        worker.stop()
        worker.join(10)
        return [item.event for item in self.store.events.find(EventQuery(rule="recognition")).items]


@pytest.fixture
def house(tmp_path: Path, embedder: Embedder) -> Iterator[House]:
    charter = Charter.model_validate(
        {
            **charter_document(DOOR),
            "recognition": {
                "modes": ["verify", "identify"],
                "alternative": "A badge from the reception opens the door too.",
                "capability": capability(embedder.model),
            },
            "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
        }
    )
    for name in ("recordings", "stills", "data"):
        (tmp_path / name).mkdir()
    store = Store.open(tmp_path / "custodes.db")
    safe = TemplateSafe.open(tmp_path / "data/templates", tmp_path / "keys")
    logged: list[Entry] = []
    enrolments = Enrolments(
        Identities.open(tmp_path / "data/identities.db"),
        safe,
        Charters({DOOR: charter}),
        clock=SystemClock(),
        log=logged.append,
        key=KEY,
    )
    yield House(tmp_path, embedder, charter, store, safe, enrolments, logged)
    safe.close()
    store.close()


def test_who_shows_a_pass_is_verified_recorded_redacted_and_owed_to_the_log(house: House, fixtures: Path) -> None:
    enrolled = house.enrol([portrait(fixtures, 1, number) for number in (1, 2, 3, 4)], VERIFY)
    pictures = [wall((portrait(fixtures, 1, 5 + one % 5), AT), shown=enrolled.shown, seed=one) for one in range(30)]
    [event, *_] = house.watch(pictures, until=EventKind.VERIFIED)
    assert (event.kind, event.subject) == (EventKind.VERIFIED, enrolled.receipt.body.subject)
    assert (event.box_norm, event.track_id, event.score, event.reason) == (None, None, 0.0, None)
    [owed, *_] = house.store.owed.waiting()
    assert (owed.kind, owed.camera) == ("recognition.use", DOOR)
    assert owed.fields["mode"] == "verify"
    assert owed.fields["subject"] == event.subject
    assert owed.fields["gallery"] == str(house.safe.generation)
    assert [item.thumbnail for item in house.store.events.find(EventQuery(rule="recognition")).items] == [None]
    assert house.store.segments.all(DOOR)
