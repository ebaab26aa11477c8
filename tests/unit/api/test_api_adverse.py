"""What is to somebody's disadvantage takes two people with accounts, each logged before it counts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_support import GATE, ManualClock, add_person, make_context
from custodes.api import create_app
from custodes.api.adverse import AdverseDesk, Proposal
from custodes.domain.errors import StoreError
from custodes.domain.persons import Role
from custodes.journal import Entry

SUBJECT = "ab" * 16
PROPOSAL = {"camera": GATE, "what": "keep out today", "subject": SUBJECT, "lasts_minutes": 60}
URL = "/api/v1/adverse-actions"


class Office:
    """A server with three people."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.entries: list[Entry] = []
        self.confirmed: list[Proposal] = []
        self.broken = False
        context = make_context(folder, self.clock)
        desk = AdverseDesk(self.log, lambda camera: f"charter of {camera}", self.confirmed.append, self.clock)
        self.login = {
            name: (name, add_person(context, name, role))
            for name, role in {"ann": Role.OPERATOR, "bob": Role.OPERATOR, "eve": Role.AUDITOR}.items()
        }
        self.client = TestClient(create_app(replace(context, adverse=desk)))

    def log(self, entry: Entry) -> None:
        if self.broken:
            raise StoreError("no space left")
        self.entries.append(entry)

    def ask(self, name: str, method: str, path: str = "", **kwargs: object) -> tuple[int, dict[str, object]]:
        answer = self.client.request(method, URL + path, auth=self.login[name], **kwargs)  # type: ignore[arg-type]
        return answer.status_code, answer.json()

    def propose(self) -> str:
        status, made = self.ask("ann", "POST", json=PROPOSAL)
        assert status == 201
        assert made["state"] == "waiting"
        return str(made["id"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    return Office(tmp_path)


def test_two_people_confirm_and_each_step_is_in_the_log(office: Office) -> None:
    one = office.propose()
    status, waiting = office.ask("ann", "POST", f"/{one}/confirmations")
    assert (status, waiting["state"], office.confirmed) == (200, "waiting", [])
    status, done = office.ask("bob", "POST", f"/{one}/confirmations")
    assert (status, done["state"], done["confirmed_by"]) == (200, "confirmed", ["ann", "bob"])
    assert [(told.subject, told.lasts_s) for told in office.confirmed] == [(SUBJECT, 3600)]
    assert [(entry.kind, entry.body["who"]) for entry in office.entries] == [
        ("adverse.proposed", "ann"),
        ("adverse.confirmed", "ann"),
        ("adverse.confirmed", "bob"),
    ]
    assert office.entries[0].charter == "charter of gate"
    assert office.ask("ann", "GET")[1]["items"] == [done]


def test_one_person_alone_never_does(office: Office) -> None:
    one = office.propose()
    office.ask("ann", "POST", f"/{one}/confirmations")
    status, problem = office.ask("ann", "POST", f"/{one}/confirmations")
    assert status == 403
    assert "has confirmed already" in str(problem["detail"])
    assert not office.confirmed


def test_one_refusal_ends_it(office: Office) -> None:
    one = office.propose()
    assert office.ask("bob", "POST", f"/{one}/refusals")[1]["state"] == "refused"
    assert office.ask("ann", "POST", f"/{one}/confirmations")[0] == 403
    assert not office.confirmed


def test_time_ends_it_and_a_day_later_it_is_forgotten(office: Office) -> None:
    one = office.propose()
    office.clock.sleep(16 * 60)
    assert office.ask("bob", "POST", f"/{one}/confirmations")[0] == 403
    assert office.ask("bob", "GET")[1]["items"][0]["state"] == "lapsed"  # type: ignore[index]
    office.clock.sleep(24 * 3600)
    assert office.ask("bob", "GET")[1]["items"] == []


def test_what_cannot_be_logged_does_not_count(office: Office) -> None:
    one = office.propose()
    office.ask("ann", "POST", f"/{one}/confirmations")
    office.broken = True
    assert office.ask("bob", "POST", f"/{one}/confirmations")[0] >= 500
    office.broken = False
    assert office.ask("bob", "GET")[1]["items"][0]["confirmed_by"] == ["ann"]  # type: ignore[index]
    assert not office.confirmed


def test_an_auditor_may_not_and_an_unknown_camera_or_id_is_none(office: Office) -> None:
    assert office.ask("eve", "POST", json=PROPOSAL)[0] == 403
    assert office.ask("ann", "POST", json={**PROPOSAL, "camera": "nowhere"})[0] == 404
    assert office.ask("ann", "POST", f"/{'0' * 26}/confirmations")[0] == 404
