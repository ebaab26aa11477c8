"""A server with a few seconds of recording, and a log of its own, that makes exports."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api_support import GATE, NOON_NS, TEXTS, ManualClock, make_charter, make_context
from custodes.api import create_app
from custodes.api.exports import ExportDesk
from custodes.charter import Charters
from custodes.domain.errors import StoreError
from custodes.domain.time import NS_PER_S, to_iso
from custodes.journal import Entry, Journal, Witnessing
from custodes.journal.announce import announce
from custodes.ledger import Policy
from custodes.record.disclose import Discloser
from custodes.vault.request import Announced
from sim.logs import LOG
from sim.recordings import record

POLICE = {"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["event", "recording"]}
POLICY = Policy(logs=(LOG.verifier,))


class ExportBench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.clock = ManualClock(NOON_NS + 3600 * NS_PER_S)
        self.journal = Journal.open(folder / "log", folder / "journal", LOG, self.clock, texts=TEXTS, policy=POLICY)
        self.witnessing = Witnessing(self.journal, self.clock)
        charters = Charters({GATE: make_charter(GATE, recipients=[POLICE])})
        (folder / "context").mkdir()
        made = make_context(folder / "context", self.clock, charters=charters)
        record(made.store, made.recordings, self.clock, GATE, NOON_NS, 4)
        self.broken = False
        discloser = Discloser(made.store, made.recordings, charters, clock=self.clock, announce=self.announce)
        self.desk = ExportDesk(discloser, folder / "exports", self.clock)
        self.context = replace(made, exports=self.desk)
        self.http = TestClient(create_app(self.context), base_url="http://127.0.0.1")

    def announce(self, entry: Entry) -> Announced:
        if self.broken:
            raise StoreError("The log cannot be written", why="the disk is full")
        return announce(entry, self.journal, self.witnessing)

    def ask(self, camera: str = GATE, http: Any = None, **changes: Any) -> Any:
        body = {"start": to_iso(NOON_NS), "end": to_iso(NOON_NS + 4 * NS_PER_S), "recipient": "Police",
                "reason": "Case 17/26", **changes}  # fmt: skip
        return (http or self.http).post(f"/api/v1/cameras/{camera}/exports", json=body)

    def ended(self, export_id: str, http: Any = None) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            item: dict[str, Any] = (http or self.http).get(f"/api/v1/exports/{export_id}").json()
            if item["state"] in {"ready", "failed"}:
                return item
            time.sleep(0.02)
        raise AssertionError("the export was not made")

    def kinds(self) -> list[str]:
        return [body.type for body in self.journal.bodies.find("disclosure")]

    def close(self) -> None:
        self.desk.close()
        self.witnessing.stop()
        self.journal.close()
        self.context.store.close()
