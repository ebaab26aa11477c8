"""Rules that make no sense are refused before a camera starts."""

import pytest
from pydantic import BaseModel, ValidationError

from custodes.rules import RulesSettings, TripwireSettings, ZoneSettings
from custodes.rules.book import version_of

SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


@pytest.mark.parametrize(
    "zone",
    [
        {"name": "", "polygon": SQUARE},
        {"name": "a/b", "polygon": SQUARE},
        {"name": "a", "polygon": SQUARE[:2]},
        {"name": "a", "polygon": [*SQUARE, (1.5, 0)]},
        {"name": "a", "polygon": SQUARE, "classes": ["unicorn"]},
        {"name": "a", "polygon": SQUARE, "dwell_s": 0},
        {"name": "a", "polygon": SQUARE, "occupancy": 0},
        {"name": "a", "polygon": SQUARE, "colour": "red"},
    ],
)
def test_bad_zones_are_refused(zone):
    with pytest.raises(ValidationError):
        ZoneSettings(**zone)


def test_a_wire_without_length_is_refused():
    with pytest.raises(ValidationError, match="same point"):
        TripwireSettings(name="a", start=(0.5, 0.5), end=(0.5, 0.5))


def test_names_are_unique_among_zones_and_tripwires():
    zone, wire = {"name": "a", "polygon": SQUARE}, {"name": "a", "start": (0, 0), "end": (1, 1)}
    for rules in ({"zones": [zone, zone]}, {"tripwires": [wire, wire]}, {"zones": [zone], "tripwires": [wire]}):
        with pytest.raises(ValidationError, match="same name"):
            RulesSettings(**rules)
    assert RulesSettings(zones=[zone], tripwires=[wire | {"name": "b"}])


def test_a_wrong_class_is_named():
    with pytest.raises(ValidationError, match="'unicorn' is no COCO class"):
        RulesSettings(appeared=["unicorn"])


@pytest.mark.parametrize("model", [RulesSettings, ZoneSettings, TripwireSettings])
def test_every_setting_is_described(model: type[BaseModel]):
    assert all(field.description for field in model.model_fields.values())


def test_zones_and_wires_give_their_shapes():
    zone = ZoneSettings(name="a", polygon=SQUARE).to_zone()
    wire = TripwireSettings(name="b", start=(0, 0), end=(1, 1)).to_tripwire()
    assert (zone.name, zone.polygon) == ("a", tuple(SQUARE))
    assert (wire.name, wire.start, wire.end) == ("b", (0, 0), (1, 1))


def test_a_version_is_a_digest_of_the_settings():
    first = version_of(ZoneSettings(name="a", polygon=SQUARE))
    assert first == version_of(ZoneSettings(polygon=SQUARE, name="a", dwell_s=None))
    assert first != version_of(ZoneSettings(name="a", polygon=SQUARE, dwell_s=3))
    assert len(first) == 16
