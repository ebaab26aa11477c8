from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from custodes.capture.timeline import Timeline, WallMap
from custodes.domain.time import NS_PER_S

MS = 1_000_000
TIME_BASE = Fraction(1, 1000)


def placed(stamps: list[int | None], fps: float = 10) -> tuple[list[int], Timeline]:
    timeline = Timeline(TIME_BASE, fps)
    return [timeline.place(stamp) for stamp in stamps], timeline


def test_ticks_start_at_zero_and_keep_their_distances() -> None:
    ticks, timeline = placed([5000, 5100, 5250])
    assert ticks == [0, 100, 250]
    assert timeline.jumps == 0
    assert timeline.media_ns(250) == 250 * MS


@given(st.lists(st.none() | st.integers(-(2**62), 2**62)))
def test_ticks_rise_whatever_the_stamps_do(stamps: list[int | None]) -> None:
    ticks, _ = placed(stamps)
    assert all(before < after for before, after in pairwise(ticks))


def test_a_wrapped_counter_goes_on_by_one_nominal_step_and_is_counted() -> None:
    ticks, timeline = placed([2**33 - 200, 2**33 - 100, 0, 100])
    assert ticks == [0, 100, 200, 300]
    assert timeline.jumps == 1


def test_a_repeated_stamp_moves_by_one_tick_only() -> None:
    ticks, timeline = placed([0, 100, 100, 200])
    assert ticks == [0, 100, 101, 200]
    assert timeline.jumps == 0


def test_a_missing_stamp_is_one_step_after_the_last() -> None:
    assert placed([0, None, None, 300])[0] == [0, 100, 200, 300]


def test_a_restarted_file_follows_on() -> None:
    timeline = Timeline(TIME_BASE, 10)
    first = [timeline.place(stamp) for stamp in (40, 140)]
    timeline.restart()
    assert first + [timeline.place(stamp) for stamp in (40, 140)] == [0, 100, 200, 300]


def test_skipping_moves_the_last_picture_and_all_that_follow() -> None:
    timeline = Timeline(TIME_BASE, 10)
    timeline.place(0)
    assert timeline.skip(2.0) == 2000
    assert timeline.place(100) == 2100
    assert timeline.jumps == 1


def test_wall_time_follows_media_time_not_jitter_of_arrival() -> None:
    wall = WallMap(0, 0.0)
    seen = [wall.utc_ns(i * 100 * MS, i * 0.1 + (0.03 if i % 2 else 0.0)) for i in range(20)]
    assert seen == [i * 100 * MS for i in range(20)]


def test_a_burst_on_joining_does_not_put_later_pictures_into_the_future() -> None:
    wall = WallMap(0, 0.0)
    for i in range(20):
        wall.utc_ns(i * 100 * MS, 0.0)
    assert wall.utc_ns(2000 * MS, 0.1) == 100 * MS


def test_a_slow_camera_clock_is_followed() -> None:
    wall = WallMap(0, 0.0)
    late_ns = 0
    for i in range(6000):
        arrived_s = i * 0.1 * 1.0005
        late_ns = wall.arrival_ns(arrived_s) - wall.utc_ns(i * 100 * MS, arrived_s)
    assert late_ns < 20 * MS


def test_a_pause_in_media_time_is_caught_up_within_two_windows() -> None:
    wall = WallMap(0, 0.0)
    wall.utc_ns(0, 0.0)
    times = [wall.utc_ns(i * 100 * MS, 60 + i * 0.1) for i in range(201)]
    assert times[-1] == 80 * NS_PER_S


@given(st.lists(st.tuples(st.integers(0, 10**12), st.floats(0, 100)), min_size=1))
def test_wall_time_rises_whatever_arrives_when(arrivals: list[tuple[int, float]]) -> None:
    wall = WallMap(0, 0.0)
    elapsed_s = 0.0
    times = []
    for media_ns, wait_s in arrivals:
        elapsed_s += wait_s
        times.append(wall.utc_ns(media_ns, elapsed_s))
    assert all(before < after for before, after in pairwise(times))
