"""The redaction figures, on pictures whose masks are known."""

import json

import cv2
import numpy as np
import pytest

from custodes.domain.errors import ConfigError
from custodes.evaluate.intervals import wilson
from custodes.evaluate.redaction import evaluate_redaction
from custodes.redact.stills import StillMasks


class Masks:
    """Masks the same rectangles in every picture."""

    def __init__(self, *rectangles):
        self.rectangles = np.array(rectangles, np.int32).reshape(-1, 4)

    def masks(self, bgr):
        assert bgr.shape == (100, 200, 3)
        return StillMasks(self.rectangles, np.full(len(self.rectangles), 0.5, np.float32))


@pytest.fixture
def data(tmp_path):
    """Two pictures, three faces and one to ignore."""
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((100, 200, 3), np.uint8))
    faces = [
        (1, 1, [10, 10, 20, 20], 0),
        (2, 1, [100, 10, 20, 20], 0),
        (3, 2, [10, 10, 20, 20], 0),
        (4, 2, [150, 50, 9, 9], 1),
    ]
    (tmp_path / "faces.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
                "annotations": [
                    {"id": i, "image_id": image, "category_id": 1, "bbox": box, "ignore": ignore}
                    for i, image, box, ignore in faces
                ],
            }
        )
    )
    return tmp_path


def run(data, *rectangles):
    return evaluate_redaction(data / "faces.json", data, out=data / "out", finder=Masks(*rectangles))


def test_a_face_is_covered_from_nine_tenths(data):
    report = run(data, (10, 12, 30, 30))
    assert (report.images, report.faces, report.covered) == (2, 3, 2)
    assert [missed.annotation_id for missed in report.missed] == [2]
    assert report.missed[0].masked == 0
    assert run(data, (10, 13, 30, 30)).covered == 0
    assert run(data, (10, 13, 30, 30)).missed[0].masked == pytest.approx(0.85)


def test_two_masks_cover_a_face_together(data):
    assert run(data, (10, 10, 20, 30), (20, 10, 30, 30)).covered == 2


def test_over_redaction_counts_what_lies_outside_grown_faces(data):
    assert run(data, (7, 7, 33, 33)).over_of_picture == 0
    report = run(data, (50, 60, 60, 80))
    assert report.over_of_picture == pytest.approx(200 / 20000)
    assert report.over_of_faces == pytest.approx(400 / 1200)


def test_the_raw_predictions_are_coco_results(data):
    run(data, (10, 12, 30, 30))
    results = json.loads((data / "out/redactions.json").read_text())
    assert results == [
        {"image_id": image, "category_id": 1, "bbox": [10, 12, 20, 18], "score": 0.5} for image in (1, 2)
    ]


def test_the_table_names_what_was_missed(data):
    rows = run(data, (10, 12, 30, 30)).rows()
    assert ("faces covered (90 % of the box masked)", "2/3", "3") in rows
    assert any("a.png, annotation 2" in measure for measure, _, _ in rows)


def test_a_missing_picture_is_named(data):
    (data / "b.png").unlink()
    with pytest.raises(ConfigError, match=r"b\.png"):
        run(data)


@pytest.mark.parametrize("text", ["", "{}", '{"images": [], "annotations": [{"image_id": 1, "bbox": [1]}]}', "[1]"])
def test_annotations_that_are_not_coco_are_refused(data, text):
    (data / "faces.json").write_text(text)
    with pytest.raises(ConfigError, match=r"faces\.json"):
        run(data)


def test_the_interval_holds_the_share_and_narrows():
    assert wilson(0, 0) == (0, 1)
    assert wilson(10, 10)[1] == pytest.approx(1)
    low, high = wilson(50, 100)
    assert low == pytest.approx(0.4038, abs=1e-4)
    assert high == pytest.approx(0.5962, abs=1e-4)


@pytest.mark.needs_fixtures
def test_every_face_of_the_photos_is_covered(fixtures, tmp_path):
    folder = fixtures / "faces_dlib"
    report = evaluate_redaction(folder / "faces_coco.json", folder, out=tmp_path)
    assert (report.faces, report.covered) == (43, 43)
    assert report.over_of_picture < 0.25
