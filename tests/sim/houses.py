"""A deployment in a folder, with one camera that has a recognition point and looks at films."""

import time
from collections.abc import Callable
from pathlib import Path

from api_support import TEXTS, capability, charter_document
from custodes.capture import SourceSettings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.events import CameraId, Event
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.identity import DataSubject, Enrolled, Enrolments, Identities, Template, TemplateSafe, draft
from custodes.journal import Entry
from custodes.ledger import KeyKind, SigningKey
from custodes.perceive.embed import Embedder, load_embedder, load_locator
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import TrackerSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.messages import Message
from custodes.pipeline.settings import AnalysisSettings, CameraSettings
from custodes.recognition import Challenged, Recogniser, RecognitionSettings
from custodes.record import RecordingSettings
from custodes.store import EventQuery, FileBlobs, Store
from sim.visitors import ZONE, Picture, film, template

DOOR = CameraId("door")
KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)
VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY
BUSTS = TrackerSettings(start_score=0.35, high_score=0.3)
"""Photographs cropped at the neck are less sure to be persons than people are."""
NAME = "Ana Marker-Anić"


class House:
    """Opens, or makes, the deployment in `folder`; several processes may, each for itself."""

    def __init__(self, folder: Path, embedder: Embedder | None = None) -> None:
        self.folder = folder
        self.embedder = embedder or load_embedder(forgets=True)
        self.charter = Charter.model_validate(
            {
                **charter_document(DOOR),
                "recognition": {
                    "modes": ["verify", "identify"],
                    "alternative": "A badge from the reception opens the door too.",
                    "capability": capability(self.embedder.model),
                },
                "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
            }
        )
        for name in ("recordings", "stills", "data"):
            (folder / name).mkdir(exist_ok=True)
        self.clock = SystemClock()
        self.store = Store.open(folder / "custodes.db", TEXTS)
        self.safe = TemplateSafe.open(folder / "data/templates", folder / "keys")
        self.identities = Identities.open(folder / "data/identities.db", TEXTS)
        self.recogniser = Recogniser(self.safe, self.embedder, load_locator(), clock=self.clock)
        self.enrolments = Enrolments(
            self.identities, self.safe, Charters({DOOR: self.charter}), clock=self.clock, log=self._owe, key=KEY
        )

    def _owe(self, entry: Entry) -> None:
        self.store.owed.add(entry.kind, entry.body, self.clock.utc_ns(), camera=entry.camera)

    def template(self, photos: list[Picture]) -> Template:
        return template(self.embedder, load_locator(), photos)

    def enrol(self, photos: list[Picture], *modes: RecognitionMode) -> Enrolled:
        now_ns = self.clock.utc_ns()
        charters = Charters({DOOR: self.charter})
        consent = draft(charters, [DOOR], modes, given_ns=now_ns, expires_ns=now_ns + 3600 * NS_PER_S, minor=False)
        person = DataSubject(name=NAME, contact="ana@example.org")
        return self.enrolments.enrol(person, consent, self.template(photos), self.embedder.model)

    def camera(
        self, clip: Path, said: list[Message], zone=ZONE, challenge: Challenged = Challenged.NOBODY
    ) -> CameraWorker:
        """Return the camera at the door, which sees `clip` again and again."""
        return CameraWorker(
            DOOR,
            CameraSettings(
                source=SourceSettings(url=str(clip), loop=True),
                analysis=AnalysisSettings(tracker=BUSTS),
                recognition=RecognitionSettings(zone=zone, challenge=challenge),
                recording=RecordingSettings(segment_s=2, min_free_gb=0),
            ),
            self.charter,
            models=Models.load(DetectorSettings()),
            store=self.store,
            root=self.folder / "recordings",
            blobs=FileBlobs(self.folder / "stills"),
            publish=said.append,
            clock=self.clock,
            recogniser=self.recogniser,
        )

    def watch(self, pictures: list[Picture], until: Callable[[], bool], longest_s: float = 90) -> list[Event]:
        """Show `pictures` to the camera until something is so; return the events of recognition so far."""
        worker = self.camera(film(self.folder / "door.mkv", pictures), [])
        worker.start()
        deadline = time.monotonic() + longest_s
        while time.monotonic() < deadline and not until():
            time.sleep(0.1)
        worker.stop()
        worker.join(10)
        return self.answers()

    def answers(self) -> list[Event]:
        """Return the events of recognition, newest first."""
        return [item.event for item in self.store.events.find(EventQuery(rule="recognition")).items]

    def close(self) -> None:
        self.safe.close()
        self.store.close()
