"""Reading passes: what is missed in one size is read in the next picture, and only in the zone."""

import cv2
import numpy as np
import pytest

from custodes.domain.time import NS_PER_S
from custodes.identity import Pass
from custodes.recognition.passes import PassReader
from custodes.recognition.zone import PixelZone, View

SIDE, AT = 320, 60
CODE = 102
"""Pixels of the code: 2.5 of each of its modules."""
CORNER = np.array([40, 30])
"""Where the view lies in the picture."""


def numbered(seed: int) -> Pass:
    raw = np.random.default_rng(seed).bytes(40)
    return Pass(raw[:8].hex(), raw[8:])


def view(shown: Pass) -> View:
    code = cv2.imdecode(np.frombuffer(shown.png(), np.uint8), cv2.IMREAD_COLOR)
    picture = np.full((SIDE, SIDE, 3), 120, np.uint8)
    picture[AT : AT + CODE, AT : AT + CODE] = cv2.resize(code, (CODE, CODE), interpolation=cv2.INTER_AREA)
    return View(picture, CORNER)


def zone(left: float, right: float) -> PixelZone:
    return PixelZone(((left, 0), (right, 0), (right, 480), (left, 480)), (640, 480))


def looks(shown: Pass, where: PixelZone, count: int = 2) -> list[Pass | None]:
    reader = PassReader()
    return [reader.read(view(shown), where, look * NS_PER_S) for look in range(count)]


@pytest.mark.parametrize(("seed", "read"), [(0, [True, True]), (20, [True, False]), (168, [False, True])])
def test_what_is_missed_in_one_size_is_read_in_the_other(seed: int, read: list[bool]) -> None:
    shown = numbered(seed)
    assert [found == shown for found in looks(shown, zone(0, 640))] == read


def test_a_pass_counts_where_its_code_lies_in_the_zone_in_either_size() -> None:
    shown, left = numbered(0), int(CORNER[0]) + AT
    assert looks(shown, zone(left, left + CODE)) == [shown, shown]
    for beside in (zone(left + 20, 640), zone(0, left + CODE - 20)):
        assert looks(shown, beside) == [None, None]


def test_pictures_are_looked_at_three_times_a_second() -> None:
    reader, shown = PassReader(), numbered(0)
    times = [0, 0.1, 0.29, 0.3, 0.5, 0.61]
    found = [reader.read(view(shown), zone(0, 640), round(at * NS_PER_S)) is not None for at in times]
    assert found == [True, False, False, True, False, True]
