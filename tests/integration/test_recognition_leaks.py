"""A crowd walks past an empty recognition point: nothing is computed of anybody, and nothing is left anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sim.houses import IDENTIFY, House
from sim.memory import found_in_files, needles_of
from sim.visitors import portrait

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]


def test_a_crowd_past_an_empty_zone_leaves_no_template_anywhere(
    tmp_path: Path, campus_clip: Path, fixtures: Path
) -> None:
    house = House(tmp_path)
    photos = [portrait(fixtures, 3, number) for number in (1, 2, 3, 4)]
    house.enrol(photos, IDENTIFY)
    template = house.template(photos)
    needles = needles_of(template.vector) + needles_of(house.safe.rotated(template))
    house.close()
    done = subprocess.run(
        [sys.executable, "-m", "sim.watching", "crowd", str(tmp_path), str(campus_clip), "25"],
        input=f"{json.dumps([one.hex() for one in needles])}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    watched, control = (json.loads(line) for line in done.stdout.splitlines())
    assert watched["analysed"] > 0
    assert watched["people"].get("person", 0) > 0
    assert watched["computed"] == 0
    assert watched["found"] == 0
    assert control["control"] > 0, "a template that is there would be found"
    (tmp_path / "said.log").write_text(done.stderr, encoding="utf-8")
    assert found_in_files(tmp_path, needles) == []
    assert House(tmp_path).answers() == []
