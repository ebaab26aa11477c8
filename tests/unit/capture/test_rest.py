"""A stream at rest: nothing that somebody may still want is lost, and what waits is bounded."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.capture.pictures import Pictures
from custodes.capture.rest import Rest
from sim.videos import make_video, number_of

PICTURES = 36
GOP = 10
SETTLED = 5
"""Pictures after a keyframe that make half a second."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("rest") / "a.mp4", frames=PICTURES, bf="0")


def numbers(clip: Path, rests: Callable[[int], bool]) -> list[int]:
    """Return the numbers of the pictures that come out where `rests` says for each packet whether the source rests."""
    seen = []
    with av.open(str(clip)) as container:
        reader = Pictures(container, container.streams.video[0])
        reader.resting = rests(0)
        for batch in reader.batches():
            seen += [number_of(picture.to_ndarray()[: picture.height]) for picture in batch]
            reader.resting = rests(reader.packets)
    return seen


def test_who_wakes_it_gets_all_since_the_last_keyframe(clip: Path) -> None:
    assert numbers(clip, lambda n: n < 28) == [*range(11), *range(20, 36)]


def test_who_wakes_it_just_after_a_keyframe_gets_what_came_before_it_too(clip: Path) -> None:
    assert numbers(clip, lambda n: n < 24) == list(range(36))


def test_at_rest_keyframes_are_decoded_only_until_the_stream_ends(clip: Path) -> None:
    assert numbers(clip, lambda _: True) == [*range(11), 20, *range(30, 36)]


@given(st.sets(st.integers(0, PICTURES)))
def test_a_picture_is_left_out_only_if_nobody_woke_it_until_the_next_keyframe_settled(
    clip: Path, awake: set[int]
) -> None:
    seen = numbers(clip, lambda n: n not in awake)
    assert seen == sorted(set(seen))
    for missing in set(range(PICTURES)) - set(seen):
        settled = (missing // GOP + 1) * GOP + SETTLED
        assert not awake & set(range(missing, settled + 1))


@pytest.mark.parametrize(
    "options",
    [{"bf": "2"}, {"bf": "0", "g": "30"}, {"bf": "0", "g": "3"}],
    ids=["b-frames", "keyframes far apart", "keyframes close together"],
)
def test_other_streams_do_not_rest(tmp_path: Path, options: dict[str, str]) -> None:
    video = make_video(tmp_path / "a.mp4", frames=PICTURES, **options)
    assert numbers(video, lambda _: True) == list(range(PICTURES))


def packet(number: int, *, key: bool = False, size: int = 100, timed: bool = True) -> "av.Packet[av.VideoStream]":
    made: av.Packet[av.VideoStream] = av.Packet(size)
    made.is_keyframe = key
    made.time_base = Fraction(1, 10)
    if timed:
        made.pts = number
    return made


def resting(size: int = 100) -> Rest:
    rest = Rest()
    for number in (0, 20):
        rest.note(packet(number, key=True))
    assert rest.may_begin(packet(20, key=True))
    rest.begin(packet(20, key=True, size=size))
    return rest


@pytest.mark.parametrize(
    ("step", "size", "most"), [(1, 100, 30), (0.01, 100, 256), (0.1, 1 << 20, 8)], ids=["seconds", "number", "bytes"]
)
def test_what_waits_is_bounded(step: float, size: int, most: int) -> None:
    rest = resting()
    held = 0
    while rest.hold(packet(round(20 + step * (held + 1)), size=size)):
        held += 1
        assert rest.settled() is None
        assert held <= most
    assert held == most
    assert len(rest.end()) == most
    assert not rest.active


@pytest.mark.parametrize("odd", [packet(0, timed=False), packet(19), packet(60)], ids=["untimed", "back", "far ahead"])
def test_times_that_are_none_or_jump_wake_it(odd: "av.Packet[av.VideoStream]") -> None:
    assert not resting().hold(odd)


def test_it_does_not_begin_where_keyframes_have_no_times() -> None:
    rest = Rest()
    for _ in range(3):
        rest.note(packet(0, key=True, timed=False))
    assert not rest.may_begin(packet(0, key=True, timed=False))
