"""When a view counts as calm."""

import numpy as np

from custodes.domain.coco import PERSON, class_index
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState
from custodes.pipeline.analysis import Seen
from custodes.pipeline.calm import Calm

CAR = class_index("car")


def seen(*classes: int, moved: bool = False) -> Seen:
    box = np.float32([0, 0, 10, 20])
    tracks = [Track(number, one, TrackState.CONFIRMED, box, 0.9) for number, one in enumerate(classes)]
    return Seen(tracks, [], looked=moved, moved=moved)


def fed(*looks: tuple[float, Seen]) -> list[bool]:
    calm = Calm()
    return [calm.update(look, round(time_s * NS_PER_S)) for time_s, look in looks]


def test_ten_seconds_without_motion_are_calm_whatever_stands_there() -> None:
    assert fed(*((time_s, seen(CAR)) for time_s in range(13))) == [False] * 10 + [True] * 3


def test_motion_ends_it_at_once_and_it_takes_ten_seconds_again() -> None:
    looks = [(time_s, seen(moved=time_s == 12)) for time_s in range(24)]
    assert fed(*looks) == [False] * 10 + [True] * 2 + [False] * 10 + [True] * 2


def test_it_is_not_calm_while_anybody_is_in_view() -> None:
    assert not any(fed(*((time_s, seen(PERSON)) for time_s in range(30))))


def test_time_that_goes_back_starts_over() -> None:
    assert fed((100, seen()), (110, seen()), (50, seen()), (59, seen()), (60, seen())) == [
        False,
        True,
        False,
        False,
        True,
    ]
