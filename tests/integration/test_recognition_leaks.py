"""A crowd walks past an empty recognition point: nothing is computed of anybody, and nothing is left anywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.houses import IDENTIFY, House
from sim.memory import found_in_files, needles_of
from sim.visitors import portrait

TESTS = Path(__file__).resolve().parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]


def watching(what: str, *arguments: object, needles: list[bytes]) -> tuple[list[dict[str, Any]], str]:
    """Return what another process found, and what it logged."""
    done = subprocess.run(
        [sys.executable, "-m", "sim.watching", what, *map(str, arguments)],
        input=f"{json.dumps([one.hex() for one in needles])}\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_crowd_past_an_empty_zone_leaves_no_template_anywhere(
    tmp_path: Path, campus_clip: Path, fixtures: Path
) -> None:
    house = House(tmp_path)
    photos = [portrait(fixtures, 3, number) for number in (1, 2, 3, 4)]
    house.enrol(photos, IDENTIFY)
    template = house.template(photos)
    needles = needles_of(template.vector) + needles_of(house.safe.rotated(template))
    house.close()
    [watched, control], said = watching("crowd", tmp_path, campus_clip, "25", needles=needles)
    assert watched["analysed"] > 0
    assert watched["people"].get("person", 0) > 0
    assert watched["computed"] == 0
    assert watched["found"] == 0
    assert control["control"] > 0, "a template that is there would be found"
    (tmp_path / "said.log").write_text(said, encoding="utf-8")
    assert found_in_files(tmp_path, needles) == []
    assert House(tmp_path).answers() == []


@pytest.mark.parametrize(("visitor", "outcome"), [(30, "NotRecognised"), (3, "Recognised")])
def test_nothing_that_was_computed_of_a_visitor_is_in_memory_afterwards(
    tmp_path: Path, fixtures: Path, visitor: int, outcome: str
) -> None:
    house = House(tmp_path)
    house.enrol([portrait(fixtures, 3, number) for number in (1, 2, 3, 4)], IDENTIFY)
    house.close()
    [found], _ = watching("visitor", tmp_path, visitor, needles=[])
    assert found["outcome"] == outcome
    assert found["computed"] == 3
    assert found["while_it_goes_on"] > 0, "what is there is found"
    assert (found["numbers"], found["faces"]) == (0, 0)
