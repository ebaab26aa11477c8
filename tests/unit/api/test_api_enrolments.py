"""The desk by its routes: the text first, then photos, then receipt and pass; and the way out for everyone."""

import base64
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api_support import GATE, ManualClock, add_person, make_context
from custodes.api import ApiContext, create_app
from custodes.api.enrolling import LARGEST_PHOTO
from custodes.domain.persons import Role
from custodes.identity import Pass, TemplateSafe
from custodes.journal import Entry
from sim.codes import read_png
from sim.enrolling import opened

ENROLMENTS = "/api/v1/enrolments"
PROOF = "/api/v1/withdrawals"
PASSES = "/api/v1/passes"


class AtTheDesk:
    """Somebody with the role for it."""

    def __init__(self, context: ApiContext, entries: list[Entry], safe: TemplateSafe) -> None:
        self.context = context
        self.safe = safe
        self.entries = entries
        self.client = TestClient(create_app(context), base_url="http://cameras.example")
        self.client.auth = ("rada", add_person(context, "rada", Role.REGISTRAR))
        self.stranger = TestClient(create_app(context), base_url="http://cameras.example")

    def draft(self, **changes: Any) -> Response:
        wish = {"cameras": [GATE], "modes": ["verify", "identify"], **changes}
        return self.client.post(f"{ENROLMENTS}/drafts", json=wish)

    def enrol(self, *photos: bytes, draft: Any = None, **changes: Any) -> Response:
        consent = (draft or self.draft().json())["consent"]
        coded = [base64.b64encode(photo).decode() for photo in photos]
        body = {"name": "Ana Anić", "contact": "ana@example.org", "consent": consent, "photos": coded, **changes}
        return self.client.post(ENROLMENTS, json=body)

    def names(self) -> list[str]:
        return [item["name"] for item in self.client.get(ENROLMENTS).json()["items"]]

    def opens(self, text: str) -> bool:
        """Whether the pass opens a template, as a camera's process finds out."""
        return self.safe.behind(Pass.parse(text)) is not None

    def kinds(self) -> list[str]:
        return [entry.kind.value for entry in self.entries]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AtTheDesk]:
    clock, entries = ManualClock(), list[Entry]()
    made = make_context(tmp_path, clock)
    with (
        opened(tmp_path, clock, entries) as enrolment,
        closing(TemplateSafe.open(tmp_path / "templates", tmp_path / "keys")) as safe,
    ):
        yield AtTheDesk(replace(made, enrolment=enrolment), entries, safe)
    made.store.close()


def test_only_cameras_whose_charter_names_it_are_offered(desk: AtTheDesk) -> None:
    offers = desk.client.get(f"{ENROLMENTS}/offers").json()
    assert [(item["camera"], item["name"], item["modes"]) for item in offers["items"]] == [
        (GATE, "Main gate", ["identify", "verify"])
    ]
    assert offers["languages"][0] == "en"
    assert offers["least_photos"] == 3


def test_the_text_comes_first_and_what_is_not_in_a_charter_is_refused(desk: AtTheDesk) -> None:
    draft = desk.draft(language="sr-Latn").json()
    for part in ("Pristajete", "Example Campus", "A badge from the reception", GATE):
        assert part in draft["text"]
    assert draft["consent"]["text"] == draft["version"]
    for status, change in (
        (403, {"cameras": ["yard"]}),
        (403, {"cameras": ["roof"]}),
        (422, {"minor": True}),
        (422, {"guardian": "A parent"}),
        (422, {"language": "xx"}),
        (422, {"days": 732}),
        (422, {"modes": []}),
        (422, {"cameras": ["No camera"]}),
    ):
        assert desk.draft(**change).status_code == status, change
    assert desk.draft(minor=True, guardian="A parent").status_code == 200
    assert desk.kinds() == []


def test_a_photo_is_judged_and_nothing_else_happens(desk: AtTheDesk) -> None:
    def look(photo: bytes) -> dict[str, Any]:
        answer = desk.client.post(f"{ENROLMENTS}/photos", content=photo)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    assert look(b"7") == {"good": True, "flaws": [], "advice": []}
    assert look(b"blurred") == {"good": False, "flaws": ["blurred"], "advice": ["it is blurred"]}
    assert look(b"\xff\xd8")["flaws"] == ["unreadable"]
    assert look(b"")["flaws"] == ["unreadable"]
    assert desk.kinds() == []


def test_who_agreed_is_enrolled_and_gets_receipt_and_pass_once(desk: AtTheDesk) -> None:
    answer = desk.enrol(b"7", b"7", b"7", b"blurred")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["number"] in told["receipt"]
    assert base64.b64decode(told["paper"])[:5] == b"%PDF-"
    assert [look["good"] for look in told["photos"]] == [True, True, True, False]
    assert desk.names() == ["Ana Anić"]
    assert "no-store" in answer.headers["cache-control"]
    [entry] = desk.entries
    assert (entry.kind.value, entry.body["by"]) == ("enrolment.made", "rada")
    assert "Ana" not in str(entry.body)
    assert desk.enrol(b"8", b"8", b"8", draft=desk.draft(modes=["identify"]).json()).json()["pass_png"] is None


