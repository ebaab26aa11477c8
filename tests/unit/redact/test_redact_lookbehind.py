"""Pictures wait for their masks, leave in order, and are blanked when late or too many."""

import threading
from fractions import Fraction

import av
import numpy as np
import pytest

from custodes.capture.raw import RawFrame
from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.time import MediaTime
from custodes.domain.tracks import Track, TrackState
from custodes.redact import LookBehind, MaskTimeline, RedactionSettings, Redactor
from custodes.redact.mask import GREY, planes_of

S = 1_000_000_000
SOLID = RedactionSettings(style="solid")


def frame(time_s, width=64, height=48):
    picture = av.VideoFrame(width, height, "yuv420p")
    for plane in planes_of(picture):
        plane[:] = 10
    ticks = round(time_s * 1000)
    return RawFrame(picture, MediaTime(ticks, Fraction(1, 1000), round(time_s * S)))


@pytest.fixture
def timeline():
    return MaskTimeline(SOLID)


@pytest.fixture
def waiting(timeline):
    return LookBehind(timeline, Redactor(SOLID), delay_s=1, patience_s=3, max_bytes=50 * 64 * 48)


def analyse(timeline, time_s, box=None):
    tracks = [Track(1, PERSON, TrackState.CONFIRMED, np.array(box, np.float32), 0.9)] if box else []
    timeline.observe(round(time_s * S), tracks, Detections(), None, 64, 48)


def test_a_picture_waits_until_the_horizon_is_a_delay_beyond_it(timeline, waiting):
    waiting.push(frame(1.0))
    analyse(timeline, 1.0)
    analyse(timeline, 1.9)
    assert list(waiting.ready(2 * S)) == []
    analyse(timeline, 2.0)
    (out,) = waiting.ready(2 * S)
    assert not out.blank
    assert out.time.utc_ns == S


def test_a_person_found_later_is_masked_in_the_waiting_picture(timeline, waiting):
    waiting.push(frame(1.0))
    analyse(timeline, 1.0)
    analyse(timeline, 1.8, box=(10, 4, 30, 44))
    analyse(timeline, 2.0)
    (out,) = waiting.ready(2 * S)
    assert planes_of(out.picture)[0][8, 20] == GREY
    assert planes_of(out.picture)[1][4, 10] == GREY
    assert planes_of(out.picture)[0][40, 60] == 10


def test_a_late_picture_is_blanked(timeline, waiting):
    waiting.push(frame(1.0))
    analyse(timeline, 1.0)
    assert list(waiting.ready(4 * S)) == []
    (out,) = waiting.ready(4 * S + 1)
    assert out.blank
    assert (planes_of(out.picture)[0] == GREY).all()


def test_pictures_leave_in_order(timeline, waiting):
    for tick in range(10):
        waiting.push(frame(tick / 10))
        analyse(timeline, tick / 10)
    analyse(timeline, 1.5)
    times = [out.time.utc_ns for out in waiting.ready(2 * S)]
    assert times == [tick * S // 10 for tick in range(6)]
    assert len(waiting) == 4


def test_flush_masks_what_is_known_and_blanks_the_rest(timeline, waiting):
    for time_s in (1.0, 1.2, 1.4):
        waiting.push(frame(time_s))
    analyse(timeline, 1.0)
    analyse(timeline, 1.2)
    assert [out.blank for out in waiting.flush()] == [False, False, True]
    assert len(waiting) == 0


def test_beyond_the_memory_limit_the_oldest_are_blanked_and_none_is_lost(timeline, waiting):
    for tick in range(50):
        waiting.push(frame(tick / 100))
    analyse(timeline, 0)
    analyse(timeline, 0.5)
    blanks = [out.blank for out in waiting.flush()]
    assert len(blanks) == 50
    assert blanks == [True] * 17 + [False] * 33


def test_the_queue_never_grows_without_end(timeline):
    waiting = LookBehind(timeline, Redactor(SOLID))
    tiny = frame(1, 2, 2)
    for _ in range(2100):
        waiting.push(tiny)
    assert len(waiting) == 2000


def test_a_broken_timeline_blanks(timeline, waiting, monkeypatch, caplog):
    waiting.push(frame(1.0))
    analyse(timeline, 1.0)
    monkeypatch.setattr(timeline, "masks_at", lambda *_: 1 / 0)
    (out,) = waiting.flush()
    assert out.blank
    assert "blanked" in caplog.text


def test_three_threads_lose_nothing_and_mix_nothing(timeline):
    waiting = LookBehind(timeline, Redactor(SOLID), delay_s=0.5, patience_s=1000)
    out = []
    done = threading.Event()

    def capture():
        for tick in range(200):
            waiting.push(frame(tick / 50))

    def analysis():
        for tick in range(0, 300, 5):
            analyse(timeline, tick / 50, box=(10, 4, 30, 44))

    def emission():
        while not done.is_set():
            out.extend(waiting.ready(0))

    emitter = threading.Thread(target=emission)
    workers = [threading.Thread(target=capture), threading.Thread(target=analysis)]
    for thread in (emitter, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    emitter.join()
    out.extend(waiting.ready(0))
    assert [item.time.ticks for item in out] == [tick * 20 for tick in range(200)]
    assert not any(item.blank for item in out)
    assert all(planes_of(item.picture)[0][8, 20] == GREY for item in out)


def test_where_live_pictures_with_known_masks_pile_up_new_ones_are_not_taken(timeline):
    waiting = LookBehind(timeline, Redactor(SOLID), delay_s=1, patience_s=3, live=True)
    for step in range(30):
        analyse(timeline, 1.0 + step / 10)
        waiting.push(frame(1.0 + step / 10))
    assert (len(waiting), waiting.skipped) == (16, 14)
    assert len(list(waiting.ready(4 * S))) == 16
    waiting.push(frame(4.0))
    assert (len(waiting), waiting.skipped) == (1, 14)


def test_of_a_file_every_picture_is_taken_also_after_a_pause(timeline, waiting):
    for time_s in (1.0, 1.4, 5.0, 5.2):
        analyse(timeline, time_s)
        waiting.push(frame(time_s))
    assert (len(waiting), waiting.skipped) == (4, 0)


def test_live_pictures_whose_masks_are_not_known_are_taken_all_the_same(timeline):
    waiting = LookBehind(timeline, Redactor(SOLID), delay_s=1, patience_s=3, live=True)
    analyse(timeline, 1.0)
    for step in range(25):
        waiting.push(frame(1.0 + step / 10))
    assert (len(waiting), waiting.skipped) == (25, 0)
