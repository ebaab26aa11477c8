"""Requests for originals over HTTP: logged first, proved later, and nothing that could show a picture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_support import GATE, NOON_NS, TEXTS, ManualClock, make_charter, make_context
from custodes.api import create_app
from custodes.api.desk import UnsealDesk
from custodes.app.ceremony import check_announced
from custodes.charter import Charters
from custodes.domain.errors import IntegrityError
from custodes.domain.time import to_iso
from custodes.journal import Journal
from custodes.ledger import Policy
from custodes.ledger.cosignature import cosign
from custodes.ledger.note import Note
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault import HourKeys
from custodes.vault.custody import approve, unseal
from custodes.vault.expiry import expire
from custodes.vault.manifest import Manifest, SignedManifest
from custodes.vault.private import PrivateKey
from custodes.vault.request import RequestFile
from sim.ceremony import LOG, POLICY, SECOND_NS, WITNESSES
from sim.originals import NAMES, camera_file, custodians, found_in, key_pairs, packets, places

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


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.sealed, self.hour_keys = places(folder)
        self.charters = Charters({GATE: CHARTER})
        policy = Policy.parse(POLICY.encode())
        self.journal = Journal.open(folder / "log", folder / "journal", LOG, self.clock, policy=policy, texts=TEXTS)
        recorder = SealedRecorder(
            GATE,
            Vault(self.sealed, self.hour_keys, custodians(KEYS), CHARTER.version),
            clock=self.clock,
            on_notice=lambda _: None,
            on_alert=pytest.fail,
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

    def cosign(self) -> None:
        note = bare = self.journal.ledger.newest
        for key in WITNESSES[:2]:
            note = note.plus(cosign(bare, key, self.clock.utc_ns() // SECOND_NS))
        self.journal.ledger.publish(Note(note.text, note.signatures))

    def kinds(self) -> list[str]:
        return [body.type for body in reversed(self.journal.bodies.find("unseal"))]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.journal.close()
    made.context.store.close()


def test_a_request_is_logged_before_anybody_hears_of_it_and_proved_once_cosigned(bench: Bench) -> None:
    answer = bench.ask()
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert (item["recipient"], item["cosigned"]) == ("Police", False)
    assert bench.kinds() == ["unseal.request"]
    path = f"/api/v1/vault/requests/{item['id']}"
    assert bench.http.get(path).status_code == 425
    bench.cosign()
    file = RequestFile.parse(bench.http.get(path).content, "It")
    assert (
        check_announced(file.request, file.announced, Policy.parse(POLICY.encode())).checkpoint.size == item["leaf"] + 1
    )
    assert bench.http.get("/api/v1/vault/requests").json()["items"] == [{**item, "cosigned": True}]
    approvals = [approve(file, key, bench.clock.utc_ns()) for key in KEYS[:2]]
    keys, statements = unseal(file, approvals, CEREMONY, bench.clock.utc_ns())
    assert len(keys) == 1
    for _ in range(2):  # the second time it is in the log already
        for approval in approvals:
            done = bench.http.post(f"{path}/approvals", json=approval.model_dump(mode="json"))
            assert done.status_code == 204, done.text
    manifest = Manifest(
        request=file.request, announced=file.announced, approvals=tuple(statements), opened=bench.clock.utc_ns(),
        parts=(), files=(),
    )  # fmt: skip
    signed = SignedManifest.sign(manifest, CEREMONY).model_dump(mode="json")
    assert bench.http.post(f"{path}/openings", json=signed).status_code == 204
    assert bench.kinds() == ["unseal.request", "unseal.approval", "unseal.approval", "unseal.open"]
    names = [body.fields["who"] for body in bench.journal.bodies.find("unseal.approval")]
    assert names == ["Ombudsman", "Data protection officer"]


def test_what_is_not_allowed_is_not_logged(bench: Bench) -> None:
    for changes, status, words in (
        ({"recipient": "A newspaper"}, 403, "names no recipient A newspaper"),
        ({"camera": "yard"}, 403, "no charter"),
        (
            {"start": to_iso(NOON_NS - 7200 * SECOND_NS), "end": to_iso(NOON_NS - 7100 * SECOND_NS)},
            409,
            "Nothing of gate",
        ),
        ({"end": to_iso(NOON_NS + 86_402 * SECOND_NS)}, 409, "longer than nothing"),
        ({"ceremony": "ssh-ed25519 AAAA"}, 409, "not a public key"),
        ({"reason": ""}, 422, "reason"),
        ({"valid_hours": 0}, 422, "valid_hours"),
        ({"start": "yesterday"}, 422, "start"),
    ):
        answer = bench.ask(**changes)
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
    assert bench.kinds() == []


def test_what_does_not_belong_is_not_noted(bench: Bench) -> None:
    ids = [bench.ask(reason=reason).json()["id"] for reason in ("Theft of a bicycle", "Another theft")]
    bench.cosign()
    files = [RequestFile.parse(bench.http.get(f"/api/v1/vault/requests/{one}").content, "It") for one in ids]
    approval = approve(files[0], KEYS[0], bench.clock.utc_ns()).model_dump(mode="json")
    path = f"/api/v1/vault/requests/{ids[1]}"
    assert bench.http.post(f"{path}/approvals", json=approval).status_code == 409
    assert bench.http.post(f"{path}/approvals", json={"signed": 1}).status_code == 409
    assert bench.http.post(f"{path}/openings", json=approval).status_code == 409
    assert bench.http.get("/api/v1/vault/requests/01KADS4T5M0123456789ABCDEF").status_code == 404
    assert bench.http.get("/api/v1/vault/requests/..%2F..").status_code in {404, 422}
    assert bench.kinds() == ["unseal.request", "unseal.request"]


def test_after_expiry_a_request_has_nothing_to_show(bench: Bench) -> None:
    request_id = bench.ask().json()["id"]
    bench.cosign()
    expire(bench.sealed, bench.hour_keys, GATE, NOON_NS + 1)
    answer = bench.http.get(f"/api/v1/vault/requests/{request_id}")
    assert answer.status_code == 409
    assert "has expired" in answer.json()["detail"]
    assert bench.ask().status_code == 409


def test_requests_are_forgotten_once_they_are_over_and_their_bodies_erased(bench: Bench) -> None:
    request_id = bench.ask().json()["id"]
    desk = bench.context.desk
    assert desk is not None
    desk.forget(bench.clock.utc_ns() + 30 * 86_400 * SECOND_NS)
    assert [kept.request.id for kept in desk.all()] == [request_id]
    desk.forget(bench.clock.utc_ns() + 32 * 86_400 * SECOND_NS)
    assert desk.all() == []


def test_what_is_kept_of_a_request_cannot_be_read_nor_passed_off_as_another(bench: Bench) -> None:
    first, second = (bench.ask(reason=reason).json()["id"] for reason in ("Unmistakable words", "Another theft"))
    folder = bench.folder / "unseal"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{one}.request" for one in (first, second))
    assert found_in(bench.folder, {b"Unmistakable", b"another theft"}) == set()
    (folder / f"{first}.request").replace(folder / f"{second}.request")
    with pytest.raises(IntegrityError, match="does not open"):
        bench.desk().get(second)


def test_requests_that_an_older_version_kept_readable_are_encrypted_at_the_start(bench: Bench) -> None:
    request_id = bench.ask(reason="Unmistakable words").json()["id"]
    kept = bench.desk().get(request_id)
    old = bench.folder / "unseal" / f"{request_id}.json"
    (bench.folder / "unseal" / f"{request_id}.request").unlink()
    old.write_bytes(kept.canonical())
    assert bench.desk().all() == [kept]
    assert found_in(bench.folder, {b"Unmistakable"}) == set()
    assert not old.exists()


def test_without_a_vault_there_is_none(bench: Bench, tmp_path: Path) -> None:
    http = TestClient(create_app(replace(bench.context, desk=None)), base_url="http://127.0.0.1")
    assert http.get("/api/v1/vault/requests").status_code == 404
    assert isinstance(bench.hour_keys, HourKeys)
