"""Maps are to scale and point the right way."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.charter import Level, Resolution
from custodes.charter.tables import FieldOfView
from custodes.domain.errors import ConfigError
from custodes.register import chart, read_ground
from custodes.register.ground import Kind, Outline


def view(**more: Any) -> FieldOfView:
    return FieldOfView.model_validate(
        {"description": "The carriageway and both pavements.", "public_space": True} | more
    )


def spot(number: int, latitude: float, longitude: float, **more: Any) -> chart.Spot:
    return chart.Spot(number, f"Camera {number}", f"cameras/{number}.html", True, latitude, longitude, view(**more))


def places(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'data-x="([-\d.]+)" data-y="([-\d.]+)"', svg)]


def polygon(svg: str) -> list[tuple[float, float]]:
    [points] = re.findall(r'class="view lit" points="([^"]+)"', svg)
    return [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in points.split())]


@pytest.mark.parametrize(
    ("azimuth", "towards"), [(0, (0, -1)), (90, (1, 0)), (180, (0, 1)), (270, (-1, 0)), (45, (1, -1))]
)
def test_a_field_of_view_points_where_the_camera_looks(azimuth: int, towards: tuple[int, int]) -> None:
    (x, y), *arc = polygon(chart.local(view(azimuth_deg=azimuth, width_deg=60, reach_m=20), "View", "N"))
    middle = arc[len(arc) // 2]
    direction = math.atan2(middle[1] - y, middle[0] - x)
    assert direction == pytest.approx(math.atan2(towards[1], towards[0]), abs=0.01)
    first, last = (math.atan2(point[1] - y, point[0] - x) for point in (arc[0], arc[-1]))
    assert math.degrees((last - first) % math.tau) == pytest.approx(60, abs=0.5)


def test_without_a_direction_nothing_is_drawn() -> None:
    assert chart.local(view(), "View", "N") == ""
    assert "polygon" not in chart.city([spot(1, 44.8, 20.4)], "Map", "N")


def test_distances_and_the_scale_bar_agree() -> None:
    svg = chart.city([spot(1, 44.8, 20.4, azimuth_deg=0, reach_m=50), spot(2, 44.809, 20.4)], "Map", "N")
    (_, south), (_, north) = places(svg)
    [(length, metres)] = re.findall(r'H([\d.]+)V-6"/><text[^>]*>(\d+) m<', svg)
    per_metre = float(length) / float(metres)
    assert south - north == pytest.approx(0.009 * 110_574 * per_metre, rel=0.01)
    (_, y), *arc = polygon(svg)
    assert y - min(point[1] for point in arc) == pytest.approx(50 * per_metre, abs=0.2)


@given(
    st.lists(
        st.tuples(st.floats(-70, 70), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.integers(0, 359)),
        min_size=1,
        max_size=8,
    )
)
def test_every_marker_is_in_the_picture(cameras: list[tuple[float, float, float, int]]) -> None:
    base = cameras[0][0]
    spots = [
        spot(number, base + north, 20 + east, azimuth_deg=azimuth)
        for number, (_, north, east, azimuth) in enumerate(cameras, start=1)
    ]
    found = places(chart.city(spots, "Map", "N"))
    assert len(found) == len(spots)
    assert all(0 < x < 960 and 0 < y < 560 for x, y in found)


@given(st.floats(0.01, 1e7))
def test_scale_bars_have_round_lengths(metres: float) -> None:
    found = chart._nice(metres)
    assert found <= metres * 1.001 < 2.6 * found
    assert f"{found:.0e}"[0] in "125"


def test_names_do_not_lie_on_other_markers() -> None:
    alone = chart.city([spot(1, 44.8, 20.4)], "Map", "N")
    assert "Camera 1</text>" in alone
    crowd = chart.city([spot(number, 44.8, 20.4 + number * 1e-5) for number in range(5)], "Map", "N")
    assert "Camera 2</text>" not in crowd
    assert crowd.count("<title>Camera") == 5


def test_texts_are_escaped() -> None:
    one = chart.Spot(1, '<b>"', "x", True, 44.8, 20.4, view())
    assert "<b>" not in chart.city([one], "<i>", "N").replace("&lt;b&gt;", "")
    assert "<i>" not in chart.city([one], "<i>", "N")


def test_what_lies_under_the_map_is_drawn_as_far_as_it_is_in_the_picture() -> None:
    def outline(*places: tuple[float, float], closed: bool = False) -> Outline:
        return Outline(Kind.WAY, closed, places)

    spots = [spot(1, 44.8, 20.4)]
    assert 'class="grid"' in chart.city(spots, "Map", "N")
    across = chart.city(spots, "Map", "N", [outline((20.3, 44.8), (20.5, 44.8)), outline((21, 45), (22, 45))])
    assert 'class="grid"' not in across
    [path] = re.findall(r'class="way line" d="([^"]+)"', across)
    assert path.count("M") == 1
    (_, left), (_, right) = (pair.split() for pair in path[1:].split("L"))
    assert float(left) == float(right) == pytest.approx(280)
    area = chart.city(spots, "Map", "N", [outline((20.3, 44.7), (20.5, 44.7), (20.4, 44.9), closed=True)])
    assert re.search(r'class="way area" d="M[^"]+Z"', area)


def test_streets_water_and_parks_are_read_from_geojson(tmp_path: Path) -> None:
    def feature(tags: object, kind: str, coordinates: object) -> dict[str, object]:
        return {"type": "Feature", "properties": tags, "geometry": {"type": kind, "coordinates": coordinates}}

    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    features = [
        feature({"highway": "primary"}, "LineString", [[0, 0, 120], [1, 1]]),
        feature({"natural": "water"}, "MultiPolygon", [[ring], [ring, ring]]),
        feature({"natural": "wood"}, "Polygon", [ring]),
        feature({"building": "yes", "leisure": "pitch"}, "Polygon", [ring]),
        feature({"waterway": "river"}, "MultiLineString", [[[0, 0], [1, 1]]]),
        feature({"highway": "crossing"}, "Point", [0, 0]),
        feature({"boundary": "administrative"}, "Polygon", [ring]),
        feature(None, "Polygon", [ring]),
        {"type": "Feature", "properties": {"highway": "primary"}, "geometry": None},
    ]
    file = tmp_path / "streets.geojson"
    file.write_text(json.dumps({"attribution": "© Somebody", "features": features}), encoding="utf-8")
    ground = read_ground(file)
    assert ground.attribution == "© Somebody"
    assert [(str(one.kind), one.closed) for one in ground.outlines] == [
        ("way", False),
        *[("water", True)] * 3,
        ("green", True),
        ("building", True),
        ("water", False),
    ]
    assert ground.outlines[0].places == ((0, 0), (1, 1))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": [1]}', '{"features": [{"geometry": {}}]}'])
def test_what_is_no_geojson_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "streets.geojson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="no GeoJSON"):
        read_ground(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ground(tmp_path / "absent.geojson")


def test_with_optics_the_view_is_drawn_by_range_and_to_scale() -> None:
    optics = Resolution(1920, 60.0)
    svg = chart.local(view(azimuth_deg=90, width_deg=60, reach_m=40), "View", "N", optics)
    (x, _), *arc = polygon(svg)
    per_metre = (max(point[0] for point in arc) - x) / 40
    bands = dict(re.findall(r'class="band (\w+)" points="([^"]+)"', svg))
    assert list(bands) == [level.value for level in Level]
    for level in Level:
        reach = max(float(pair.partition(",")[0]) for pair in bands[level].split()) - x
        assert reach == pytest.approx(min(optics.reach_m(level), 40) * per_metre, abs=0.2)


def test_a_camera_that_is_off_has_no_ranges() -> None:
    spot_ = chart.Spot(1, "A", "a.html", False, 44.8, 20.4, view(azimuth_deg=0), Resolution(1920, 60.0))
    assert "band" not in chart.city([spot_], "Map", "N")


def test_without_a_stated_reach_the_view_is_drawn_as_far_as_people_can_be_told_from_nothing() -> None:
    optics = Resolution(1000, 90.0)
    svg = chart.city([chart.Spot(1, "A", "a.html", True, 44.8, 20.4, view(azimuth_deg=90), optics)], "Map", "N")
    assert optics.reach_m(Level.MONITOR) == pytest.approx(40)
    assert 'class="view lit"' in svg
