"""Head regions hold the head of standing, sitting and cut-off persons."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custodes.redact.regions import face_masks, from_relative, head_regions, to_relative


def head_of(person):
    return head_regions(np.array([person], float))[0]


def test_a_standing_persons_head_is_at_the_top_in_the_middle():
    left, top, right, bottom = head_of([100, 100, 140, 200])
    assert top <= 100
    assert 115 <= bottom <= 135
    assert left <= 108
    assert right >= 132
    assert right - left <= 40


def test_of_a_person_cut_off_at_the_waist_the_whole_width_and_most_of_the_height_is_head():
    left, _, right, bottom = head_of([0, 0, 200, 220])
    assert left <= 0
    assert right >= 200
    assert bottom >= 140


def test_of_a_lying_person_everything_may_be_head():
    assert (head_of([0, 50, 100, 80]) @ [1, 0, 0, 0]) <= 0
    assert head_of([0, 50, 100, 80])[3] >= 80


@given(st.floats(1, 500), st.floats(1, 500))
def test_the_region_never_reaches_below_the_person(width, height):
    head = head_of([0, 0, width, height])
    assert head[3] <= height + 1e-6
    assert head[2] > head[0]
    assert head[3] > head[1]


@given(st.tuples(*[st.floats(-100, 100)] * 4))
def test_relative_boxes_come_back(numbers):
    box = np.array(numbers)
    frame = np.array([3.0, 4, 50, 90])
    assert np.allclose(from_relative(to_relative(box, frame), frame[None])[0], box)


def test_faces_grow_about_their_centre():
    assert np.allclose(face_masks(np.array([[10.0, 10, 20, 20]]), 1.5), [[7.5, 7.5, 22.5, 22.5]])
