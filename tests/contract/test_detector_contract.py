"""What every detector must do, whichever model it runs."""

import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor

import av
import cv2
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from custodes.domain.coco import PERSON
from custodes.domain.errors import ModelError
from custodes.domain.geometry import iou
from custodes.perceive.detect import load_detector, load_face_detectors
from custodes.perceive.runtime import Network
from custodes.perceive.settings import DetectorSettings
from sim import networks

OWN = tuple(networks.KINDS)
SIZES_WH = [(640, 360), (360, 640), (33, 47), (32, 32), (1, 1), (100, 1600), (3840, 2160)]


@pytest.fixture(scope="module")
def detectors(tmp_path_factory):
    """Every detector by name."""
    folder = tmp_path_factory.mktemp("own")
    faces = load_face_detectors()
    own = {kind: DetectorSettings(model=networks.save(kind, folder), decoder=kind) for kind in OWN}
    return {
        "nanodet-g": load_detector(DetectorSettings()),
        "yunet": faces.yunet,
        "centerface": faces.centerface,
    } | {kind: load_detector(settings) for kind, settings in own.items()}


@pytest.fixture(params=["nanodet-g", "yunet", "centerface", *OWN])
def detector(request, detectors):
    return detectors[request.param]


@pytest.fixture(scope="module")
def street(street_clip):
    """A picture of cyclists and walkers, one of them near (640x272)."""
    with av.open(str(street_clip)) as video:
        return next(itertools.islice(video.decode(video=0), 125, None)).to_ndarray(format="bgr24")


def check(found, picture):
    """Check what holds of all detections in any picture."""
    height, width = picture.shape[:2]
    assert (found.xyxy.dtype, found.score.dtype, found.class_id.dtype) == (np.float32, np.float32, np.int32)
    assert np.isfinite(found.xyxy).all()
    assert (found.xyxy[:, 2:] > found.xyxy[:, :2]).all()
    assert (found.xyxy[:, :2] < [width, height]).all()
    assert (found.xyxy[:, 2:] > 0).all()
    assert ((found.score > 0) & (found.score <= 1)).all()
    assert (np.diff(found.score) <= 0).all()
    assert ((found.class_id >= 0) & (found.class_id < 80)).all()


def equal(one, other):
    return one.xyxy.tolist() == other.xyxy.tolist() and one.score.tolist() == other.score.tolist()


@pytest.mark.parametrize("size_wh", SIZES_WH, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_grey_picture_of_any_size_is_empty(detector, size_wh):
    picture = np.full((size_wh[1], size_wh[0], 3), 114, np.uint8)
    found = detector.detect(picture)
    check(found, picture)
    assert len(found) == 0


@pytest.mark.parametrize("size_wh", SIZES_WH[:-1], ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_is_found_makes_sense_in_a_picture_of_any_size(detector, street, size_wh):
    picture = cv2.resize(street, size_wh)
    check(detector.detect(picture), picture)


def test_its_name_and_the_digest_of_its_weights_are_with_every_result(detector, street):
    assert detector.name
    assert re.fullmatch("[0-9a-f]{64}", detector.model)
    for picture in (street, np.zeros_like(street)):
        assert detector.detect(picture).model == detector.model


def test_different_weights_have_different_digests(detectors):
    assert len({one.model for one in detectors.values()}) == len(detectors)


def test_the_callers_picture_is_left_alone(detector, street):
    before = street.copy()
    detector.detect(street)
    assert (street == before).all()


def test_a_part_of_a_larger_picture_will_do(detector, street):
    part = street[10:210, 40:540]
    assert equal(detector.detect(part), detector.detect(part.copy()))


def test_threads_share_it_and_get_their_own_results(detector, street):
    pictures = [street, street[:, ::-1].copy(), street[:160, :320].copy()] * 4
    alone = [detector.detect(picture) for picture in pictures[:3]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, pictures))
    assert all(equal(found, alone[number % 3]) for number, found in enumerate(together))


def test_persons_are_found_in_real_footage(detectors, street):
    found = detectors["nanodet-g"].detect(street)
    assert ((found.class_id == PERSON) & (found.score > 0.35)).sum() >= 2


def test_boxes_are_in_pixels_of_the_picture_however_it_was_scaled(detectors, street):
    small = detectors["nanodet-g"].detect(street)
    large = detectors["nanodet-g"].detect(cv2.resize(street, None, fx=3, fy=3))
    same = large.class_id[:, None] == small.class_id[:5]
    assert (iou(large.xyxy, 3 * small.xyxy[:5]) * same).max(axis=0).min() > 0.6


def test_a_face_is_found_in_real_footage_by_both_in_the_same_place(detectors, street):
    first, second = detectors["yunet"].detect(street), detectors["centerface"].detect(street)
    assert min(first.score[0], second.score[0]) > 0.6
    assert iou(first.xyxy[:1], second.xyxy[:1])[0, 0] > 0.5


@pytest.mark.needs_fixtures
@pytest.mark.parametrize("name", ["yunet", "centerface"])
def test_most_labelled_faces_are_found(detectors, fixtures, name):
    truth = json.loads((fixtures / "faces_dlib/faces_coco.json").read_text())
    found = total = 0
    for image in truth["images"]:
        picture = cv2.imread(str(fixtures / "faces_dlib" / image["file_name"]))
        boxes = [note["bbox"] for note in truth["annotations"] if note["image_id"] == image["id"]]
        xyxy = np.array([[x, y, x + w, y + h] for x, y, w, h in boxes], np.float32)
        faces = detectors[name].detect(picture)
        found += int((iou(xyxy, faces.xyxy).max(axis=1, initial=0) > 0.3).sum())
        total += len(xyxy)
    assert total == 43
    assert found >= 35


def bright_square(kind, box, size_wh=(256, 192)):
    """Return a black picture with a square that is bright in the colour which the network looks at."""
    picture = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    left, top, right, bottom = box
    picture[top:bottom, left:right, networks.FIRST_COLOUR[kind]] = 255
    return picture


@pytest.mark.parametrize("kind", OWN)
def test_own_models_boxes_come_back_in_pixels_of_the_picture(detectors, kind):
    picture = bright_square(kind, (112, 64, 128, 80))  # twice the size of the input: one cell of 8 pixels
    found = detectors[kind].detect(picture)
    assert len(found) == 1
    assert found.xyxy[0] == pytest.approx([104, 56, 136, 88], abs=0.01)
    assert found.class_id[0] == PERSON
    assert found.score[0] > 0.99


@pytest.mark.parametrize("kind", OWN)
def test_own_models_get_their_colours_in_their_order(detectors, kind):
    other = {0: 2, 2: 0}[networks.FIRST_COLOUR[kind]]
    picture = bright_square(kind, (112, 64, 128, 80))
    assert len(detectors[kind].detect(picture)) == 1
    picture[..., other] = picture[..., networks.FIRST_COLOUR[kind]]
    picture[..., networks.FIRST_COLOUR[kind]] = 0
    assert len(detectors[kind].detect(picture)) == 0


@pytest.mark.parametrize("kind", OWN)
def test_own_models_keep_to_the_threshold(tmp_path, kind):
    settings = DetectorSettings(model=networks.save(kind, tmp_path), decoder=kind, threshold=0.6)
    dim = bright_square(kind, (112, 64, 128, 80)) // 4 * 3  # all three score it 0.5
    bright = bright_square(kind, (112, 64, 128, 80))
    assert [len(load_detector(settings).detect(picture)) for picture in (dim, bright)] == [0, 1]


def load(path, decoder="yolox"):
    return load_detector(DetectorSettings(model=path, decoder=decoder))


def is_helpful(error):
    return bool(error.what and error.why and error.fix)


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"missing.onnx cannot be read.*No such file") as raised:
        load(tmp_path / "missing.onnx")
    assert is_helpful(raised.value)