@pytest.mark.parametrize(
    ("photos", "status", "why"),
    [
        ([b"7", b"7", b"blurred"], 422, "Photo 3: it is blurred"),
        ([b"7", b"7", b"8"], 422, "photo 3 is least like the others"),
        ([b"7", b"7"], 422, "at least 3 items"),
        ([b"7"] * 7, 422, "at most 6 items"),
    ],
)
def test_photos_that_will_not_do_enrol_nobody(desk: AtTheDesk, photos: list[bytes], status: int, why: str) -> None:
    answer = desk.enrol(*photos)
    assert (answer.status_code, why in answer.text) == (status, True), answer.text
    assert (desk.names(), desk.kinds()) == ([], [])


def test_nobody_is_enrolled_twice_where_all_are_compared(desk: AtTheDesk) -> None:
    assert desk.enrol(b"7", b"7", b"7").status_code == 201
    again = desk.enrol(b"7", b"7", b"7")
    assert (again.status_code, "too alike" in again.text) == (409, True)
    assert desk.names() == ["Ana Anić"]


def test_what_was_agreed_to_cannot_be_something_else(desk: AtTheDesk) -> None:
    draft = desk.draft().json()
    for status, change in (
        (409, {"purpose": "Anything else, whatever comes to mind, at any time of the day."}),
        (409, {"alternative": "There is none, and nobody needs one, as everybody agrees to it."}),
        (409, {"text": "0" * 64}),
        (403, {"cameras": ["yard"]}),
        (422, {"minor": True}),
        (422, {"expires": "2099-01-01T00:00:00.000Z"}),
        (422, {"more": 1}),
    ):
        other = {**draft, "consent": {**draft["consent"], **change}}
        for photos in ([b"7"] * 3, [b"blurred"] * 3):  # which are not even looked at
            assert desk.enrol(*photos, draft=other).status_code == status, change
    assert desk.client.get(f"{ENROLMENTS}/figures").json()["items"][0]["attempts"] == 0
    desk.context.clock.sleep(3601)
    late = desk.enrol(b"7", b"7", b"7", draft=draft)
    assert (late.status_code, "over an hour ago" in late.text) == (403, True)
    assert desk.names() == []


def test_a_registrar_withdraws_for_somebody_by_one_request(desk: AtTheDesk) -> None:
    number = desk.enrol(b"7", b"7", b"7").json()["number"]
    assert desk.client.delete(f"{ENROLMENTS}/{number}").status_code == 204
    assert desk.names() == []
    assert desk.kinds() == ["enrolment.made", "enrolment.withdrawn", "erasure.request"]
    assert [entry.body["by"] for entry in desk.entries] == ["rada"] * 3
    assert desk.client.delete(f"{ENROLMENTS}/{number}").status_code == 404


