"""A whole deployment in a folder: stores, keys, a log in memory."""

from pathlib import Path
from typing import Any

from people import CHARTERS, DAY_NS, DOOR, MODEL, NOW_NS, face

from api_support import TEXTS, ManualClock
from custodes.charter import Charters, RecognitionMode
from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.identity import (
    Consent,
    DataSubject,
    Enrolled,
    Enrolments,
    Gallery,
    Identities,
    Template,
    TemplateSafe,
    Verifier,
    draft,
)
from custodes.journal import Entry
from custodes.ledger import KeyKind, SigningKey

KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)
ANA = DataSubject(name="Ana Marker-Anić", contact="ana.marker@example.org")
VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY
BOTH = (IDENTIFY, VERIFY)


class Desk:
    """Enrols, searches and ends enrolments in `folder`, by a clock of its own."""

    def __init__(self, folder: Path, charters: Charters = CHARTERS) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW_NS)
        self.charters = charters
        self.entries: list[Entry] = []
        self.broken = False
        self.identities = Identities.open(self._made("data") / "identities.db", TEXTS)
        self.safe = TemplateSafe.open(folder / "data", folder / "keys")
        self.enrolments = Enrolments(self.identities, self.safe, charters, clock=self.clock, log=self.log, key=KEY)
        self.gallery = self.another_gallery()
        self.verifier = Verifier(self.safe, charters, clock=self.clock, model=MODEL, threshold=0.45)

    def _made(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def log(self, entry: Entry) -> None:
        if self.broken:
            raise StoreError("The log cannot be written")
        self.entries.append(entry)

    def another_gallery(self, **changes: Any) -> Gallery:
        return Gallery(self.safe, self.charters, **{"clock": self.clock, "model": MODEL, "threshold": 0.45, **changes})

    def consent(self, *cameras: CameraId, modes: tuple[RecognitionMode, ...] = BOTH, days: int = 90) -> Consent:
        now_ns = self.clock.utc_ns()
        return draft(
            self.charters, cameras or [DOOR], modes, given_ns=now_ns, expires_ns=now_ns + days * DAY_NS, minor=False
        )

    def enrol(self, template: Template, person: DataSubject = ANA, **wanted: Any) -> Enrolled:
        cameras = wanted.pop("cameras", ())
        return self.enrolments.enrol(person, self.consent(*cameras, **wanted), template, MODEL)

    def enrol_many(self, count: int, first: int = 100) -> list[str]:
        """Enrol the faces of the seeds from `first` on, and return their ids."""
        people = [DataSubject(name=f"Person {one}", contact="x@example.org") for one in range(count)]
        return [self.enrol(face(first + at), one).receipt.body.subject for at, one in enumerate(people)]

    def kinds(self) -> list[str]:
        return [entry.kind.value for entry in self.entries]