def test_a_model_without_its_weights_is_named(tmp_path):
    path = networks.save("yolox", tmp_path)
    path.with_suffix(".bin").unlink()
    with pytest.raises(ModelError, match=r"yolox\.bin: No such file.*needs its \.bin beside it"):
        load(path)


@pytest.mark.parametrize("suffix", [".onnx", ".xml", ".pt"])
def test_a_file_that_is_no_model_is_named(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"no model")
    path.with_suffix(".bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"model.* does not load") as raised:
        load(path)
    assert is_helpful(raised.value)


@pytest.mark.parametrize("shape", [[1, 96, 128, 3], [1, 3, 96], [1, 1, 96, 128], [2, 3, 96, 128]])
def test_a_model_that_takes_no_pictures_is_named(tmp_path, shape):
    picture = op.parameter(shape, np.float32)
    ov.save_model(ov.Model([op.relu(picture)], [picture]), tmp_path / "odd.xml")
    with pytest.raises(ModelError, match=r"does not take pictures.*its input has the shape.*\(1, 3, height, width\)"):
        load(tmp_path / "odd.xml")


@pytest.mark.parametrize(("made_as", "read_as"), list(itertools.permutations(OWN, 2)))
def test_a_model_of_another_kind_is_named_with_its_outputs(tmp_path, made_as, read_as):
    detector = load(networks.save(made_as, tmp_path), read_as)
    with pytest.raises(ModelError, match=f"outputs of {made_as} cannot be read as {read_as}, because .1, ") as raised:
        detector.detect(np.zeros((96, 128, 3), np.uint8))
    assert is_helpful(raised.value)


def test_a_model_of_another_number_of_classes_is_named(tmp_path):
    picture = op.parameter([1, 3, 96, 128], np.float32)
    pooled = op.reduce_mean(picture, [1, 2, 3], keep_dims=False)
    logits = op.add(op.reshape(pooled, [1, 1, 1], special_zero=False), op.constant(np.zeros((1, 5, 91), np.float32)))
    boxes = op.add(op.reshape(pooled, [1, 1, 1], special_zero=False), op.constant(np.zeros((1, 5, 4), np.float32)))
    ov.save_model(ov.Model([logits, boxes], [picture]), tmp_path / "classes.xml")
    with pytest.raises(ModelError, match=r"\(1, 5, 91\), \(1, 5, 4\)"):
        load(tmp_path / "classes.xml", "detr").detect(np.zeros((96, 128, 3), np.uint8))


def test_a_size_that_a_model_cannot_take_is_named(tmp_path):
    network = Network(networks.save("detr", tmp_path), colours="RGB")
    with pytest.raises(ModelError, match=r"detr.xml does not take input of shape \(1, 64, 64, 3\)") as raised:
        network.run(np.zeros((1, 64, 64, 3), np.uint8))
    assert is_helpful(raised.value)


def test_many_sizes_give_their_own_results_and_do_not_fill_the_memory(tmp_path):
    anything = op.parameter([-1, -1], np.float32)
    ov.save_model(ov.Model([op.relu(anything)], [anything]), tmp_path / "relu.xml")
    network = Network(tmp_path / "relu.xml")
    for side in [*range(1, 20), 1, 5]:
        values = np.full((2, side), side, np.float32)
        (out,) = network.run(values)
        assert out.tolist() == values.tolist()
    assert len(network._shapes) == 8
