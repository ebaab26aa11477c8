"""The detection figures, with a detector whose finds are known."""

import json

import cv2
import numpy as np
import pytest

from custodes.domain.coco import class_index
from custodes.domain.detections import Detections
from custodes.domain.errors import ConfigError
from custodes.evaluate.objects import evaluate_objects

PERSON, CAR, DOG = (class_index(name) for name in ("person", "car", "dog"))


class Finder:
    """Finds the same in every picture."""

    name = model = "made up"

    def __init__(self, *found):
        self.found = found

    def detect(self, bgr):
        assert bgr.shape == (200, 200, 3)
        boxes = np.array([box for box, _, _ in self.found], np.float32).reshape(-1, 4)
        scores, classes = ([row[n] for row in self.found] for n in (1, 2))
        return Detections(boxes, np.array(scores, np.float32), np.array(classes, np.int32))


@pytest.fixture
def data(tmp_path):
    """Two pictures with a person each, one of them with a crowd; categories numbered in a way of their own."""
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((200, 200, 3), np.uint8))
    boxes = [(1, 1, [0, 0, 50, 100], 0), (2, 2, [0, 0, 50, 100], 0), (3, 2, [100, 100, 100, 100], 1)]
    document = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
        "categories": [{"id": 77, "name": "person"}, {"id": 5, "name": "car"}, {"id": 6, "name": "gnome"}],
        "annotations": [
            {"id": number, "image_id": image, "category_id": 77, "bbox": box, "iscrowd": crowd}
            for number, image, box, crowd in boxes
        ],
    }
    (tmp_path / "truth.json").write_text(json.dumps(document))
    return tmp_path


def run(data, *found):
    return evaluate_objects(data / "truth.json", data, out=data / "out", detector=Finder(*found))


def person_counts(report):
    (person,) = report.classes
    return person.found, person.right, person.true


def test_a_perfect_detector_has_precision_one(data):
    report = run(data, ([0, 0, 50, 100], 0.9, PERSON))
    assert report.precision["AP"] == pytest.approx(1)
    assert person_counts(report) == (2, 2, 2)


def test_a_false_detection_costs_precision_and_a_missed_object_recall(data):
    assert person_counts(run(data, ([0, 0, 50, 100], 0.9, PERSON), ([0, 100, 40, 190], 0.9, PERSON))) == (4, 2, 2)
    assert person_counts(run(data, ([0, 120, 50, 190], 0.9, PERSON))) == (2, 0, 2)


def test_a_second_detection_of_an_object_is_false(data):
    assert person_counts(run(data, ([0, 0, 50, 100], 0.9, PERSON), ([2, 0, 50, 100], 0.8, PERSON))) == (4, 2, 2)


def test_a_detection_in_a_crowd_counts_neither_way(data):
    report = run(data, ([0, 0, 50, 100], 0.9, PERSON), ([110, 110, 150, 190], 0.9, PERSON))
    assert person_counts(report) == (3, 2, 2)


def test_scores_below_the_threshold_count_in_average_precision_only(data):
    report = run(data, ([0, 0, 50, 100], 0.2, PERSON))
    assert report.precision["AP50"] == pytest.approx(1)
    assert person_counts(report) == (0, 0, 2)


def test_nothing_found_is_a_result(data):
    report = run(data)
    assert report.precision["AP"] == 0
    assert person_counts(report) == (0, 0, 2)
    assert ("person: precision at score 0.6", "-", "0 found") in report.rows()
    assert ("AP small", "-", "0 annotated, 2 images") in report.rows()


def test_the_raw_predictions_are_coco_results_of_the_files_own_categories(data):
    run(data, ([0, 0, 50, 100], 0.9, PERSON), ([10, 20, 30, 60], 0.1, CAR), ([0, 0, 9, 9], 0.9, DOG))
    results = json.loads((data / "out/detections.json").read_text())
    assert results[:2] == [
        {"image_id": 1, "category_id": 77, "bbox": [0, 0, 50, 100], "score": 0.9},
        {"image_id": 1, "category_id": 5, "bbox": [10, 20, 20, 40], "score": 0.1},
    ]
    assert len(results) == 4


def test_categories_may_be_written_in_capitals(data):
    truth = data / "truth.json"
    truth.write_text(truth.read_text().replace('"person"', '" Person"'))
    assert person_counts(run(data, ([0, 0, 50, 100], 0.9, PERSON))) == (2, 2, 2)


def test_a_file_without_known_categories_is_refused(data):
    document = json.loads((data / "truth.json").read_text())
    (data / "truth.json").write_text(json.dumps({**document, "categories": [{"id": 77, "name": "gnome"}]}))
    with pytest.raises(ConfigError, match="gnome"):
        run(data)


@pytest.mark.needs_fixtures
def test_the_shipped_detector_on_photos(fixtures):
    folder = fixtures / "coco_ccby"
    report = evaluate_objects(folder / "instances.json", folder / "images")
    assert report.images == 18
    assert report.precision["AP50"] > 0.4
