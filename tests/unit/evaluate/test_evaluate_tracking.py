"""Occupancy, crossings and MOT figures, on tracks whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import ConfigError
from custodes.evaluate.counts import crossings, occupancy
from custodes.evaluate.mot import MotRows, read_mot, score
from custodes.evaluate.tracking import evaluate_tracking, report

HEIGHT = 100


def walk(*feet, track_id=1, first=1):
    """Boxes 40 x 100 whose foot points are given, frame after frame; None leaves a frame out."""
    rows = [
        (first + n, track_id, x - 20, y - HEIGHT, x + 20, y) for n, foot in enumerate(feet) if foot for x, y in [foot]
    ]
    table = np.array(rows, float).reshape(-1, 6)
    return MotRows(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])


def both(*parts):
    return MotRows(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("frame", "track_id", "xyxy")))


def test_occupancy_is_boxes_a_frame():
    rows = both(walk(*[(0, 0)] * 4), walk(*[(500, 0)] * 2, track_id=2))
    assert occupancy(rows, 1, 4) == 1.5
    assert occupancy(rows, 3, 10) == pytest.approx(2 / 8)


def test_a_crossing_has_a_direction():
    rows = walk((100, 300), (180, 300), (240, 300))
    assert crossings(rows, "x", 200) == (1, 0)
    assert crossings(rows, "y", 200) == (0, 0)
    assert crossings(walk((0, 150), (0, 250)), "y", 200) == (1, 0)
    assert crossings(walk((240, 300), (100, 300)), "x", 200) == (0, 1)


def test_a_crossing_is_counted_across_frames_without_a_box():
    assert crossings(walk((100, 300), None, None, (300, 300)), "x", 200) == (1, 0)


def test_swaying_on_the_line_is_no_crossing():
    sway = [(200 + 9 * (-1) ** n, 300) for n in range(20)]
    assert crossings(walk((100, 300), *sway, (100, 300)), "x", 200) == (0, 0)
    assert crossings(walk((100, 300), *sway, (300, 300)), "x", 200) == (1, 0)


def test_one_object_on_each_side_is_no_crossing():
    assert crossings(both(walk((100, 300)), walk((300, 300), track_id=2, first=2)), "x", 200) == (0, 0)


@given(st.lists(st.integers(0, 400), max_size=40), st.randoms())
def test_directions_alternate_whatever_the_order_of_rows(places, random):
    rows = walk(*[(x, 300) for x in places])
    rising, falling = crossings(rows, "x", 200)
    assert abs(rising - falling) <= 1
    order = list(range(len(rows)))
    random.shuffle(order)
    assert crossings(MotRows(rows.frame[order], rows.track_id[order], rows.xyxy[order]), "x", 200) == (rising, falling)


def test_no_tracks_at_all():
    assert crossings(walk(), "x", 200) == (0, 0)
    assert occupancy(walk(), 1, 10) == 0


def test_perfect_tracks_score_one():
    truth = both(walk(*[(10 * n, 300) for n in range(10)]), walk(*[(500, 300)] * 10, track_id=2))
    scores = score(truth, truth, 1, 10)
    assert (scores.hota, scores.mota, scores.idf1, scores.switches) == pytest.approx((1, 1, 1, 0))


def test_a_changed_id_is_one_switch_and_costs_identity():
    truth = walk(*[(10 * n, 300) for n in range(10)])
    found = both(truth.between(1, 5), MotRows(truth.frame[5:], truth.track_id[5:] + 1, truth.xyxy[5:]))
    scores = score(truth, found, 1, 10)
    assert scores.switches == 1
    assert scores.mota == pytest.approx(0.9)
    assert scores.idf1 == pytest.approx(0.5)
    assert scores.assa == pytest.approx(0.5)


def test_missing_and_false_boxes_cost_accuracy():
    truth = walk(*[(10 * n, 300) for n in range(10)])
    found = both(truth.between(1, 8), walk((900, 900), track_id=9))
    assert score(truth, found, 1, 10).mota == pytest.approx(1 - 3 / 10)
    nothing = score(truth, walk(), 1, 10)
    assert (nothing.hota, nothing.idf1) == (0, 0)


def test_the_table_sets_what_was_counted_beside_the_truth():
    truth = walk((100, 300), (300, 300), (100, 300))
    rows = report(truth, truth.between(1, 2), 1, 3, [("x", 200.0)]).rows()
    assert ("HOTA", f"{score(truth, truth.between(1, 2), 1, 3).hota:.3f}", "3 boxes, 1 persons") in rows
    assert ("mean occupancy", "0.667, truth 1.000", "3 frames") in rows
    assert ("crossings of x=200, x rising", "1, truth 1", "1") in rows
    assert ("crossings of x=200, x falling", "0, truth 1", "1") in rows


def test_ignored_rows_are_left_out_and_folders_searched(tmp_path):
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt/gt.txt").write_text("1,7,10,20,30,40,1,-1,-1,-1\n1,8,0,0,5,5,0,-1,-1,-1\n")
    rows = read_mot(tmp_path)
    assert rows.track_id.tolist() == [7]
    assert rows.xyxy.tolist() == [[10, 20, 40, 60]]


@pytest.mark.parametrize("text", ["1,2,3\n", "a,b,c,d,e,f,g\n", "1,2,3,4,5,6,1\n1,2\n", "1,2,3,4,nan,6,1", "\x00\x01"])
def test_what_is_not_mot_is_refused(tmp_path, text):
    (tmp_path / "gt.txt").write_text(text)
    with pytest.raises(ConfigError, match=r"gt\.txt"):
        read_mot(tmp_path / "gt.txt")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "gt.txt").write_bytes(b"\xff\xfe\x80,1,2")
    with pytest.raises(ConfigError, match=r"gt\.txt"):
        read_mot(tmp_path)


def test_a_missing_or_empty_truth_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no ground truth"):
        read_mot(tmp_path)
    (tmp_path / "gt.txt").write_text("")
    assert len(read_mot(tmp_path)) == 0
    with pytest.raises(ConfigError, match="no box"):
        evaluate_tracking(tmp_path, tmp_path / "no.avi")


@pytest.mark.needs_fixtures
def test_the_counting_rule_reproduces_the_published_counts(fixtures):
    truth = read_mot(fixtures / "pets_vtest/PETS09-S2L1")
    assert occupancy(truth, 1, 477) == pytest.approx(5.493, abs=1e-3)
    counted = [crossings(truth, axis, at_px) for axis, at_px in (("x", 384), ("x", 550), ("y", 250))]
    assert counted == [(7, 8), (9, 11), (7, 7)]
