"""The page in a real browser, against a real server that shows synthetic redacted pictures."""

import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api_support import GATE, NOON_NS, YARD, add_person, make_context, make_event, make_status, synthetic_frames
from custodes.api import ApiContext, create_app
from custodes.app.ceremony import verify_export
from custodes.domain.cameras import CameraState
from custodes.domain.events import EventKind
from custodes.domain.persons import Role
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.identity import Reason
from custodes.record import FragmentEncoder, SegmentRecorder, make_still
from custodes.record.settings import RecordingSettings
from custodes.vault.custody import approve
from custodes.vault.request import RequestFile
from sim.exports import POLICY, ExportBench
from sim.serving import serving
from sim.vaults import KEYS, VaultBench

CHROMIUM = Path("/usr/bin/chromium")
FPS = 10
RECORDED_S = 24
SETTINGS = RecordingSettings(fps=FPS)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@contextmanager
def filming(context: ApiContext) -> Iterator[None]:
    """Publish live pictures of the gate, and statuses of both cameras, until left."""
    stop = threading.Event()

    def film() -> None:
        encoder = FragmentEncoder(GATE, SETTINGS)
        offline = make_status(YARD, state=CameraState.OFFLINE, reason="no route to host", width=0, height=0)
        for number, frame in enumerate(synthetic_frames(context.clock.utc_ns(), FPS)):
            for fragment in encoder.encode(frame):
                context.hub.publish(fragment)
            if number % FPS == 0:
                context.hub.publish(make_status())
                context.hub.publish(offline)
            if stop.wait(1 / FPS):
                return

    thread = threading.Thread(target=film)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def record_past(context: ApiContext) -> None:
    """Record what ended a minute ago, with two events in it."""
    start_ns = context.clock.utc_ns() - (60 + RECORDED_S) * NS_PER_S
    encoder = FragmentEncoder(GATE, SETTINGS)
    recorder = SegmentRecorder(
        context.store, context.recordings, GATE, SETTINGS, clock=context.clock, on_alert=pytest.fail
    )
    frames = list(islice(synthetic_frames(start_ns, FPS), RECORDED_S * FPS))
    for frame in frames:
        for fragment in encoder.encode(frame):
            recorder.write(fragment)
    for fragment in encoder.close():
        recorder.write(fragment)
    recorder.close()
    person = make_event(start_ns + 6 * NS_PER_S)
    bicycle = make_event(
        start_ns + 12 * NS_PER_S,
        class_name="bicycle",
        kind=EventKind.CROSSED,
        zone="entrance",
        direction="forward",
    )
    for event in (person, bicycle):
        key = f"{GATE}/{event.event_id}.jpg"
        context.store.events.put(event)
        context.blobs.put_still(key, make_still(frames[70], box_norm=event.box_norm))
        context.store.events.set_thumbnail(event.event_id, key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ApiContext]:
    made = make_context(tmp_path, SystemClock())
    yield made
    made.store.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said that it should not have."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1280, "height": 800})
    made.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.set_default_timeout(20_000)
    yield made
    made.close()


def _wait_until_played(page: Page, video: str, seconds: float) -> None:
    start = page.locator(video).evaluate("video => video.currentTime")
    page.wait_for_function(
        "([video, until]) => document.querySelector(video).currentTime > until", arg=[video, start + seconds]
    )


def test_the_wall_plays_live_and_says_what_is_wrong(page: Page, context: ApiContext, complaints: list[str]):
    with serving(context) as address, filming(context):
        page.goto(address)
        gate, yard = page.locator('[data-camera="gate"]'), page.locator('[data-camera="yard"]')
        expect(gate.locator(".badge")).to_have_text("Live")
        expect(gate.locator(".chips")).to_contain_text("2 people")
        expect(gate.locator(".chips")).to_contain_text("entrance → 7")
        expect(gate.locator(".notice")).to_be_empty(timeout=20_000)
        _wait_until_played(page, '[data-camera="gate"] video', 2)
        expect(yard.locator(".badge")).to_have_text("Offline")
        expect(yard.locator(".notice")).to_contain_text("No route to host")
        expect(page.locator("#summary")).to_have_text("1 of 2 cameras live")
        expect(page.locator(".promise")).to_contain_text("Faces are redacted before")
        zones = page.get_by_role("button", name="Zones")
        expect(gate.locator(".shapes")).to_have_css("opacity", "1")
        zones.click()
        expect(gate.locator(".shapes")).to_have_css("opacity", "0")
    assert complaints == []


