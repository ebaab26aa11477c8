"""The tracker on made-up detections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.detections import Detections
from custodes.domain.tracks import TrackState
from custodes.perceive.track import ByteTracker, TrackerSettings

STEP_S = 0.25


def seen(*objects, score=0.8, class_id=0):
    """Detections of 40 x 100 boxes at the given left upper corners."""
    corners = np.array(objects, np.float32).reshape(-1, 2)
    n = len(corners)
    boxes = np.concatenate([corners, corners + np.float32([40, 100])], axis=1)
    return Detections(boxes, np.full(n, score, np.float32), np.full(n, class_id, np.int32))


def states(tracks):
    return {track.track_id: track.state for track in tracks}


@pytest.fixture
def tracker():
    return ByteTracker(TrackerSettings())


def feed(tracker, pictures):
    return [tracker.update(detections, number * STEP_S) for number, detections in enumerate(pictures)]


def test_a_track_is_tentative_then_confirmed(tracker):
    first, second = feed(tracker, [seen((10, 10)), seen((12, 10))])
    assert states(first) == {1: TrackState.TENTATIVE}
    assert states(second) == {1: TrackState.CONFIRMED}
    assert second[0].score == pytest.approx(0.8)


def test_a_tentative_track_ends_at_its_first_miss(tracker):
    assert feed(tracker, [seen((10, 10)), seen()])[-1] == []


def test_a_track_not_seen_is_lost_then_dropped(tracker):
    keep = round(TrackerSettings().keep_lost_s / STEP_S)
    steps = feed(tracker, [seen((10, 10)), seen((10, 10))] + [seen()] * (keep + 1))
    assert all(states(step) == {1: TrackState.LOST} for step in steps[2:-1])
    assert all(step[0].score == 0 for step in steps[2:-1])
    assert steps[-1] == []


def test_a_track_carries_the_detection_that_its_smoothed_box_trails_behind(tracker):
    steps = feed(tracker, [seen((10, 10)), seen((12, 10)), seen((36, 10)), seen()])
    assert [track.detected.tolist() for track in steps[0]] == [[10, 10, 50, 110]]
    (hurried,) = steps[2]
    assert hurried.detected.tolist() == [36, 10, 76, 110]
    assert hurried.xyxy[0] < 36
    assert steps[3][0].detected is None


def test_a_walker_found_again_keeps_its_id(tracker):
    walk = [seen((10 + 15 * number, 10)) for number in range(10)]
    walk[5] = walk[6] = seen()
    steps = feed(tracker, walk)
    assert states(steps[6]) == {1: TrackState.LOST}
    assert states(steps[9]) == {1: TrackState.CONFIRMED}


def test_who_comes_after_a_track_was_dropped_gets_a_new_id(tracker):
    feed(tracker, [seen((10, 10)), seen((10, 10))])
    later = tracker.update(seen((10, 10)), 100.0)
    assert list(states(later)) == [2]


def test_two_who_cross_keep_their_ids(tracker):
    steps = feed(tracker, [seen((10 * n, 100), (300 - 10 * n, 130)) for n in range(31)])
    right, left = sorted(steps[-1], key=lambda track: -track.xyxy[0])
    assert (right.track_id, left.track_id) == (1, 2)
    assert all(len(step) == 2 for step in steps)


def test_a_weak_detection_keeps_a_track_but_starts_none(tracker):
    weak = TrackerSettings().low_score + 0.01
    steps = feed(tracker, [seen((10, 10)), seen((10, 10)), seen((10, 10), (300, 10), score=weak)])
    assert states(steps[-1]) == {1: TrackState.CONFIRMED}


def test_classes_are_never_mixed(tracker):
    steps = feed(tracker, [seen((10, 10)), seen((10, 10)), seen((10, 10), class_id=2)])
    assert states(steps[-1]) == {1: TrackState.LOST, 2: TrackState.TENTATIVE}


def test_other_classes_start_at_a_lower_score(tracker):
    score = TrackerSettings().start_score * TrackerSettings().other_classes + 0.01
    assert feed(tracker, [seen((10, 10), score=score)]) == [[]]
    assert len(feed(tracker, [seen((10, 10), score=score, class_id=2)])[0]) == 1


def test_after_reset_ids_go_on(tracker):
    feed(tracker, [seen((10, 10)), seen((10, 10))])
    tracker.reset()
    assert list(states(tracker.update(seen((10, 10)), 1.0))) == [2]


scenes = st.lists(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(0, 400), st.floats(0.0625, 1, width=32), st.integers(0, 3)),
        max_size=6,
    ),
    max_size=25,
)


@given(scenes, st.floats(0.01, 3))
def test_an_id_is_never_used_for_two_objects(scene, step_s):
    tracker = ByteTracker(TrackerSettings())
    gone, before, classes = set(), set(), {}
    for number, objects in enumerate(scene):
        parts = [seen((x, y), score=score, class_id=class_id) for x, y, score, class_id in objects]
        columns = [[getattr(part, name) for part in [seen(), *parts]] for name in ("xyxy", "score", "class_id")]
        tracks = tracker.update(Detections(*map(np.concatenate, columns)), number * step_s)
        ids = {track.track_id for track in tracks}
        assert len(ids) == len(tracks)
        gone |= before - ids
        assert not ids & gone
        assert all(classes.setdefault(track.track_id, track.class_id) == track.class_id for track in tracks)
        assert all(np.isfinite(track.xyxy).all() for track in tracks)
        assert sum(track.state is not TrackState.LOST for track in tracks) <= len(objects)
        before = ids
