"""A server's folder in which people enrol, with the command line at hand."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from api_support import capability, charter_document
from custodes.app.logbook import log_key
from custodes.app.server_identity import opened_identity
from custodes.app.settings import load_settings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject, Enrolled, Template, draft
from custodes.journal import CharterArchive, Entry, Journal
from custodes.pipeline.shard import Folders
from custodes.store import Store

GATE = CameraId("gate")
ANA = DataSubject(name="Ana Anić", contact="ana@example.org")
MODEL = "5f" * 32
DAY_NS = 86_400 * 10**9
BOTH = (RecognitionMode.IDENTIFY, RecognitionMode.VERIFY)

Run = Callable[..., tuple[int, str]]


def template(seed: int) -> Template:
    vector = np.random.default_rng(seed).normal(size=128)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32))


def charters(model: str = MODEL) -> Charters:
    document = {
        **charter_document(GATE),
        "recognition": {
            "modes": list(BOTH),
            "alternative": "A badge from the reception opens the gate too.",
            "capability": capability(model),
        },
        "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    }
    return Charters({GATE: Charter.model_validate(document)})


class Office:
    """A server's folder in which people enrol, with the command line at hand."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.config = folder / "custodes.toml"
        self.config.write_text('data = "data"\n[identity]\nkeys = "keys"\n', encoding="utf-8")
        self.settings = load_settings(self.config)
        self.folders = Folders(data=self.settings.data)
        self.folders.make()
        self.run = run

    def subject(self, *words: str) -> tuple[int, str]:
        return self.run("subject", *words, "--config", str(self.config))

    def enrol(self, seed: int = 1, modes: tuple[RecognitionMode, ...] = BOTH, days: int = 30) -> Enrolled:
        now_ns = SystemClock().utc_ns()
        consent = draft(charters(), [GATE], modes, given_ns=now_ns, expires_ns=now_ns + days * DAY_NS, minor=False)
        entries: list[Entry] = []
        with opened_identity(self.settings, charters(), SystemClock(), entries.append) as held:
            enrolled = held.enrolments.enrol(ANA, consent, template(seed), MODEL)
        self.log(*entries)
        return enrolled

    def log(self, *entries: Entry) -> None:
        with closing(self.journal()) as journal:
            journal.log_all(entries)

    def adopt(self, charters: Charters) -> None:
        """Have the server adopt `charters`, as it does when it starts."""
        with closing(self.journal()) as journal:
            CharterArchive(self.folders.charters).adopt(dict(charters.by_camera), journal)

    def journal(self) -> Journal:
        key = log_key(self.folders, "")
        return Journal.open(self.folders.log, self.folders.journal, key, SystemClock(), texts=self.folders.texts())

    def owed(self) -> list[tuple[str, dict[str, str]]]:
        with closing(Store.open(self.folders.database, self.folders.texts())) as store:
            return [(one.kind, dict(one.fields)) for one in store.owed.waiting()]
