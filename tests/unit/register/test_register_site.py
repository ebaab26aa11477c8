"""The public site: everything is in it, nothing is fetched from elsewhere, and anybody can use it."""

import hashlib
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

import pytest
from examples import DAY, GATE, LOG, MILL, STATED, camera, charter, everything, facts

from custodes.domain.errors import ConfigError
from custodes.identity.attempts import Result, Tally
from custodes.register import build_register, languages, render_register, words

FILES = render_register(everything())
PAGES = sorted(name for name in FILES if name.endswith(".html"))
LANDMARKS = {"header", "nav", "main", "footer"}


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def links(self) -> list[str]:
        return [one[name] for _, one in self.tags for name in ("href", "src") if name in one]


def page(name: str, files: dict[str, bytes] = FILES) -> Page:
    return Page(files[name].decode("utf-8"))


def test_the_same_facts_make_the_same_bytes() -> None:
    assert render_register(everything()) == FILES


@pytest.mark.parametrize("tag", languages())
def test_every_camera_is_listed_dark_ones_with_the_reason(tag: str) -> None:
    index, say = page(f"{tag}/index.html"), words(tag)
    for one in everything().cameras:
        standing, _ = one.standing(DAY)
        assert f"cameras/{one.id}.html" in index.links()
        own = page(f"{tag}/cameras/{one.id}.html")
        for shown in (index, own):
            assert say(f"standing.{standing}") in shown.text
        if standing != "chartered":
            assert say(f"why.{standing}") in index.text
            assert say(f"why.{standing}") in own.text


def test_the_reason_why_a_charter_is_not_valid_is_told() -> None:
    assert "purpose.statement: it is vague" in page("en/cameras/broken.html").text


@pytest.mark.parametrize("tag", languages())
def test_a_page_says_what_the_charter_says(tag: str) -> None:
    text = page(f"{tag}/cameras/gate.html").text
    own = next(one.charter for one in everything().cameras if one.id == "gate")
    assert own is not None
    for said in (
        own.controller.name,
        own.controller.contact,
        own.controller.officer,
        own.purpose.statement,
        own.legal_basis.citation,
        own.legal_basis.law,
        own.legal_basis.reason,
        own.necessity.baseline,
        own.necessity.alternatives[0],
        own.field_of_view.description,
        "Police",
        own.recipients[0].reason,
        "Ombudsman",
        own.dpia.sha256,
        own.version,
        words(tag)("class.bicycle"),
        words(tag)("kept.sealed"),
        words(tag)("hours", hours=12),
        words(tag)("hours", hours=72),
        "Small faces are missed.",
        "ef" * 32,
    ):
        assert said in text, said


def test_figures_are_told_and_what_is_not_measured_says_so() -> None:
    mill, gate = page("en/cameras/mill.html").text, page("en/cameras/gate.html").text
    for said in (
        "99.0 %",
        "2, together 17\u00a0min",
        "something crossed a line: 17",
        "5, and 4 for all cameras at once",
    ):
        assert said in mill
    assert "not measured: nothing is kept of this camera" in gate
    without = page("en/cameras/gate.html", render_register(replace(everything(), log=None))).text
    assert "not known: no log is published" in without
    assert "No log is published yet." in without
    assert re.search(r"Error rates of recognition\s*not measured", gate)
    assert re.search(r"Error rates of recognition\s*none: nobody is recognised", mill)