def test_an_event_plays_its_clip(page: Page, context: ApiContext, complaints: list[str]):
    record_past(context)
    with serving(context) as address:
        page.goto(address)
        rows = page.locator("#list li")
        expect(rows).to_have_count(2)
        expect(rows.first.locator(".headline")).to_have_text("Bicycle crossed entrance")
        page.wait_for_function("() => document.querySelector('#list img').naturalWidth > 0")
        rows.first.get_by_role("button").press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading")).to_have_text("Bicycle crossed entrance")
        _wait_until_played(page, "dialog video", 1)
        length = dialog.locator("video").evaluate("video => video.duration")
        assert 8 < length < RECORDED_S
        dialog.get_by_role("button", name="Older").click()
        expect(dialog.get_by_role("heading")).to_have_text("Person appeared")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    assert complaints == []


def test_events_are_filtered_and_arrive_by_themselves(page: Page, context: ApiContext, complaints: list[str]):
    for number in range(3):
        context.store.events.put(make_event(context.clock.utc_ns() - number * 60 * NS_PER_S))
    with serving(context) as address, filming(context):
        page.goto(address)
        rows = page.locator("#list li")
        expect(rows).to_have_count(3)
        event = make_event(context.clock.utc_ns(), YARD, class_name="dog", end_ns=None)
        context.store.events.put(event)
        context.hub.publish(event)
        expect(rows).to_have_count(4)
        expect(rows.first).to_contain_text("Dog appeared")
        expect(rows.first).to_contain_text("ongoing")
        page.get_by_label("Camera").select_option("yard")
        expect(rows).to_have_count(1)
        page.get_by_label("Class").select_option("cat")
        expect(page.locator("#list")).to_contain_text("No event fits these filters")
    assert complaints == []


def test_a_lost_server_is_announced(page: Page, context: ApiContext):
    with serving(context) as address:
        page.goto(address)
        expect(page.locator("#list")).to_contain_text("Nothing has happened yet")
        expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Trying again …")


def _log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")


def test_logging_in_and_out(page: Page, context: ApiContext):
    password = add_person(context)
    with serving(context) as address:
        page.goto(address)
        _log_in(page, "anna", "wrong")
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong")
        _log_in(page, "anna", password)
        expect(page.get_by_role("heading", name="Events")).to_be_visible()
        expect(page.locator("#me")).to_have_text("anna")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.goto(address)
        expect(page.get_by_label("Name")).to_be_visible()


def test_without_accounts_there_is_nobody_to_log_out(page: Page, context: ApiContext, complaints: list[str]):
    with serving(context) as address:
        page.goto(address)
        expect(page.locator("#list")).to_contain_text("Nothing has happened yet")
        expect(page.get_by_role("button", name="Log out")).to_be_hidden()
        expect(page.locator("#me")).to_be_hidden()
    assert complaints == []


def test_an_auditor_sees_how_cameras_are_and_no_pictures(page: Page, context: ApiContext, complaints: list[str]):
    password = add_person(context, "vera", Role.AUDITOR)
    context.store.events.put(make_event(context.clock.utc_ns()))
    with serving(context) as address, filming(context):
        page.goto(address)
        _log_in(page, "vera", password)
        gate, yard = page.locator('[data-camera="gate"]'), page.locator('[data-camera="yard"]')
        expect(gate.locator(".badge")).to_have_text("Live")
        expect(gate.locator(".notice")).to_have_text("Your role does not include pictures")
        expect(yard.locator(".notice")).to_contain_text("No route to host")
        expect(page.get_by_role("heading", name="Events")).to_be_hidden()
    assert complaints == []


