"""The enrolment desk in a real browser, with a camera that shows a real face, and the page where people withdraw."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api_support import GATE, add_person, make_context
from custodes.api import ApiContext
from custodes.api.enrolling import Welcome
from custodes.app.face_photos import FacePhotos
from custodes.charter import RecognitionMode
from custodes.domain.persons import Role
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject
from custodes.journal import Entry
from sim.codes import read_png
from sim.enrolling import opened
from sim.serving import serving

CHROMIUM = Path("/usr/bin/chromium")
SIZE = (640, 480)
POSES = {1: 90, 3: 130, 5: 170}
"""Photos of one person, and how grey the ground behind each is."""
POSED = """grey => {
  const video = document.querySelector("#video");
  if (!video.videoWidth) return false;
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.drawImage(video, 0, 0, 8, 8, 0, 0, 1, 1);
  return Math.abs(canvas.getImageData(0, 0, 1, 1).data[1] - grey) < 15;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs_fixtures,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@pytest.fixture(scope="module")
def filmed(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of one person in three poses, each for two seconds on a grey of its own, for the browser's camera."""
    path = tmp_path_factory.mktemp("camera") / "person.mjpeg"
    with av.open(path, "w", format="mjpeg") as film:
        stream = film.add_stream("mjpeg", rate=10, options={"qmin": "2", "qmax": "2"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuvj420p"
        for number, grey in POSES.items():
            photo = Image.open(fixtures / f"faces_orl/s1/{number}.pgm").convert("RGB").resize((276, 336))
            frame = np.asarray(ImageOps.pad(photo, SIZE, color=(grey, grey, grey)))
            for _ in range(20):
                film.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        film.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def browser(filmed: Path) -> Iterator[Browser]:
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={filmed}"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *camera])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1280, "height": 900})
    made.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def entries() -> list[Entry]:
    return []


@pytest.fixture
def context(tmp_path: Path, entries: list[Entry]) -> Iterator[ApiContext]:
    clock = SystemClock()
    made = make_context(tmp_path, clock)
    with opened(tmp_path, clock, entries, FacePhotos()) as desk:
        yield replace(made, enrolment=desk)
    made.store.close()


def _agree(page: Page) -> None:
    page.get_by_role("button", name="Show the text").click()
    expect(page.locator("#words")).to_contain_text("A badge from the reception opens the gate too.")
    page.get_by_label("has read this and agrees").check()


def test_somebody_enrols_at_the_camera_and_withdraws_alone(
    page: Page, context: ApiContext, entries: list[Entry], complaints: list[str], tmp_path: Path
) -> None:
    password = add_person(context, "rada", Role.REGISTRAR)
    page.context.grant_permissions(["camera"])
    with serving(context) as address:
        page.goto(address)
        page.get_by_label("Name").fill("rada")
        page.get_by_label("Password").fill(password)
        page.get_by_label("Password").press("Enter")
        expect(page).to_have_url(f"{address}/desk")  # nothing else is hers
        expect(page.locator("#people-title")).to_have_text("Nobody is enrolled")
        expect(page.get_by_label("Main gate")).to_be_checked()
        expect(page.locator("#photo-step")).to_be_hidden()
        _agree(page)
        page.get_by_role("button", name="Open the camera").click()
        shoot = page.get_by_role("button", name="Take a photo")
        for number, grey in enumerate(POSES.values(), 1):
            page.wait_for_function(POSED, arg=grey)
            shoot.click()
            expect(page.locator("#shots .good")).to_have_count(number)
        expect(page.locator("#count")).to_have_text("3 of the 3 good photos that it takes")
        enrol = page.get_by_role("button", name="Enrol", exact=True)
        expect(enrol).to_be_disabled()
        page.get_by_label("Name").fill("Ana Anić")
        page.get_by_label("How to reach").fill("ana@example.org")
        enrol.click()
        expect(page.get_by_role("heading", name="Enrolled", exact=True)).to_be_visible()
        page.wait_for_function("() => document.querySelector('#pass').naturalWidth > 100")
        expect(page.locator("#people")).to_contain_text("Ana Anić")
        expect(page.locator("#figures")).to_have_text("0 of 1 attempts to enrol failed (0.0 %)")
        with page.expect_download() as download:
            page.get_by_role("link", name="Signed receipt").click()
        receipt = tmp_path / "receipt.txt"
        download.value.save_as(receipt)
        with page.expect_download() as download:
            page.get_by_role("link", name="Page to print").click()
        assert download.value.path().read_bytes()[:5] == b"%PDF-"
        page.get_by_role("button", name="Next person").click()
        expect(page.locator("#pass")).not_to_have_attribute("src", "data:image/png")
        expect(page.locator("#shots li")).to_have_count(0)

        page.context.clear_cookies()
        page.goto(f"{address}/withdraw")
        page.locator("#file").set_input_files(receipt)
        expect(page.get_by_label("What the code on your pass says")).to_have_value(receipt.read_text(encoding="utf-8"))
        page.get_by_role("button", name="Withdraw and erase").click()
        expect(page.get_by_role("heading", name="It is done")).to_be_visible()
    assert context.enrolment is not None
    assert context.enrolment.people() == []
    assert [entry.kind.value for entry in entries] == ["enrolment.made", "enrolment.withdrawn", "erasure.request"]
    assert complaints == []


def test_bad_files_are_named_and_a_failure_is_counted(
    page: Page, context: ApiContext, fixtures: Path, tmp_path: Path
) -> None:
    blank = tmp_path / "wall.png"
    Image.new("RGB", SIZE, "grey").save(blank)
    corrupt = tmp_path / "corrupt.jpg"
    corrupt.write_bytes(b"\xff\xd8\xff\xe0 no more")
    good = tmp_path / "good.png"
    Image.open(fixtures / "faces_orl/s1/1.pgm").convert("RGB").resize((276, 336)).save(good)
    with serving(context) as address:
        page.goto(f"{address}/desk")
        _agree(page)
        page.locator("#files").set_input_files([blank, corrupt, good])
        bad = page.locator("#shots .bad")
        expect(bad).to_have_count(2)
        expect(bad.first).to_contain_text("No face was found")
        expect(bad.last).to_contain_text("damaged, or not what it claims to be")
        expect(page.locator("#shots .good")).to_have_count(1)
        expect(page.get_by_role("button", name="Enrol", exact=True)).to_be_disabled()
        page.get_by_role("button", name="No good photo can be had").click()
        expect(page.locator("#figures")).to_have_text("1 of 1 attempts to enrol failed (100.0 %)")
        expect(page.locator("#shots li")).to_have_count(0)
        page.locator("input[name=minor]").check()
        page.get_by_role("button", name="Show the text").click()
        expect(page.locator("#draft-problem")).to_contain_text("a minor needs the consent of a guardian")


def _enrolled(context: ApiContext, fixtures: Path) -> str:
    """Enrol somebody, and return what the pass says."""
    desk = context.enrolment
    assert desk is not None
    consent = desk.draft([GATE], [RecognitionMode.VERIFY], days=9, minor=False, guardian="", language="en")
    photos = [(fixtures / f"faces_orl/s1/{number}.pgm").read_bytes() for number in (1, 3, 5)]
    welcome = desk.enrol(DataSubject(name="Ana Anić", contact="ana@example.org"), consent, photos, by="")
    assert isinstance(welcome, Welcome)
    assert welcome.pass_png is not None
    return read_png(welcome.pass_png)


def test_a_new_pass_is_made_at_the_desk_and_by_oneself(
    page: Page, context: ApiContext, entries: list[Entry], fixtures: Path, complaints: list[str]
) -> None:
    first = _enrolled(context, fixtures)
    with serving(context) as address:
        page.goto(f"{address}/desk")
        page.locator("#people").get_by_role("button", name="New pass").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading")).to_have_text("A new pass for Ana Anić?")
        dialog.get_by_label("Text of the pass so far").fill(first)
        dialog.get_by_role("button", name="Make a new pass").click()
        expect(page.get_by_role("heading", name="A new pass")).to_be_visible()
        expect(page.locator("#old")).to_have_value("")
        with page.expect_download() as download:
            page.locator("#pass-file").click()
        second = read_png(download.value.path().read_bytes())
        page.get_by_role("button", name="Next person").click()
        expect(page.locator("#desk")).to_be_visible()

        page.goto(f"{address}/withdraw")
        old, make = page.get_by_label("Text of your pass so far"), page.get_by_role("button", name="Make a new pass")
        old.fill(second)
        make.click()
        expect(page.get_by_role("heading", name="Your new pass")).to_be_visible()
        page.wait_for_function("() => document.querySelector('#pass').naturalWidth > 100")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save").click()
        third = read_png(download.value.path().read_bytes())
        assert complaints == []

        page.reload()
        old.fill(first)
        make.click()
        expect(page.locator("#renew-problem")).to_contain_text("there is a newer pass")
        page.get_by_label("What the code on your pass says").fill(third)
        page.get_by_role("button", name="Withdraw and erase").click()
        expect(page.get_by_role("heading", name="It is done")).to_be_visible()
        expect(page.locator("#renew")).to_be_hidden()
    assert [entry.body.get("what") for entry in entries[:3]] == [None, "new pass", "new pass"]


def test_a_registrar_withdraws_by_one_click_and_a_question(page: Page, context: ApiContext, fixtures: Path) -> None:
    _enrolled(context, fixtures)
    with serving(context) as address:
        page.goto(f"{address}/desk")
        page.locator("#people").get_by_role("button", name="Withdraw").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading")).to_have_text("Withdraw for Ana Anić?")
        dialog.get_by_role("button", name="Keep").click()
        expect(page.locator("#people")).to_contain_text("Ana Anić")
        page.locator("#people").get_by_role("button", name="Withdraw").click()
        dialog.get_by_role("button", name="Withdraw and erase").click()
        expect(page.locator("#people-title")).to_have_text("Nobody is enrolled")
    assert context.enrolment is not None
    assert context.enrolment.people() == []


def test_the_withdrawal_of_nobody_says_so(page: Page, context: ApiContext) -> None:
    with serving(context) as address:
        page.goto(f"{address}/withdraw")
        page.get_by_label("What the code on your pass says").fill("CUSTODES1:NOTHING")
        page.get_by_role("button", name="Withdraw and erase").click()
        expect(page.get_by_role("alert")).to_contain_text("This is no pass of custodes")
