"""The register in a real browser: readable by everybody, on any screen, with and without JavaScript, asking nobody."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from custodes.charter import TEMPLATES, Answers, parse_charter, render
from custodes.register import CameraFact, Facts, ModelFact, build_register, installed, languages

CHROMIUM = Path("/usr/bin/chromium")
DAY = date(2027, 6, 1)
PLACES = ((44.8125, 20.4612), (44.8071, 20.4689), (44.8158, 20.4655), (44.8102, 20.4529), (44.8104, 20.4533))
CONTRAST = """
() => {
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || element.closest("svg") || element.closest(".skip")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${walk.currentNode.textContent.trim()}`);
  }
  return poor;
}
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with a camera from each template; one lapsed, one without a charter."""
    folder = tmp_path_factory.mktemp("register") / "site"
    cameras = [CameraFact("yard", "Back yard", settings={})]
    for (name, _), (latitude, longitude) in zip(TEMPLATES.items(), PLACES, strict=True):
        answers = Answers(
            camera=name,
            controller="Grad Primerov, Sekretarijat za saobraćaj",
            contact="kamere@primerov.example",
            place=f"Place of {name}",
            view="The path and ten metres of lawn on each side, up to the bicycle racks.",
            baseline="Eleven bicycles were stolen in 2026; none of these cases was cleared up.",
            adopted=date(2026, 1, 1) if name == "workplace-door" else date(2027, 1, 1),
            law="Road Traffic Act, Art. 12",
            no_dpia_because="Only counts are kept.",
        )
        text = render(name, answers).replace("# latitude = 44.8125", f"latitude = {latitude}")
        text = text.replace("# longitude = 20.4612", f"longitude = {longitude}").replace("# azimuth", "azimuth")
        cameras.append(CameraFact(name, name.title(), parse_charter(text), settings={}))
    model = ModelFact("yunet", "faces", "MIT", "pypi: x 1", "ef" * 32, "")
    build_register(Facts(DAY, "custodes 0.1.0", tuple(cameras), (model,), installed()), folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


PAGES = ["index.html", *(f"{tag}/{name}" for tag in languages() for name in ("index.html", "cameras/campus-path.html"))]


@pytest.mark.parametrize("name", [*PAGES, "en/cameras/yard.html", "en/cameras/workplace-door.html"])
def test_everybody_can_read_it_on_any_screen_and_nobody_else_is_asked(page: Page, site: Path, name: str) -> None:
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto(f"file://{site / name}")
    assert page.evaluate(CONTRAST) == []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(f"file://{site}")] == []
    assert told == []


def test_the_language_switch_stays_on_the_same_camera(page: Page, site: Path) -> None:
    page.goto(f"file://{site}/en/cameras/campus-path.html")
    page.get_by_role("navigation", name="Languages").get_by_text("српски").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Campus-Path")
    assert page.url.endswith("/sr-Cyrl/cameras/campus-path.html")
    expect(page.locator("html")).to_have_attribute("lang", "sr-Cyrl")


def test_the_map_can_be_moved_and_leads_to_cameras(page: Page, site: Path) -> None:
    page.goto(f"file://{site}/en/index.html")
    near, bar = page.get_by_role("button", name="Closer"), page.locator("#map .bar text")
    before = bar.text_content()
    marker = page.locator("#map a.spot circle").first
    size = marker.bounding_box()
    near.click()
    near.click()
    assert bar.text_content() != before
    box = marker.bounding_box()
    assert box is not None
    assert size is not None
    assert box["width"] == pytest.approx(size["width"], rel=0.05)
    page.get_by_role("button", name="Show everything").click()
    assert bar.text_content() == before
    page.locator("#map a[href='cameras/shop-entrance.html']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/cameras/shop-entrance.html")


def test_the_skip_link_comes_first_by_keyboard(page: Page, site: Path) -> None:
    page.goto(f"file://{site}/en/index.html")
    page.keyboard.press("Tab")
    expect(page.get_by_text("To the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_without_javascript_everything_but_zooming_is_there(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{site}/en/index.html")
    expect(page.locator("#zoom")).to_be_hidden()
    expect(page.locator("#map a.spot")).to_have_count(5)
    page.locator("#map a[href='cameras/campus-path.html'] circle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Campus-Path")
    context.close()
