"""Exports over HTTP: asked for, logged, fetched by who asked, and gone after an hour."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_support import NOON_NS, add_person
from custodes.api.exports import KEPT_S, ExportDesk
from custodes.app.ceremony import verify_export
from custodes.charter import Charters
from custodes.domain.persons import Role
from custodes.domain.time import to_iso
from custodes.record.disclose import Discloser
from sim.exports import POLICY
from sim.exports import ExportBench as Bench
from sim.originals import found_in


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_an_export_is_made_logged_fetched_and_checked(bench: Bench, tmp_path: Path) -> None:
    asked = bench.ask()
    assert asked.status_code == 202, asked.text
    item = bench.ended(asked.json()["id"])
    assert (item["state"], item["problem"], item["done_bytes"]) == ("ready", "", item["total_bytes"])
    assert bench.kinds() == ["disclosure.export"]
    answer = bench.http.get(item["url"])
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "fetched")
    (folder,) = (tmp_path / "fetched").iterdir()
    assert folder.name.startswith("export-gate-")
    verified = verify_export(folder, POLICY)
    assert verified.disclosure.person == "local"  # type: ignore[union-attr]


def test_what_waits_to_be_fetched_does_not_say_who_or_why(bench: Bench) -> None:
    bench.ended(bench.ask(reason="Unmistakable words").json()["id"])
    assert list((bench.folder / "exports").glob("*/recording.mp4"))
    assert found_in(bench.folder, {b"Unmistakable"}) == set()


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"recipient": "A newspaper"}, 403, "names no recipient A newspaper"),
        ({"camera": "yard"}, 403, "there is no charter"),
        ({"camera": "none"}, 404, "no such camera"),
        ({"end": to_iso(NOON_NS)}, 422, "empty, or longer than a day"),
        ({"reason": ""}, 422, "reason"),
        ({"reason": "x" * 201}, 422, "reason"),
        ({"start": "yesterday"}, 422, "start"),
    ],
)
def test_what_is_not_possible_is_refused_and_not_logged(
    bench: Bench, changes: dict[str, Any], status: int, words: str
) -> None:
    answer = bench.ask(**changes)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert bench.kinds() == []


def test_nothing_can_be_fetched_that_is_not_in_the_log(bench: Bench) -> None:
    bench.broken = True
    item = bench.ended(bench.ask().json()["id"])
    assert (item["state"], item["url"]) == ("failed", None)
    assert "log cannot be written" in item["problem"]
    assert bench.http.get(f"/api/v1/exports/{item['id']}/archive.zip").status_code == 409
    assert not list((bench.folder / "exports").iterdir())


def test_only_who_asked_can_fetch_it_and_no_auditor_can_ask(bench: Bench) -> None:
    clients = {}
    for name, role in (("ana", Role.OPERATOR), ("boris", Role.ADMIN), ("vera", Role.AUDITOR)):
        clients[name] = TestClient(bench.http.app, base_url="http://127.0.0.1")
        clients[name].auth = (name, add_person(bench.context, name, role))
    refused = bench.ask(http=clients["vera"])
    assert (refused.status_code, "does not include export" in refused.json()["detail"]) == (403, True)
    item = bench.ended(bench.ask(http=clients["ana"]).json()["id"], clients["ana"])
    assert clients["boris"].get(item["url"]).status_code == 404
    assert clients["vera"].get(item["url"]).status_code == 403
    assert clients["ana"].get(item["url"]).status_code == 200
    assert [body.fields["who"] for body in bench.journal.bodies.find("disclosure")] == ["ana"]


def test_after_an_hour_it_is_gone(bench: Bench) -> None:
    item = bench.ended(bench.ask().json()["id"])
    bench.clock.sleep(KEPT_S - 1)
    assert bench.http.get(item["url"]).status_code == 200
    bench.clock.sleep(2)
    assert bench.http.get(item["url"]).status_code == 404
    assert not list((bench.folder / "exports").iterdir())


def test_what_an_earlier_run_left_is_deleted(bench: Bench) -> None:
    bench.ended(bench.ask().json()["id"])
    discloser = Discloser(
        bench.context.store, bench.context.recordings, Charters(), clock=bench.clock, announce=bench.announce
    )
    ExportDesk(discloser, bench.folder / "exports", bench.clock).close()
    assert not (bench.folder / "exports").exists()


def test_so_many_wait_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custodes.api.exports._MOST_WAITING", 0)
    answer = bench.ask()
    assert (answer.status_code, "wait already" in answer.json()["detail"]) == (409, True)


def test_a_camera_names_its_recipients(bench: Bench) -> None:
    assert bench.http.get("/api/v1/cameras/gate").json()["charter"]["recipients"] == ["Police"]
