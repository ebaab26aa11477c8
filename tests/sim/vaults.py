"""A server with a vault: a camera's originals under seal, custodians, and a log whose witnesses answer when told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api_support import GATE, NOON_NS, TEXTS, ManualClock, make_charter, make_context
from custodes.api import create_app
from custodes.api.desk import UnsealDesk
from custodes.charter import Charters
from custodes.domain.time import to_iso
from custodes.journal import Journal
from custodes.ledger import Policy
from custodes.ledger.cosignature import cosign
from custodes.ledger.note import Note
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault.private import PrivateKey
from sim.ceremony import LOG, POLICY, SECOND_NS, WITNESSES
from sim.originals import NAMES, camera_file, custodians, key_pairs, packets, places
from sim.recordings import refuse

KEYS = key_pairs()
CEREMONY = PrivateKey.generate("Ana Petrović")
SEALED_STORAGE = {"recording_hours": 24, "sealed_hours": 24, "event_hours": 24, "thumbnail_hours": 0}
CHARTER = make_charter(
    GATE,
    storage=SEALED_STORAGE,
    dpia={"reference": "DPIA 3/2026", "sha256": "a" * 64, "configuration": "b" * 64},
    custodians={"needed": 2, "names": list(NAMES[:3])},
    recipients=[{"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["sealed"]}],
)


class VaultBench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.sealed, self.hour_keys = places(folder)
        self.charters = Charters({GATE: CHARTER})
        policy = Policy.parse(POLICY.encode())
        self.journal = Journal.open(folder / "log", folder / "journal", LOG, self.clock, texts=TEXTS, policy=policy)
        recorder = SealedRecorder(
            GATE,
            Vault(self.sealed, self.hour_keys, custodians(KEYS), CHARTER.version),
            clock=self.clock,
            on_notice=lambda _: None,
            on_alert=refuse,
        )
        for packet in packets(camera_file(folder / "camera.mp4"), NOON_NS):
            recorder.write(packet)
        recorder.close()
        (folder / "context").mkdir()
        desk = self.desk()
        self.context = replace(make_context(folder / "context", self.clock, charters=self.charters), desk=desk)
        self.http = TestClient(create_app(self.context), base_url="http://127.0.0.1")

    def desk(self) -> UnsealDesk:
        return UnsealDesk(
            self.folder / "unseal",
            sealed=self.sealed,
            keys=self.hour_keys,
            journal=self.journal,
            charters=self.charters,
            clock=self.clock,
            texts=TEXTS,
        )

    def ask(self, **changes: Any) -> Any:
        body = {
            "camera": GATE,
            "start": to_iso(NOON_NS + SECOND_NS),
            "end": to_iso(NOON_NS + 2 * SECOND_NS),
            "reason": "Theft of a bicycle",
            "recipient": "Police",
            "ceremony": str(CEREMONY.public),
            **changes,
        }
        return self.http.post("/api/v1/vault/requests", json=body)

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/api/v1/vault/requests").json()["items"]
        return found

    def cosign(self) -> None:
        note = bare = self.journal.ledger.newest
        for key in WITNESSES[:2]:
            note = note.plus(cosign(bare, key, self.clock.utc_ns() // SECOND_NS))
        self.journal.ledger.publish(Note(note.text, note.signatures))

    def kinds(self) -> list[str]:
        return [body.type for body in reversed(self.journal.bodies.find("unseal"))]

    def close(self) -> None:
        self.journal.close()
        self.context.store.close()
