"""A handful of answers makes a valid charter, whatever the answers hold."""

from datetime import date
from typing import get_args

import pytest
from charters import ns
from hypothesis import given
from hypothesis import strategies as st

from custodes.charter import (
    TEMPLATES,
    Answers,
    Charter,
    CharterError,
    Decision,
    Export,
    Kept,
    Playback,
    Recognise,
    RecognitionMode,
    Request,
    ShowLive,
    Store,
    TemplateName,
    decide,
    lapsed,
    parse_charter,
    render,
    summary,
)
from custodes.domain.events import CameraId

NAMES: tuple[TemplateName, ...] = get_args(TemplateName)
DOOR = CameraId("door")
ADOPTED = date(2027, 1, 1)


def answers(**others: str) -> Answers:
    given = {
        "camera": "door",
        "controller": "Example Ltd",
        "contact": "privacy@example.org",
        "place": "Mill Street 5",
        "view": "The door and two metres in front of it.",
        "baseline": "Three break-ins in 2025, none cleared up.",
        "law": "Road Traffic Act, Art. 12",
        "no_dpia_because": "One camera, one door, faces covered.",
    }
    return Answers(**{**given, **others}, adopted=ADOPTED)


def made(name: TemplateName) -> Charter:
    return parse_charter(render(name, answers()))


def test_every_name_has_a_template() -> None:
    assert set(NAMES) == set(TEMPLATES)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_makes_a_charter_that_holds_for_a_year(name: TemplateName) -> None:
    charter = made(name)
    assert lapsed(charter, ADOPTED) == ""
    assert lapsed(charter, date(2028, 1, 1)) == ""
    assert "necessity.review_by" in lapsed(charter, date(2028, 1, 2))
    assert "adopted" in lapsed(charter, date(2026, 12, 31))
    assert "#" in render(name, answers())


def asked(name: TemplateName, request: Request) -> Decision:
    return decide(request, made(name), ns(date(2027, 6, 1)))


@pytest.mark.parametrize("name", NAMES)
def test_no_template_recognises_seals_or_keeps_longer_than_72_hours(name: TemplateName) -> None:
    assert not any(asked(name, Recognise(DOOR, mode)).allowed for mode in RecognitionMode)
    assert not asked(name, Store(DOOR, Kept.SEALED, 1.0)).allowed
    assert not any(asked(name, Store(DOOR, kept, 72 * 3600.0 + 1)).allowed for kept in Kept)


@pytest.mark.parametrize("name", ["traffic-counting", "shop-entrance"])
def test_counting_needs_no_pictures(name: TemplateName) -> None:
    assert not asked(name, ShowLive(DOOR)).allowed
    assert not asked(name, Playback(DOOR, 1.0)).allowed
    assert not any(asked(name, Store(DOOR, kept, 1.0)).allowed for kept in (Kept.RECORDING, Kept.THUMBNAIL))
    assert not asked(name, Export(DOOR, Kept.RECORDING, "Police")).allowed
    assert asked(name, Store(DOOR, Kept.EVENT, 3600.0)).allowed


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).map(lambda text: f"Example {text}x")


@given(st.sampled_from(NAMES), texts, texts, texts, texts)
def test_answers_are_kept_as_they_are_or_refused(
    name: TemplateName, controller: str, place: str, view: str, baseline: str
) -> None:
    given = answers(
        controller=controller, place=place, view=f"{view}, and nothing else", baseline=f"{baseline}, and nothing else"
    )
    try:
        charter = parse_charter(render(name, given))
    except CharterError as error:
        # A place that says "and so on" spoils the purpose; nothing else can be wrong here.
        assert [problem.field for problem in error.problems] == ["purpose.statement"]  # noqa: PT017
        return
    assert (charter.controller.name, charter.location.place) == (controller, place)
    assert charter.necessity.baseline == f"{baseline}, and nothing else"
    assert controller in charter.sign.text


def test_a_wrong_answer_is_named() -> None:
    with pytest.raises(CharterError, match=r'necessity\.baseline = "We want it": .*20 characters'):
        render("workplace-door", answers(baseline="We want it"))
    with pytest.raises(CharterError, match=r"legal_basis\.law"):
        render("traffic-counting", answers(law=""))


def test_the_summary_says_it_in_plain_words() -> None:
    said = dict(summary(made("workplace-door")))
    assert said["Keeps"] == "redacted recordings 24 h, events 24 h"
    assert said["People may"] == "watch live, play recordings"
    assert said["Recognises"] == "nobody"
    assert said["Exports"] == "events, redacted recordings to Police"
    said = dict(summary(made("traffic-counting")))
    assert said["Keeps"] == "events 72 h"
    assert said["Exports"] == "nothing to anybody"


def test_what_stands_in_comments_can_be_taken_out_of_them() -> None:
    text = render("campus-path", answers())
    begin, end = text.index("# azimuth_deg"), text.index("[show]")
    lines = [line.removeprefix("# ") for line in text[begin:end].splitlines() if "for the register" not in line]
    charter = parse_charter(text[:begin] + "\n".join(lines) + "\n" + text[end:])
    assert charter.optics is not None
    assert charter.contract is not None
    assert charter.cost is not None
