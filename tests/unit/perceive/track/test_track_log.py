"""The tracks of a file: filled in, smoothed, written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.tracks import Track, TrackState
from custodes.perceive.track import TrackLog, write_mot


def track(track_id, left, state=TrackState.CONFIRMED, class_id=0, score=0.8):
    return Track(track_id, class_id, state, np.float32([left, 10, left + 20, 60]), score)


def logged(sightings, most_gap=10):
    log = TrackLog(most_gap)
    for frame, *tracks in sightings:
        log.add(frame, tracks)
    return log


def test_gaps_are_filled_by_a_straight_line():
    rows = logged([(1, track(1, 0)), (5, track(1, 8)), (11, track(1, 20))]).rows()
    assert [row.frame for row in rows] == list(range(1, 12))
    assert [row.xyxy[0] for row in rows] == pytest.approx([2 * n for n in range(11)], abs=1e-3)


def test_longer_gaps_stay():
    rows = logged([(1, track(1, 0)), (11, track(1, 0)), (22, track(1, 0))]).rows()
    assert [row.frame for row in rows] == [*range(1, 12), 22]


def test_a_filled_row_has_the_score_of_the_nearer_sighting():
    rows = logged([(1, track(1, 0, score=0.9)), (5, track(1, 0, score=0.5))]).rows()
    assert [row.score for row in rows] == [0.9, 0.9, 0.5, 0.5, 0.5]


def test_only_confirmed_tracks_count_but_with_their_tentative_start():
    tentative = TrackState.TENTATIVE
    log = logged([(1, track(1, 0, tentative), track(2, 90, tentative)), (2, track(1, 0)), (3, track(1, 0))])
    assert [(row.frame, row.track_id) for row in log.rows()] == [(1, 1), (2, 1), (3, 1)]
    assert log.counts() == {"person": 1}


def test_predictions_of_lost_tracks_are_left_out():
    log = logged([(1, track(1, 0)), (2, track(1, 500, TrackState.LOST))])
    assert [row.frame for row in log.rows()] == [1]


def test_jitter_is_smoothed():
    jitter = np.random.default_rng(1).normal(0, 3, 50)
    rows = logged([(n, track(1, 5 * n + jitter[n])) for n in range(50)]).rows()
    error = np.array([row.xyxy[0] - 5 * row.frame for row in rows])
    assert error.std() < jitter.std() / 2


@given(st.floats(-20, 20), st.floats(-500, 500), st.sets(st.integers(1, 60), min_size=1, max_size=30))
def test_a_constant_velocity_is_kept(speed, start, frames):
    rows = logged([(n, track(1, start + speed * n)) for n in sorted(frames)], most_gap=5).rows()
    assert [row.xyxy[0] for row in rows] == pytest.approx([start + speed * row.frame for row in rows], abs=0.05)


def test_the_file_is_mot(tmp_path):
    write_mot(tmp_path / "tracks.txt", logged([(3, track(7, 1.5, class_id=2))]).rows())
    assert (tmp_path / "tracks.txt").read_text().splitlines() == ["3,7,1.50,10.00,20.00,50.00,0.800,3,1"]
