"""How finely a camera sees, and what a charter may state of optics, contract and cost."""

import math
from typing import Any

import pytest
from charters import DOCUMENT, FULL, with_
from hypothesis import given
from hypothesis import strategies as st

from custodes.charter import (
    PX_PER_M,
    Charter,
    CharterError,
    Direction,
    Level,
    Resolution,
    compare,
    parse_charter,
    resolution,
    summary,
)

VIEW = {**DOCUMENT["field_of_view"], "width_deg": 90}
SEEN = {**DOCUMENT, "field_of_view": VIEW, "optics": {"image_width_px": 1920, "distances_m": [20, 5, 5]}}


def test_pixels_a_metre_follow_from_width_and_angle() -> None:
    optics = Resolution(1920, 90.0)  # at 90 degrees, the view is twice as wide as it is far away
    assert optics.px_per_m(10.0) == pytest.approx(96.0)
    assert optics.reach_m(Level.IDENTIFY) == pytest.approx(1920 / 500)
    assert optics.reach_m(Level.DETECT) == pytest.approx(1920 / 50)
    assert [optics.allows(metres) for metres in (0.5, 3.84, 10.0, 100.0)] == [
        Level.INSPECT,
        Level.IDENTIFY,
        Level.OBSERVE,
        None,
    ]


def test_the_levels_are_those_of_the_standard_of_2014() -> None:
    assert [PX_PER_M[level] for level in Level] == [12.5, 25, 62.5, 125, 250, 1000]


@given(st.integers(16, 20_000), st.floats(1, 179), st.sampled_from(Level))
def test_a_level_reaches_as_far_as_its_pixels_do(width: int, angle: float, level: Level) -> None:
    optics = Resolution(width, angle)
    reach = optics.reach_m(level)
    assert optics.px_per_m(reach) == pytest.approx(PX_PER_M[level])
    assert list(Level).index(optics.allows(reach * 0.99) or Level.MONITOR) >= list(Level).index(level)
    assert optics.allows(reach * 1.01) != level
    assert math.isfinite(reach)


def test_a_charter_states_its_optics_with_the_angle_of_view() -> None:
    found = resolution(Charter.model_validate(SEEN))
    assert found == Resolution(1920, 90, (5.0, 20.0))
    assert resolution(Charter.model_validate(DOCUMENT)) is None


STATED = {
    **FULL,
    "field_of_view": VIEW,
    "optics": {"image_width_px": 1920},
    "contract": {"supplier": "Example Ltd", "reference": "7/2026", "link": "https://example.org/7"},
    "cost": {"currency": "EUR", "capital": 900, "yearly": 120},
}


def test_what_is_not_stated_leaves_the_version_as_it_was() -> None:
    charter = Charter.model_validate(FULL)
    assert b"optics" not in charter.canonical()
    assert Charter.model_validate(STATED).version != charter.version
    again = Charter.model_validate_json(Charter.model_validate(STATED).canonical())
    assert again == Charter.model_validate(STATED)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("field_of_view.width_deg", None, "field_of_view.width_deg"),
        ("field_of_view.width_deg", 180, "less than 180"),
        ("optics.image_width_px", 8, "greater than or equal to 16"),
        ("optics.image_width_px", "1920", "integer"),
        ("optics.distances_m", [0], "greater than 0"),
        ("optics.lens", "4 mm", "no such field"),
        ("contract.link", "example.org", "no https:// address"),
        ("contract.supplier", "", "contract.supplier"),
        ("cost.currency", "Euro", "ISO 4217"),
        ("cost.capital", -1, "greater than or equal to 0"),
        ("cost.capital", 12.5, "integer"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(field: str, value: object, why: str) -> None:
    with pytest.raises(CharterError) as refused:
        parse_charter(_toml(with_(STATED, field, value)))
    assert any(why in str(problem) for problem in refused.value.problems), refused.value


def test_a_cost_of_nothing_is_no_cost() -> None:
    with pytest.raises(CharterError, match="states no amount"):
        parse_charter(_toml({**STATED, "cost": {"currency": "EUR"}}))


def _toml(document: dict[str, Any]) -> str:
    import tomlkit

    return tomlkit.dumps(document)


def test_changes_are_told_and_more_pixels_are_more() -> None:
    old = Charter.model_validate(STATED)
    new = Charter.model_validate(with_(with_(STATED, "optics.image_width_px", 3840), "cost.yearly", 150))
    assert [(change.direction, change.text) for change in compare(old, new)] == [
        (Direction.MORE, "pixels across the picture: 1920 -> 3840"),
        (Direction.OTHER, "cost a year: 120 -> 150"),
    ]


def test_plain_words_name_them() -> None:
    words = dict(summary(Charter.model_validate(STATED)))
    assert words["Sees"].startswith("monitor up to 76.8 m, detect up to 38.4 m")
    assert words["Contract"] == "Example Ltd, 7/2026, https://example.org/7"
    assert words["Costs"] == "900 EUR once, 120 EUR a year"