def test_failures_to_enrol_are_told_where_people_are_recognised() -> None:
    facts = everything()
    assert "Failures to enrol" not in page("en/cameras/mill.html").text
    assert re.search(r"Failures to enrol\s*not measured: nobody has tried", page("en/cameras/gate.html").text)
    tally = Tally({Result.ENROLLED: 7, Result.BLURRED: 1, Result.TOO_ALIKE: 2})
    counted = replace(facts, cameras=tuple(replace(camera, enrolling=tally) for camera in facts.cameras))
    made = render_register(counted)
    assert re.search(r"Failures to enrol\s*1 of 8 attempts, 12.5 %", page("en/cameras/gate.html", made).text)
    told = json.loads(made["register.json"])["cameras"]
    assert [one["enrolling"] for one in told] == [{"attempts": 8, "failed": 1}] * len(told)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(name: str) -> None:
    one = page(name)
    assert one.all("html")[0]["lang"] in languages()
    assert one.all("title")
    levels = [int(tag[1]) for tag, _ in one.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    if name != "index.html":
        assert {tag for tag, _ in one.tags} >= LANDMARKS
        assert one.all("a")[0]["href"] == "#main"
    assert len(one.all("main")) == 1
    assert all("alt" in image for image in one.all("img"))
    assert all(button.get("aria-label") for button in one.all("button"))
    assert all(table_head.get("scope") for table_head in one.all("th"))
    identifiers = [attributes["id"] for _, attributes in one.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {one["aria-labelledby"] for one in one.all("section")} <= set(identifiers)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_from_elsewhere_and_links_lead_somewhere(name: str) -> None:
    one = page(name)
    policy = next(meta["content"] for meta in one.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert [attributes for tag, attributes in one.tags if "style" in attributes or tag in {"iframe", "object"}] == []
    for link in one.links():
        parts = urlsplit(link)
        if parts.scheme == "mailto" or not parts.path:
            continue
        assert not parts.scheme, link
        assert not parts.netloc, link
        places: list[str] = []
        for part in (PurePosixPath(name).parent / parts.path).parts:
            places = places[:-1] if part == ".." else [*places, part]
        assert "/".join(places) in FILES, link


def test_every_language_leads_to_the_others() -> None:
    for tag in languages():
        hrefs = {one.get("hreflang"): one["href"] for one in page(f"{tag}/cameras/mill.html").all("a")}
        for other in languages():
            assert hrefs[other] == f"../../{other}/cameras/mill.html"


def test_texts_of_charters_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script> & \"quotes\" 'here'"
    document = {
        **MILL,
        "purpose": {"statement": f"Count bicycles and cars on Mill Street hourly {evil}"},
        "controller": {"name": f"City {evil}", "contact": "x@example.org <b>"},
        "field_of_view": {**MILL["field_of_view"], "description": f"The carriageway {evil}"},
        "sign": {"text": f"City {evil} counts here: x@example.org <b>"},
    }
    files = render_register(facts(camera("mill", document, name=evil)))
    for name in files:
        if name.endswith(".html"):
            text = files[name].decode("utf-8")
            assert "<script>alert" not in text
            assert "<b>" not in text
    assert evil in page("en/cameras/mill.html", files).text


def test_a_charter_can_be_downloaded_and_hashes_to_its_name() -> None:
    charters = {name: content for name, content in FILES.items() if name.startswith("charters/")}
    assert len(charters) == 7
    assert all(hashlib.sha256(content).hexdigest() == PurePosixPath(name).stem for name, content in charters.items())


def test_an_unlisted_camera_can_be_reported_by_mail_and_where_there_is_none_by_what_there_is() -> None:
    index = page("en/index.html")
    [mail] = [urlsplit(link) for link in index.links() if link.startswith("mailto:traffic@example.org?")]
    asked = parse_qs(mail.query)
    assert asked["subject"] == ["A camera that is not in the register"]
    assert "Where it hangs" in asked["body"][0]
    assert "Grad Ćuprija: +381 35 000 000" in index.text


def test_the_map_has_the_cameras_that_state_coordinates() -> None:
    def targets(one: Page) -> list[str]:
        return [link["href"] for link in one.all("a") if link.get("class", "").startswith("spot")]

    lit = page("en/index.html")
    assert set(targets(lit)) == {f"cameras/{one.id}.html" for one in everything().cameras if one.charter}
    assert "No coordinates are stated for Bare and Broken." in lit.text
    bare = page("en/index.html", render_register(facts(camera("bare", None))))
    assert bare.all("svg") == []
    assert bare.all("script") == []


def test_an_empty_register_is_a_register() -> None:
    files = render_register(facts())
    assert "No camera is connected." in page("en/index.html", files).text
    assert "No controller with a contact is known here." in page("en/index.html", files).text


def test_building_again_changes_only_what_changed(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    build_register(facts(camera("mill", MILL), camera("gate", GATE)), folder)
    untouched = folder / "style.css"
    before = untouched.stat().st_mtime_ns
    build_register(facts(camera("mill", MILL)), folder)
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    expected = set(render_register(facts(camera("mill", MILL))))
    old = camera("gate", GATE).charter
    assert old is not None
    assert written == expected | {f"charters/{old.version}.json"}
    assert untouched.stat().st_mtime_ns == before
    for name, content in render_register(facts(camera("mill", MILL))).items():
        assert (folder / name).read_bytes() == content


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    with pytest.raises(ConfigError, match="no register"):
        build_register(facts(camera("mill", MILL)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        build_register(facts(), tmp_path / "file" / "site")


def test_long_retention_links_to_its_justification() -> None:
    storage = {"event_hours": 100, "justification": "Counts of a week.", "published_at": "https://example.org/why"}
    files = render_register(facts(camera("mill", {**MILL, "storage": storage})))
    assert "https://example.org/why" in page("en/cameras/mill.html", files).links()
    assert charter({**MILL, "storage": storage}).storage.event_hours == 100


def test_optics_contract_and_cost_are_shown_where_they_are_stated() -> None:
    files = render_register(facts(camera("stated", STATED), camera("mill", MILL)))
    own = page("en/cameras/stated.html", files)
    for text in (
        "A picture 1920 pixels wide over 80°",
        "establish who a stranger is",
        "At 5 m it sees 229 pixels a metre: say whether it is somebody one knows.",
        "Example Video Ltd",
        "12,900\u00a0EUR",
    ):
        assert text in own.text
    assert "https://example.org/contract-7" in own.links()
    assert own.text.count("4.6\u00a0m") == 1  # 1920 / (2 tan 40 degrees) / 250
    assert "12.900\u00a0EUR" in page("sr-Latn/cameras/stated.html", files).text
    bare = page("en/cameras/mill.html", files)
    for text in ("nobody can tell from here how finely", "No contract is stated", "What it costs is not stated"):
        assert text in bare.text


def test_the_list_adds_up_what_is_stated() -> None:
    other = {**STATED, "cameras": ["other"], "cost": {"currency": "RSD", "capital": 90_000}}
    more = {**STATED, "cameras": ["more"]}
    cameras = [camera("stated", STATED), camera("more", more), camera("other", other), camera("mill", MILL)]
    index = page("en/index.html", render_register(facts(*cameras)))
    assert "for 2 of 4 cameras: Bought and put up for: 25,800\u00a0EUR; A year: 2,240\u00a0EUR." in index.text
    assert "for 1 of 4 cameras: Bought and put up for: 90,000\u00a0RSD." in index.text
    assert "Supplier" in index.text


def test_enrolments_are_counted_where_people_are_recognised() -> None:
    log = replace(LOG, counts={"gate": {"enrolment.made": 3, "enrolment.withdrawn": 1}})
    files = render_register(facts(camera("gate", GATE), camera("mill", MILL), log=log))
    assert re.search(r"Enrolments and new passes\s*3\b", page("en/cameras/gate.html", files).text)
    assert "Enrolments" not in page("en/cameras/mill.html", files).text
