"""`register.json` and GeoJSON."""

import hashlib
import itertools
import json

from examples import LOG, MILL, STATED, camera, everything, facts

from custodes.domain.canonical import canonical_json
from custodes.register.machine import geojson, register_json


def test_the_register_names_every_camera_with_its_state() -> None:
    found = json.loads(register_json(everything()))
    assert (found["format"], found["generated_for"]) == (1, "2027-06-01")
    assert found["generated_from_checkpoint"] == LOG.checkpoint
    states = {one["id"]: (one["state"], bool(one["reason"])) for one in found["cameras"]}
    assert len(states) == len(everything().cameras)
    assert {name for name, state in states.items() if state == ("chartered", False)} == {"gate", "mill"}
    assert {name for name, state in states.items() if state == ("dark", True)} == set(states) - {"gate", "mill"}


def test_a_charter_in_it_hashes_to_its_version() -> None:
    for one in json.loads(register_json(everything()))["cameras"]:
        if one["charter"] is None:
            assert one["charter_version"] == ""
        else:
            assert hashlib.sha256(canonical_json(one["charter"])).hexdigest() == one["charter_version"]


def test_figures_are_in_it_and_null_where_there_are_none() -> None:
    found = {one["id"]: one for one in json.loads(register_json(everything()))["cameras"]}
    assert found["mill"]["statistics"] == {
        "from_s": 1_811_700_000,
        "to_s": 1_811_800_000,
        "coverage": 0.99,
        "gaps": 2,
        "gap_s": 1000,
        "events": {"crossed": 17},
    }
    assert found["mill"]["log"] == {"consultation.live": 2, "consultation.playback": 3, "unseal.request": 1}
    assert (found["gate"]["statistics"], found["gate"]["log"]) == (None, {})
    alone = json.loads(register_json(facts(camera("mill", MILL))))
    assert alone["generated_from_checkpoint"] == ""
    assert alone["cameras"][0]["log"] is None


def test_geojson_has_points_and_fields_of_view() -> None:
    [point, view] = json.loads(geojson(facts(camera("mill", MILL))))["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [20.4612, 44.8125]}
    assert point["properties"]["camera:direction"] == 90
    assert point["properties"]["surveillance"] == "public"
    assert point["properties"]["state"] == "chartered"
    [ring] = view["geometry"]["coordinates"]
    assert ring[0] == ring[-1] == [20.4612, 44.8125]
    assert all(longitude >= 20.4612 for longitude, _ in ring)
    # RFC 7946: outer rings go round counterclockwise.
    assert sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise(ring)) > 0


def test_a_camera_without_coordinates_is_on_no_map_but_in_the_register() -> None:
    there = facts(camera("mill", {**MILL, "location": {"place": "Mill Street 5"}}))
    assert json.loads(geojson(there))["features"] == []
    assert len(json.loads(register_json(there))["cameras"]) == 1


def test_optics_are_there_for_machines_with_what_they_allow_at_which_distance() -> None:
    stated, bare = json.loads(register_json(facts(camera("stated", STATED), camera("mill", MILL))))["cameras"]
    assert (bare["resolution"], stated["charter"]["contract"]["supplier"]) == (None, "Example Video Ltd")
    found = stated["resolution"]
    assert (found["by"], found["image_width_px"], found["angle_deg"]) == ("IEC 62676-4:2014", 1920, 80)
    assert found["reach_m"]["identify"] == 4.58
    assert found["distances"] == [
        {"distance_m": 5, "px_per_m": 228.8, "allows": "recognise"},
        {"distance_m": 40, "px_per_m": 28.6, "allows": "detect"},
    ]


def test_geojson_has_an_outline_for_each_level_no_larger_than_the_view() -> None:
    point, view, *bands = json.loads(geojson(facts(camera("stated", STATED))))["features"]
    assert point["properties"]["image_width_px"] == 1920
    levels = ["monitor", "detect", "observe", "recognise", "identify", "inspect"]
    assert [one["properties"]["level"] for one in bands] == levels
    east = [max(longitude for longitude, _ in one["geometry"]["coordinates"][0]) for one in [view, *bands]]
    assert east == sorted(east, reverse=True)
    assert east[0] == east[1] == east[2] > east[3]  # detect reaches beyond the forty metres that the charter states
