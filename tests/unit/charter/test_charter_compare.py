"""What became more and what less."""

from datetime import date
from typing import Any

import pytest
from charters import DOCUMENT, FULL, MODELS, with_, without_capability
from pydantic import BaseModel

from custodes.charter import Charter, Direction, compare
from custodes.charter.compare import MEASURES
from custodes.charter.problems import table_in
from custodes.charter.tables import Recipient

MORE, LESS, OTHER = Direction.MORE, Direction.LESS, Direction.OTHER


def fields(model: type[BaseModel], path: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        table = table_in(field.annotation)
        found += fields(table, f"{path}{name}.") if table not in {None, Recipient} else [path + name]
    return found


def test_every_field_is_measured() -> None:
    assert list(MEASURES) == fields(Charter)


def changes(field: str, value: object, document: dict[str, Any] = FULL) -> list[tuple[str, Direction, str]]:
    new = Charter.model_validate(with_(document, field, value))
    return [(one.field, one.direction, one.text) for one in compare(Charter.model_validate(document), new)]


WIDER: list[tuple[str, object, str]] = [
    ("cameras", ["mill", "bridge", "door"], "cameras: added door"),
    ("necessity.review_by", date(2028, 6, 30), "review of the necessity due by: 2027-12-31 -> 2028-06-30"),
    ("storage.recording_hours", 72, "retention of recordings, hours: 24 -> 72"),
    ("analytics.classes", ["bicycle", "car", "person"], "classes looked for: added person"),
    ("analytics.rules", ["crossed", "zone", "dwell"], "kinds of events: added dwell"),
    ("recognition.modes", ["verify", "identify"], "recognition: added identify"),
    (
        "recognition.capability.threshold",
        0.4,
        "threshold of recognition: 0.45 -> 0.4",
    ),
    ("custodians.names", ["Mayor", "Ombudsman", "Works council", "Clerk"], "custodians: added Clerk"),
    ("field_of_view.width_deg", 90, "angle of view, degrees: 60 -> 90"),
    ("storage.early_deletion", ["disk space", "erasure request"], "reasons for early deletion: added erasure request"),
]
WIDE = with_(FULL, "field_of_view.width_deg", 60)


@pytest.mark.parametrize(("field", "value", "text"), WIDER)
def test_what_is_more_one_way_is_less_the_other(field: str, value: object, text: str) -> None:
    assert changes(field, value, WIDE) == [(field, MORE, text)]
    old, new = Charter.model_validate(with_(WIDE, field, value)), Charter.model_validate(WIDE)
    assert [change.direction for change in compare(old, new)] == [LESS]


def test_what_is_switched_on_is_more() -> None:
    assert changes("show.live", True, DOCUMENT) == [("show.live", MORE, "watching live: no -> yes")]
    assert changes("show", None) == [
        ("show.live", LESS, "watching live: yes -> no"),
        ("show.playback", LESS, "playing recordings: yes -> no"),
        ("show.search", LESS, "searching events: yes -> no"),
    ]


def test_a_model_that_makes_templates_is_more_and_none_is_less() -> None:
    bare = with_(FULL, "recognition", without_capability())
    given = changes("recognition", FULL["recognition"], bare)
    assert given[0] == ("recognition.capability.model", MORE, f'model of recognition: nothing -> "{MODELS[0]}"')
    assert {direction for _, direction, _ in given[1:]} == {OTHER}
    assert changes("recognition", without_capability())[0][:2] == ("recognition.capability.model", LESS)
    assert changes("recognition.capability.model", MODELS[1])[0][1] is MORE


def test_fewer_custodians_to_open_are_more() -> None:
    assert changes("custodians.needed", 3) == [
        ("custodians.needed", LESS, "custodians needed to open originals: 2 -> 3")
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose.statement", "Count bicycles, cars and trams on Mill Street hourly, to plan the signal timing."),
        ("location.place", "Mill Street 7"),
        ("field_of_view.description", "The carriageway, both pavements, and the shop windows."),
        ("location.latitude", 44.9),
        ("adopted", date(2026, 12, 1)),
    ],
)
def test_what_cannot_be_measured_counts_as_more(field: str, value: object) -> None:
    assert [(name, direction) for name, direction, _ in changes(field, value)] == [(field, MORE)]


def test_a_limit_that_is_no_longer_stated_is_more() -> None:
    wide = Charter.model_validate(WIDE)
    [change] = compare(wide, Charter.model_validate(FULL))
    assert (change.direction, change.text) == (MORE, "angle of view, degrees: 60 -> nothing")


def test_a_limit_that_is_stated_at_last_is_neither() -> None:
    assert changes("field_of_view.reach_m", 25) == [("field_of_view.reach_m", OTHER, "reach, metres: nothing -> 25")]
    assert changes("field_of_view.azimuth_deg", 90)[0][1] is OTHER


def test_custodians_that_are_no_longer_needed_are_not_more() -> None:
    unsealed = with_(FULL, "storage.sealed_hours", 0)
    assert {direction for _, direction, _ in changes("custodians", None, unsealed)} == {LESS, OTHER}


def test_other_words_are_neither() -> None:
    assert [direction for _, direction, _ in changes("necessity.baseline", "Counts by hand on three days.")] == [OTHER]


def test_recipients_are_compared_by_name_and_by_what_they_receive() -> None:
    police = FULL["recipients"][0]
    court = {**police, "name": "Court", "receives": ["event"]}
    assert changes("recipients", [police, court]) == [("recipients", MORE, "recipients: added Court (event)")]
    assert changes("recipients", [{**police, "receives": ["recording", "sealed"]}]) == [
        ("recipients", MORE, "recipients: added Police (sealed)")
    ]
    assert changes("recipients", []) == [("recipients", LESS, "recipients: removed Police (recording)")]
    assert changes("recipients", [{**police, "reason": "Whenever they ask, in whatever form."}]) == [
        (
            "recipients",
            MORE,
            'why Police receives: "On a written request with a case number." -> "Whenever they ask, in whatever form."',
        )
    ]
