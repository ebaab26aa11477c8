"""Requests for originals over HTTP: logged first, proved later, and nothing that could show a picture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_support import GATE, NOON_NS
from custodes.api import create_app
from custodes.app.ceremony import check_announced
from custodes.domain.errors import IntegrityError
from custodes.domain.time import to_iso
from custodes.ledger import Policy
from custodes.vault import HourKeys
from custodes.vault.custody import approve, unseal
from custodes.vault.expiry import expire
from custodes.vault.manifest import Manifest, SignedManifest
from custodes.vault.request import RequestFile
from sim.ceremony import POLICY, SECOND_NS
from sim.originals import NAMES, found_in
from sim.vaults import CEREMONY, KEYS
from sim.vaults import VaultBench as Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_a_request_is_logged_before_anybody_hears_of_it_and_proved_once_cosigned(bench: Bench) -> None:
    answer = bench.ask()
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert (item["recipient"], item["state"], item["approvals"]) == ("Police", "requested", [])
    assert item["waits_for"] == "Waits for the log's witnesses to see it."
    assert bench.kinds() == ["unseal.request"]
    path = f"/api/v1/vault/requests/{item['id']}"
    assert bench.http.get(path).status_code == 425
    bench.cosign()
    file = RequestFile.parse(bench.http.get(path).content, "It")
    assert (
        check_announced(file.request, file.announced, Policy.parse(POLICY.encode())).checkpoint.size == item["leaf"] + 1
    )
    (listed,) = bench.items()
    assert (listed["state"], listed["needed"], listed["custodians"]) == ("cosigned", 2, sorted(NAMES[:3]))
    assert listed["waits_for"] == "Waits for 2 more custodians to approve."
    approvals = [approve(file, key, bench.clock.utc_ns()) for key in KEYS[:2]]
    keys, statements = unseal(file, approvals, CEREMONY, bench.clock.utc_ns())
    assert len(keys) == 1
    for _ in range(2):  # the second time it is in the log already
        for approval in approvals:
            done = bench.http.post(f"{path}/approvals", json=approval.model_dump(mode="json"))
            assert done.status_code == 204, done.text
    (listed,) = bench.items()
    assert (listed["state"], set(listed["approvals"])) == ("approved", set(NAMES[:2]))
    assert listed["waits_for"] == "Waits for local to open it and hand in the manifest."
    manifest = Manifest(
        request=file.request, announced=file.announced, approvals=tuple(statements), opened=bench.clock.utc_ns(),
        parts=(), files=(),
    )  # fmt: skip
    signed = SignedManifest.sign(manifest, CEREMONY).model_dump(mode="json")
    assert bench.http.post(f"{path}/openings", json=signed).status_code == 204
    assert bench.kinds() == ["unseal.request", "unseal.approval", "unseal.approval", "unseal.open"]
    (listed,) = bench.items()
    assert (listed["state"], listed["waits_for"], listed["opened"]) == ("opened", "", to_iso(bench.clock.utc_ns()))
    names = [body.fields["who"] for body in bench.journal.bodies.find("unseal.approval")]
    assert names == ["Ombudsman", "Data protection officer"]


def test_a_request_whose_time_is_over_says_so_and_how_far_it_came(bench: Bench) -> None:
    bench.ask(valid_hours=1)
    bench.cosign()
    bench.clock.sleep(3600)
    (listed,) = bench.items()
    assert (listed["state"], listed["reached"], listed["waits_for"]) == ("ended", "cosigned", "")


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
    assert bench.http.get("/api/v1/vault/requests/..%2F..").status_code in {404, 405, 422}
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