def test_the_screen_at_a_recognition_point_asks_in_two_languages_and_shows_no_picture(
    page: Page, context: ApiContext, complaints: list[str]
):
    password = add_person(context, "door", Role.AUDITOR)
    with serving(context) as address:
        page.goto(f"{address}/point/gate")
        _log_in(page, "door", password)
        expect(page.locator("#me")).to_have_text("door")
        page.goto(f"{address}/point/gate")
        expect(page.locator("#english")).to_have_text("Not in use at the moment")
        for prompt, sign, english, serbian in (
            ("", None, "Stand in the marked place", "Stanite na obeleženo mesto"),
            ("ahead", ".ahead", "Look straight at the camera", "Gledajte pravo u kameru"),
            ("left", ".left", "Turn your head to the left", "Okrenite glavu ulevo"),
            ("right", ".right", "Turn your head to the right", "Okrenite glavu udesno"),
            ("eyes", ".eyes", "Close both eyes for two seconds", "Zatvorite oba oka na dve sekunde"),
            ("closer", ".closer", "Come a step closer to the camera", "Priđite kameri za korak"),
        ):
            context.hub.publish(make_status(YARD, prompt="ahead"))
            context.hub.publish(make_status(prompt=prompt))
            expect(page.locator("#english")).to_contain_text(english)
            expect(page.locator("#serbian")).to_contain_text(serbian)
            signs = page.locator(".sign:visible")
            expect(signs).to_have_count(0 if sign is None else 1)
            if sign is not None:
                expect(page.locator(sign)).to_be_visible()
        context.hub.publish(make_status(state=CameraState.OFFLINE, prompt="left"))
        expect(page.locator("#english")).to_have_text("Not in use at the moment")
        assert page.locator("img, video, canvas").count() == 0
    assert complaints == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("recognised", ("Recognised", "Prepoznati ste", "")),
        ("not_recognised", ("Not recognised", "Niste prepoznati", "Step out of the marked place")),
        *((reason.name.lower(), ("", "", "")) for reason in Reason),
        ("whatever comes later", ("That did not work", "Nije uspelo", "Step out of the marked place")),
    ],
)
def test_the_screen_says_how_it_ended_until_the_next_is_asked_or_it_is_over(
    page: Page, context: ApiContext, complaints: list[str], answer: str, said: tuple[str, str, str]
):
    english, serbian, todo = said
    with serving(context) as address:
        page.goto(f"{address}/point/gate")
        asked, ended = page.locator("main"), page.locator("#ended")
        expect(asked).to_be_visible()
        context.hub.publish(make_status(YARD, answer="recognised"))
        context.hub.publish(make_status(answer=answer))
        expect(ended).to_be_visible()
        expect(asked).to_be_hidden()
        expect(ended.locator("svg:visible")).to_have_class("yes" if answer == "recognised" else "no")
        expect(page.locator("#ended-english")).to_contain_text(english)
        expect(page.locator("#ended-serbian")).to_contain_text(serbian)
        expect(page.locator("#todo-english")).to_contain_text(todo)
        if answer in {reason.name.lower() for reason in Reason}:
            expect(page.locator("#ended-english")).not_to_have_text("That did not work")
        for over in (make_status(), make_status(prompt="left"), make_status(state=CameraState.STALLED, answer=answer)):
            context.hub.publish(make_status(answer=answer))
            expect(ended).to_be_visible()
            context.hub.publish(over)
            expect(ended).to_be_hidden()
            expect(asked).to_be_visible()
        assert page.locator("img, video, canvas").count() == 0
    assert complaints == []


def test_a_recording_is_exported_to_a_recipient_of_the_charter(page: Page, tmp_path: Path, complaints: list[str]):
    bench = ExportBench(tmp_path / "bench")
    bench.context.store.events.put(make_event(NOON_NS + NS_PER_S))
    with serving(bench.context) as address:
        page.goto(address)
        page.locator("#list li").get_by_role("button").click()
        page.locator("#clip").get_by_role("button", name="Export").click()
        dialog = page.locator("#export")
        expect(dialog.get_by_label("Recipient")).to_have_value("Police")
        dialog.get_by_label("Reason").fill("Request of 2026-01-02, case 4711")
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Export").click()
        expect(dialog.get_by_role("status")).to_contain_text("It is in the log")
    download.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path / "fetched")
    (folder,) = (tmp_path / "fetched").iterdir()
    assert dict(verify_export(folder, POLICY).disclosure.words())["reason"] == "Request of 2026-01-02, case 4711"
    assert complaints == []
    bench.close()


def test_requests_for_originals_say_how_far_they_are(page: Page, tmp_path: Path, complaints: list[str]):
    bench = VaultBench(tmp_path)
    first = bench.ask().json()["id"]
    bench.cosign()
    file = RequestFile.parse(bench.http.get(f"/api/v1/vault/requests/{first}").content, "It")
    approval = approve(file, KEYS[0], bench.clock.utc_ns()).model_dump(mode="json")
    assert bench.http.post(f"/api/v1/vault/requests/{first}/approvals", json=approval).status_code == 204
    second = bench.ask(reason="Damage to the door").json()["id"]
    with serving(bench.context) as address:
        page.goto(address)
        page.get_by_role("link", name="Originals").click()
        older, newer = (page.locator(f'[data-request="{one}"]') for one in (first, second))
        expect(newer).to_contain_text("Waits for the log's witnesses")
        expect(older).to_contain_text("Waits for 1 more custodian to approve")
        expect(older.locator("[aria-current=step]")).to_have_text("Approved 1 of 2")
        bench.cosign()
        expect(newer).to_contain_text("Waits for 2 more custodians", timeout=20_000)
    assert complaints == []
    bench.close()


def test_the_api_reference_lists_every_route(page: Page, context: ApiContext, complaints: list[str]):
    with serving(context) as address:
        page.goto(f"{address}/docs")
        for path in create_app(context).openapi()["paths"]:
            expect(page.locator("#docs")).to_contain_text(path)
    assert complaints == []
