"""Pace, mailbox and prefetch."""

import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.capture.pace import Pace
from custodes.capture.raw import RawFrame
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.pipeline.mailbox import Mailbox
from custodes.pipeline.prefetch import prefetch


def frame(number: int) -> RawFrame:
    return RawFrame(av.VideoFrame(16, 16, "yuv420p"), MediaTime(number, Fraction(1, 10), number * NS_PER_S // 10))


def test_half_the_rate_is_every_second_frame() -> None:
    pace = Pace(5)
    assert [n for n in range(20) if pace.due(n * NS_PER_S // 10)] == list(range(0, 20, 2))


@given(st.floats(1, 30), st.lists(st.integers(0, NS_PER_S // 2), min_size=2, max_size=200))
def test_no_more_frames_than_asked_for(fps: float, steps_ns: list[int]) -> None:
    pace = Pace(fps)
    now_ns, chosen = 0, []
    for step_ns in steps_ns:
        now_ns += step_ns
        if pace.due(now_ns):
            chosen.append(now_ns)
    assert len(chosen) <= now_ns * fps / NS_PER_S + 2


def test_a_pause_is_not_made_up_for() -> None:
    pace = Pace(5)
    pace.due(0)
    after = [100 * NS_PER_S + n * NS_PER_S // 10 for n in range(4)]
    assert [pace.due(moment) for moment in after] == [True, False, True, False]


def test_the_mailbox_keeps_the_newest_frame_and_counts_the_others() -> None:
    box = Mailbox()
    for number in range(3):
        box.put(frame(number))
    taken = box.take(0)
    assert taken is not None
    assert taken.time.ticks == 2
    assert box.dropped == 2
    assert box.take(0) is None


def test_closing_the_mailbox_wakes_whoever_waits() -> None:
    box = Mailbox()
    threading.Timer(0.05, box.close).start()
    assert box.take(30) is None


@given(st.lists(st.integers()), st.integers(1, 5))
def test_prefetch_keeps_items_and_their_order(items: list[int], depth: int) -> None:
    assert list(prefetch(items, depth)) == items


def test_prefetch_raises_what_the_stage_before_raised_after_its_items() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("truncated")

    seen = []
    with pytest.raises(ValueError, match="truncated"):
        seen.extend(prefetch(broken(), 4))
    ahead = prefetch(broken(), 4)
    assert next(ahead) == 1


def test_closing_prefetch_ends_its_thread() -> None:
    def endless() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    before = threading.active_count()
    ahead = prefetch(endless(), 2)
    assert next(ahead) == 0
    ahead.close()
    assert threading.active_count() == before