def test_whoever_holds_pass_or_receipt_withdraws_without_a_login(desk: AtTheDesk) -> None:
    first, second = desk.enrol(b"7", b"7", b"7").json(), desk.enrol(b"8", b"8", b"8").json()
    shown = read_png(base64.b64decode(first["pass_png"]))
    for wrong in (
        first["number"],
        shown[:-1],
        shown.replace("CUSTODES1:", "CUSTODES1:A"),
        second["receipt"].replace("gate", "yard"),
        second["receipt"][:-20],
        "x",
        "x\ny\n",
    ):
        answer = desk.stranger.post(PROOF, json={"proof": wrong})
        assert answer.status_code == 422, wrong
    assert len(desk.names()) == 2
    assert desk.stranger.post(PROOF, json={"proof": f" {shown.lower()}\n"}).status_code == 204
    pasted = second["receipt"].replace("\n", "\r\n").strip()
    assert desk.stranger.post(PROOF, json={"proof": pasted}).status_code == 204
    assert desk.names() == []
    for proof in (shown, second["receipt"]):
        gone = desk.stranger.post(PROOF, json={"proof": proof})
        assert (gone.status_code, "has ended" in gone.text) == (422, True)
    assert "by" not in desk.entries[-1].body
    foreign = desk.stranger.post(PROOF, json={"proof": shown}, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403


def test_a_registrar_makes_a_new_pass_and_the_one_so_far_ends(desk: AtTheDesk) -> None:
    first = desk.enrol(b"7", b"7", b"7", draft=desk.draft(modes=["verify"]).json()).json()
    second = desk.enrol(b"8", b"8", b"8").json()
    old, other = (read_png(base64.b64decode(one["pass_png"])) for one in (first, second))
    path = f"{ENROLMENTS}/{first['number']}/pass"
    for status, said, why in (
        (403, "", "without the old one"),
        (403, other, "of this one"),
        (422, "CUSTODES1:NOTHING", "no pass"),
        (422, "x" * 201, "at most 200"),
    ):
        answer = desk.client.post(path, json={"old": said})
        assert (answer.status_code, why in answer.text) == (status, True), answer.text
    assert desk.stranger.post(path, json={"old": old}).status_code == 401
    assert desk.client.post(f"{ENROLMENTS}/{'0' * 32}/pass", json={}).status_code == 404
    assert desk.kinds() == ["enrolment.made"] * 2
    answer = desk.client.post(path, json={"old": old})
    assert (answer.status_code, "no-store" in answer.headers["cache-control"]) == (201, True)
    made = answer.json()
    assert (made["number"], made["receipt"]) == (first["number"], first["receipt"])
    assert base64.b64decode(made["paper"])[:5] == b"%PDF-"
    entry = desk.entries[-1]
    assert (entry.kind.value, entry.body["what"], entry.body["by"]) == ("enrolment.made", "new pass", "rada")
    new = read_png(base64.b64decode(made["pass_png"]))
    assert (desk.opens(old), desk.opens(new)) == (False, True)
    assert desk.client.post(path, json={"old": old}).status_code == 403
    assert desk.client.post(f"{ENROLMENTS}/{second['number']}/pass", json={}).status_code == 201
    assert desk.opens(other) is False


def test_whoever_holds_a_pass_gets_a_new_one_without_a_login_and_a_receipt_gets_none(desk: AtTheDesk) -> None:
    enrolled = desk.enrol(b"7", b"7", b"7").json()
    old = read_png(base64.b64decode(enrolled["pass_png"]))
    for wrong in (enrolled["receipt"], enrolled["number"], old[:-1], "x"):
        answer = desk.stranger.post(PASSES, json={"old": wrong})
        assert (answer.status_code, old in answer.text) == (422, False)
    assert "whoever found it would get one" in desk.stranger.post(PASSES, json={"old": enrolled["receipt"]}).text
    assert desk.opens(old)
    answer = desk.stranger.post(PASSES, json={"old": f" {old.lower()} "})
    assert (answer.status_code, list(answer.json())) == (201, ["pass_png"])
    new = read_png(base64.b64decode(answer.json()["pass_png"]))
    assert (desk.opens(old), desk.opens(new)) == (False, True)
    assert "by" not in desk.entries[-1].body
    for path, what in ((PASSES, "old"), (PROOF, "proof")):
        assert desk.stranger.post(path, json={what: old}).status_code == 422
    foreign = desk.stranger.post(PASSES, json={"old": new}, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert desk.opens(new)


def test_failures_are_counted_with_their_reason(desk: AtTheDesk) -> None:
    desk.enrol(b"7", b"blurred", b"blurred")
    desk.enrol(b"7", b"7", b"7")
    for status, cameras, reason in (
        (204, [GATE], "too_dark"),
        (422, [GATE], "enrolled"),
        (422, [GATE], "too_alike"),
        (403, ["yard"], "too_dark"),
        (403, [GATE, "roof"], "too_dark"),
    ):
        answer = desk.client.post(f"{ENROLMENTS}/failures", json={"cameras": cameras, "reason": reason})
        assert answer.status_code == status
    results = {"blurred": 1, "too_dark": 1, "enrolled": 1}
    assert desk.client.get(f"{ENROLMENTS}/figures").json()["items"] == [
        {"camera": camera, "attempts": 3, "failed": 2, "results": results} for camera in ("", GATE)
    ]


def test_what_weighs_too_much_is_refused_unread(desk: AtTheDesk) -> None:
    photos = f"{ENROLMENTS}/photos"
    assert desk.client.post(photos, content=bytes(LARGEST_PHOTO)).status_code == 200
    assert desk.client.post(photos, content=bytes(LARGEST_PHOTO + 1)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(2 + LARGEST_PHOTO // 2**20):
            yield bytes(2**20)

    assert desk.client.post(photos, content=endless()).status_code == 413
    for path in (PROOF, PASSES, "/api/v1/session"):
        assert desk.stranger.post(path, content=b" " * 70_000).status_code == 413
        assert desk.stranger.post(path, content=iter([b" " * 40_000] * 2)).status_code == 413


def test_the_desk_alone_may_use_a_camera_of_its_own(desk: AtTheDesk) -> None:
    assert "camera=(self)" in desk.client.get("/desk").headers["permissions-policy"]
    for client, path in ((desk.client, "/"), (desk.stranger, "/withdraw"), (desk.stranger, "/login")):
        assert "camera=()" in client.get(path).headers["permissions-policy"]
    assert desk.stranger.get("/desk", headers={"Accept": "text/html"}, follow_redirects=False).status_code == 303


def test_without_keys_there_is_no_desk(context: ApiContext) -> None:
    client = TestClient(create_app(context), base_url="http://127.0.0.1")
    answer = client.get(f"{ENROLMENTS}/offers")
    assert (answer.status_code, "identity.keys is not set" in answer.text) == (404, True)
