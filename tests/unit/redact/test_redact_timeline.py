"""The timeline covers before the first sight, after the last and through misses, and never answers for the unknown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.domain.coco import PERSON, class_index
from custodes.domain.detections import Detections
from custodes.domain.tracks import Track, TrackState
from custodes.redact import FoundFaces, MaskTimeline, RedactionSettings

S = 1_000_000_000
NOTHING = Detections()
STANDING = (100, 100, 140, 200)


def track(box, number=1, state=TrackState.CONFIRMED, class_id=PERSON, detected=None):
    detected = None if detected is None else np.array(detected, np.float32)
    return Track(number, class_id, state, np.array(box, np.float32), 0.8, detected)


def found(*boxes, score=0.9, class_id=PERSON):
    n = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(n, 4), np.full(n, score, np.float32), np.full(n, class_id, np.int32)
    )


def face(*boxes, score=0.9):
    return found(*boxes, score=score, class_id=0)


def face_columns(box):
    found = face(box)
    return {"xyxy": found.xyxy, "score": found.score, "class_id": found.class_id}


class Scene:
    """A timeline fed at 5 analyses a second."""

    def __init__(self, **options):
        self.timeline = MaskTimeline(RedactionSettings(**options))

    def at(self, time_s, *tracks, detections=NOTHING, faces=None):
        self.timeline.observe(round(time_s * S), tracks, detections, faces, 640, 480)

    def masks(self, time_s, width=640, height=480):
        return self.timeline.masks_at(round(time_s * S), width, height)

    def covers(self, time_s, box):
        masks = self.masks(time_s)
        assert masks is not None
        x = (masks[:, 0] <= box[0]) & (masks[:, 2] >= box[2])
        return bool((x & (masks[:, 1] <= box[1]) & (masks[:, 3] >= box[3])).any())


HEAD = (112, 101, 128, 116)


def test_nothing_is_known_before_any_analysis():
    scene = Scene()
    assert scene.masks(1) is None
    assert scene.timeline.horizon_ns is None


def test_beyond_the_horizon_nothing_is_known():
    scene = Scene()
    scene.at(10)
    assert scene.timeline.horizon_ns == 10 * S
    assert scene.masks(10).shape == (0, 4)
    assert scene.masks(10.001) is None


def test_in_a_gap_between_analyses_nothing_is_known_but_at_its_ends():
    scene = Scene()
    scene.at(10, track(STANDING))
    scene.at(12, track(STANDING))
    assert scene.masks(11) is None
    assert scene.covers(10, HEAD)
    assert scene.covers(12, HEAD)


def test_a_person_is_covered_before_the_first_sight():
    scene = Scene()
    for tick in range(10):
        scene.at(tick * 0.2, *([track(STANDING)] if tick >= 5 else []))
    assert scene.covers(1.0, HEAD)
    assert scene.covers(0.1, HEAD)


def test_pictures_before_the_first_analysis_are_covered_or_unknown():
    scene = Scene()
    scene.at(10, track(STANDING))
    assert scene.covers(9.1, HEAD)
    assert scene.masks(8.9) is None


def test_a_person_walking_in_is_covered_where_they_came_from():
    scene = Scene()
    for tick in range(10):
        left = 300 - 40 * tick * 0.2
        scene.at(tick * 0.2, *([track((left, 100, left + 40, 200))] if tick >= 4 else []))
    then = 300 - 40 * 0.4
    assert scene.covers(0.4, (then + 12, 101, then + 28, 116))


def test_between_sights_the_mask_moves_along_a_straight_line():
    scene = Scene()
    scene.at(1, track((100, 100, 140, 200)))
    scene.at(1.4, track((180, 100, 220, 200)))
    assert scene.covers(1.2, (152, 101, 168, 116))
    assert not scene.covers(1.2, HEAD)


def test_misses_and_lost_predictions_leave_the_line_straight():
    scene = Scene()
    scene.at(1, track((100, 100, 140, 200)))
    scene.at(1.4, track((500, 300, 540, 400), state=TrackState.LOST))
    scene.at(1.8)
    scene.at(2.0, track((180, 100, 220, 200)))
    assert scene.covers(1.5, (152, 101, 168, 116))


def test_after_loss_the_mask_is_held_and_grows_then_goes():
    scene = Scene()
    for tick in range(20):
        scene.at(tick * 0.2, *([track(STANDING)] if tick <= 5 else []))
    assert scene.covers(1.9, HEAD)
    assert np.ptp(scene.masks(1.9)[0][::2]) > np.ptp(scene.masks(1.0)[0][::2])
    assert scene.masks(2.4).shape == (0, 4)


def test_tentative_tracks_are_covered():
    scene = Scene()
    scene.at(1, track(STANDING, state=TrackState.TENTATIVE))
    assert scene.covers(1, HEAD)


def test_persons_detected_with_low_scores_are_covered_and_bridge_misses():
    scene = Scene()
    scene.at(1, detections=found(STANDING, score=0.32))
    scene.at(1.2)
    scene.at(1.4, detections=found((104, 100, 144, 200), score=0.33))
    assert scene.covers(1.0, HEAD)
    assert scene.covers(1.2, HEAD)
    assert len(scene.masks(1.2)) == 1


def test_detections_below_the_score_and_other_classes_are_not_masked():
    scene = Scene()
    car = class_index("car")
    scene.at(1, track((200, 100, 240, 200), class_id=car), detections=found(STANDING, score=0.1))
    scene.at(1.2, detections=found(STANDING, class_id=car))
    assert scene.masks(1).shape == (0, 4)


def test_a_track_takes_over_from_its_weak_detections():
    scene = Scene()
    scene.at(1, detections=found(STANDING, score=0.3))
    scene.at(1.2, track(STANDING), detections=found(STANDING, score=0.6))
    scene.at(1.4, track((160, 100, 200, 200)), detections=found((160, 100, 200, 200), score=0.6))
    assert scene.covers(1.1, HEAD)
    assert len(scene.masks(1.4)) == 1


def test_a_weak_person_is_kept_up_by_detections_that_could_not_start_one():
    scene = Scene()
    scene.at(1, detections=found(STANDING, score=0.32))
    for tick in range(1, 4):
        scene.at(1 + tick * 0.2, detections=found(STANDING, score=0.22))
    for tick in range(4, 10):
        scene.at(1 + tick * 0.2)
    assert scene.covers(1.6, HEAD)
    assert scene.covers(2.4, HEAD)
    fainter = Scene()
    for tick in range(10):
        fainter.at(1 + tick * 0.2, detections=found(STANDING, score=0.22))
    assert len(fainter.masks(1.6)) == 0


def test_a_body_with_its_head_elsewhere_is_somebody_else():
    small, tall = (100, 150, 160, 300), (100, 80, 160, 300)
    scene = Scene()
    for tick in range(3):
        scene.at(1 + tick * 0.2, detections=found(small, score=0.4))
    for tick in range(3, 6):
        scene.at(1 + tick * 0.2, detections=found(tall, score=0.4))
    for time_s in (1.4, 1.5, 1.6, 1.8):
        assert scene.covers(time_s, (120, 152, 140, 175))


def test_who_is_overtaken_by_another_stays_covered_until_then():
    scene = Scene()
    scene.at(1, detections=found(STANDING, score=0.4))
    scene.at(1.2, detections=found(STANDING, score=0.4))
    for tick in range(3):
        left = 40 + 30 * tick
        scene.at(1.4 + tick * 0.2, track((left, 100, left + 40, 200)))
    assert scene.covers(1.5, HEAD)
    assert scene.covers(1.7, HEAD)


def test_a_face_of_a_person_is_carried_with_the_person():
    scene = Scene()
    scene.at(1, track((100, 100, 200, 340)), faces=face((80, 180, 110, 210)))
    scene.at(1.2, track((200, 100, 300, 340)))
    scene.at(1.4, track((300, 100, 400, 340)))
    assert scene.covers(1.4, (280, 180, 310, 210))
    assert scene.covers(1.1, (130, 180, 160, 210))


def test_a_face_found_late_covers_the_pictures_before():
    scene = Scene()
    for tick in range(6):
        left = 100 + 20 * tick
        person = track((left, 100, left + 100, 340))
        scene.at(1 + tick * 0.2, person, faces=face((left - 20, 220, left + 10, 250)) if tick == 5 else None)
    assert scene.covers(1.2, (100, 220, 130, 250))


def test_a_large_face_found_on_both_sides_replaces_the_head_region():
    close_up = (100, 100, 500, 480)
    scene = Scene()
    for tick in range(6):
        scene.at(1 + tick * 0.2, track(close_up), faces=face((250, 150, 330, 250)) if tick in {0, 5} else None)
    assert len(scene.masks(1.5)) == 1
    assert scene.covers(1.5, (250, 150, 330, 250))
    assert not scene.covers(1.5, (110, 110, 490, 250))


def test_the_head_region_returns_when_the_face_is_missed():
    close_up = (100, 100, 500, 480)
    scene = Scene()
    for tick in range(6):
        faces = {0: face((250, 150, 330, 250)), 5: face()}.get(tick)
        scene.at(1 + tick * 0.2, track(close_up), faces=faces)
    assert scene.covers(1.1, (110, 110, 490, 250))
    assert scene.covers(1.9, (110, 110, 490, 250))


def test_the_head_region_returns_after_the_last_search_of_who_is_then_lost():
    close_up = (100, 100, 500, 480)
    scene = Scene()
    for tick in range(6):
        people = [track(close_up)] if tick < 3 else [track(close_up, state=TrackState.LOST)]
        scene.at(1 + tick * 0.2, *people, faces=face((250, 150, 330, 250)) if tick in {0, 2} else None)
    assert not scene.covers(1.2, (110, 110, 490, 250))
    assert not scene.covers(1.4, (110, 110, 490, 250))
    assert scene.covers(1.45, (110, 110, 490, 250))


def test_a_head_is_covered_where_the_smoothed_box_trails_behind_the_detection():
    scene = Scene()
    scene.at(1, track((0, 0, 100, 250), detected=(0, 0, 100, 250)))
    scene.at(1.2, track((100, 0, 200, 250), detected=(160, 0, 260, 250)))
    assert scene.covers(1.2, (190, 5, 230, 40))
    assert scene.covers(1.2, (130, 5, 170, 40))


def test_a_box_that_is_wrong_once_does_not_uncover_the_head():
    scene = Scene()
    for tick in range(5):
        scene.at(1 + tick * 0.2, track((100, 60, 140, 200) if tick == 2 else STANDING))
    for time_s in (1.3, 1.4, 1.5):
        assert scene.covers(time_s, HEAD)
    assert scene.covers(1.4, (112, 61, 128, 80))


def test_the_head_of_who_hides_behind_the_box_of_another_is_covered():
    tall, hidden = (100, 100, 140, 220), (110, 150, 140, 225)
    scene = Scene()
    scene.at(1, track(tall))
    scene.at(1.2, track(tall), detections=found(tall, hidden, score=0.5))
    scene.at(1.4, track(tall))
    scene.at(1.8, track(tall))
    head = (121, 151, 129, 162)
    assert scene.covers(1.2, head)
    assert scene.covers(1.1, head)
    assert scene.covers(1.3, head)
    assert not scene.covers(1.7, head)


@pytest.mark.parametrize(
    ("box", "score"), [((114, 103, 124, 113), 0.9), ((260, 150, 340, 250), 0.4), ((380, 300, 440, 360), 0.9)]
)
def test_small_doubtful_and_misplaced_faces_do_not_replace_the_head_region(box, score):
    person = STANDING if box[0] == 114 else (100, 100, 500, 480)
    scene = Scene()
    for tick in range(3):
        scene.at(1 + tick * 0.2, track(person), faces=face(box, score=score))
    head = HEAD if box[0] == 114 else (110, 110, 490, 250)
    assert scene.covers(1.2, head)
    assert scene.covers(1.2, box)


def test_a_face_without_a_person_is_followed_held_and_covered_before():
    scene = Scene()
    for tick in range(16):
        faces = face((300 + 4 * tick, 50, 340 + 4 * tick, 90)) if tick in {5, 7} else face()
        scene.at(tick * 0.2, faces=faces)
    assert scene.covers(0.4, (320, 50, 360, 90))
    assert scene.covers(1.2, (324, 50, 364, 90))
    assert scene.covers(2.2, (328, 50, 368, 90))
    assert scene.masks(2.8).shape == (0, 4)


def test_a_face_without_a_person_stays_until_a_search_of_the_whole_picture_misses_it():
    box = (300, 50, 340, 90)
    nowhere = FoundFaces(whole=False)
    scene = Scene()
    scene.at(0, faces=FoundFaces(**face_columns(box), whole=True))
    for tick in range(1, 50):
        scene.at(tick * 0.2, faces=nowhere if tick % 3 == 0 else None)
    scene.at(10, faces=FoundFaces(whole=True))
    for tick in range(1, 20):
        scene.at(10 + tick * 0.2, faces=None if tick % 2 else nowhere)
    assert scene.covers(5, box)
    assert scene.covers(10.7, box)
    assert scene.masks(11).shape == (0, 4)


def test_a_face_found_again_after_a_missing_search_is_covered_all_along():
    scene = Scene()
    for tick in range(14):
        scene.at(tick * 0.2, faces=face((300, 50, 340, 90)) if tick in {0, 12} else face() if tick == 6 else None)
    assert all(scene.covers(tick / 20, (300, 50, 340, 90)) for tick in range(50))


def test_several_faces_near_each_other_are_followed_apart():
    scene = Scene()
    scene.at(1, faces=face((300, 50, 340, 90), (330, 50, 370, 90)))
    scene.at(1.2, faces=face((334, 50, 374, 90), (304, 50, 344, 90)))
    assert len(scene.timeline._trails) == 2
    assert scene.covers(1.1, (302, 50, 342, 90))
    assert scene.covers(1.1, (332, 50, 372, 90))


def test_two_faces_in_one_persons_box_are_both_covered():
    scene = Scene()
    scene.at(1, track((100, 100, 300, 400)), faces=face((180, 120, 220, 160), (120, 200, 150, 230)))
    assert scene.covers(1, (180, 120, 220, 160))
    assert scene.covers(1, (120, 200, 150, 230))


def test_a_still_scene_keeps_its_masks_for_ever():
    scene = Scene()
    scene.at(1, track(STANDING), faces=face((300, 50, 340, 90)))
    for tick in range(300):
        scene.timeline.unchanged(round((1.2 + tick * 0.2) * S))
    assert scene.timeline.horizon_ns == 61 * S
    assert scene.covers(60.9, HEAD)
    assert scene.covers(60.9, (300, 50, 340, 90))


def test_unchanged_before_any_analysis_says_nothing():
    scene = Scene()
    scene.timeline.unchanged(S)
    assert scene.masks(1) is None


def test_masks_follow_the_size_of_the_picture_and_of_the_analysis():
    scene = Scene()
    scene.at(1, track(STANDING))
    assert np.allclose(scene.masks(1, 1280, 960), scene.masks(1) * 2)
    scene.timeline.observe(round(1.2 * S), [], NOTHING, None, 320, 240)
    assert scene.covers(1.1, HEAD)


def test_time_going_back_starts_over():
    scene = Scene()
    scene.at(100, track(STANDING))
    scene.at(50)
    assert scene.masks(100) is None
    assert scene.masks(50).shape == (0, 4)


def test_memory_stays_bounded():
    scene = Scene()
    for tick in range(2000):
        scene.at(
            tick * 0.2,
            track(STANDING, number=tick // 10),
            detections=found((300, 0, 340, 100)),
            faces=face((0, 0, 9, 9)),
        )
    assert len(scene.timeline._seen_ns) < 100
    assert len(scene.timeline._trails) < 30
    assert max(len(trail.times) + len(trail.looks) for trail in scene.timeline._trails) < 200


@given(
    st.lists(st.booleans(), min_size=8, max_size=30),
    st.floats(-60, 60),
    st.floats(-30, 30),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_a_steadily_walking_person_is_covered_at_every_instant_near_a_sight(seen, speed_x, speed_y, data):
    """However sights come and go, from 0.5 s before the first of a run to 0.5 s after the last."""

    def person(time_s):
        shift = np.array([speed_x, speed_y, speed_x, speed_y]) * time_s
        return np.array([300.0, 200, 340, 300]) + shift

    scene = Scene()
    for tick, hit in enumerate(seen):
        scene.at(tick * 0.2, *([track(person(tick * 0.2))] if hit else []))
    time_s = data.draw(st.floats(0, (len(seen) - 1) * 0.2 - 0.001))
    if any(hit and abs(tick * 0.2 - time_s) <= 0.5 for tick, hit in enumerate(seen)):
        head = person(time_s) + np.array([14, 1, -14, -85])
        assert scene.covers(time_s, head)


def test_a_face_kept_for_long_stays_covered_after_it_is_found_again():
    scene = Scene()
    scene.at(0, faces=face((300, 50, 340, 90)))
    for tick in range(1, 50):
        scene.at(tick * 0.2)
    scene.at(10, faces=face((300, 50, 340, 90)))
    assert scene.covers(5, (300, 50, 340, 90))


def test_an_analysis_that_fails_does_not_move_the_horizon():
    scene = Scene()
    scene.at(1)
    with pytest.raises(ValueError, match="shape"):
        scene.at(1.2, track((1, 2, 3)), detections=found(STANDING))
    assert scene.timeline.horizon_ns == S
    assert scene.masks(1.1) is None
