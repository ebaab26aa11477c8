"""What is wrong with a photo, on real faces made worse in known ways."""

import cv2
import numpy as np
import pytest

from custodes.domain.detections import Detections
from custodes.perceive.detect.yunet import PointedFaces
from custodes.perceive.embed import Flaw, assess, load_locator
from custodes.perceive.embed.align import TEMPLATE
from custodes.perceive.embed.quality import Measures, flaws, measure

GOOD = Measures(height_px=100, sharpness=0.4, yaw=0.02, pitch=0.57, bright=190, saturated=0.0)


def changed(**values):
    return Measures(**{name: values.get(name, getattr(GOOD, name)) for name in Measures.__slots__})


def test_a_good_face_has_no_flaw():
    assert flaws(GOOD) == ()


@pytest.mark.parametrize(
    ("values", "flaw"),
    [
        ({"height_px": 63.9}, Flaw.TOO_SMALL),
        ({"sharpness": 0.149}, Flaw.BLURRED),
        ({"yaw": 0.26}, Flaw.TURNED_AWAY),
        ({"yaw": -0.26}, Flaw.TURNED_AWAY),
        ({"pitch": 0.44}, Flaw.TURNED_AWAY),
        ({"pitch": 0.71}, Flaw.TURNED_AWAY),
        ({"bright": 49}, Flaw.TOO_DARK),
        ({"saturated": 0.41}, Flaw.TOO_BRIGHT),
    ],
)
def test_each_limit_has_its_flaw(values, flaw):
    assert flaws(changed(**values)) == (flaw,)


def test_every_flaw_says_what_to_change():
    assert all(len(flaw.advice) > 30 and ": " in flaw.advice for flaw in Flaw)


def test_pose_does_not_depend_on_roll_and_size():
    face = np.zeros((112, 112, 3), np.uint8)
    straight = measure(face, TEMPLATE.astype(np.float32), 1)
    turn = 3 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    rolled = measure(face, (TEMPLATE @ turn.T).astype(np.float32), 1)
    assert (rolled.yaw, rolled.pitch) == pytest.approx((straight.yaw, straight.pitch), abs=1e-4)
    assert abs(straight.yaw) < 0.02


def test_pose_follows_the_nose():
    face = np.zeros((112, 112, 3), np.uint8)
    nose = np.zeros((5, 2), np.float32)
    nose[2] = (12, 0)
    assert measure(face, TEMPLATE.astype(np.float32) + nose, 1).yaw > 0.3
    assert measure(face, TEMPLATE.astype(np.float32) - nose, 1).yaw < -0.3
    assert measure(face, TEMPLATE.astype(np.float32) + nose[:, ::-1], 1).pitch > 0.75


def test_points_upside_down_or_in_one_place_are_turned_away():
    face = np.zeros((112, 112, 3), np.uint8)
    for points in (TEMPLATE[[3, 4, 2, 0, 1]], np.ones((5, 2))):
        assert Flaw.TURNED_AWAY in flaws(measure(face, points.astype(np.float32), 100))


@pytest.fixture(scope="module")
def locator():
    return load_locator()


def found(locator, bgr):
    return set(assess(bgr, locator.locate(bgr)).flaws)


@pytest.fixture
def orl(fixtures):
    """Every tenth picture of the ORL faces."""
    return [cv2.imread(str(fixtures / f"faces_orl/s{person}/{person % 10 + 1}.pgm")) for person in range(1, 41)]


def test_a_picture_without_a_face_says_so_alone(locator):
    result = assess(np.full((200, 200, 3), 90, np.uint8), locator.locate(np.full((200, 200, 3), 90, np.uint8)))
    assert (result.flaws, result.measures, result.face) == ((Flaw.NO_FACE,), None, None)


@pytest.mark.needs_fixtures
def test_real_portraits_will_do(locator, orl):
    assert sum(not found(locator, bgr) for bgr in orl) >= 38


@pytest.mark.needs_fixtures
@pytest.mark.parametrize(
    ("worse", "flaw", "share"),
    [
        (lambda bgr: cv2.GaussianBlur(bgr, (0, 0), 2.5), Flaw.BLURRED, 0.8),
        (lambda bgr: cv2.resize(bgr, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), Flaw.TOO_SMALL, 0.9),
        (lambda bgr: (bgr * 0.15).astype(np.uint8), Flaw.TOO_DARK, 1.0),
        (lambda bgr: np.clip(bgr * 2.5, 0, 255).astype(np.uint8), Flaw.TOO_BRIGHT, 0.8),
    ],
    ids=["blur", "size", "dark", "bright"],
)
def test_a_portrait_made_worse_is_told_why(locator, orl, worse, flaw, share):
    told = [flaw in found(locator, worse(bgr)) for bgr in orl]
    assert np.mean(told) >= share


@pytest.mark.needs_fixtures
def test_two_people_side_by_side_are_several(locator, orl):
    assert Flaw.SEVERAL_FACES in found(locator, np.hstack(orl[:2]))


def test_a_small_face_behind_does_not_count():
    xyxy = np.array([[0, 0, 90, 100], [100, 0, 130, 39], [150, 0, 200, 60]], np.float32)
    faces = PointedFaces(
        Detections(xyxy, np.array([0.9, 0.9, 0.5], np.float32), np.zeros(3, np.int32)),
        np.array([TEMPLATE] * 3, np.float32),
    )
    assert Flaw.SEVERAL_FACES not in assess(np.zeros((112, 200, 3), np.uint8), faces).flaws
    near = PointedFaces(Detections(xyxy[[0, 2]], np.full(2, 0.9, np.float32), np.zeros(2, np.int32)), faces.points[:2])
    assert assess(np.zeros((112, 200, 3), np.uint8), near).flaws[0] is Flaw.SEVERAL_FACES


@pytest.mark.needs_fixtures
def test_group_photos_have_several_faces(locator, fixtures):
    for name in ("2007_007763.jpg", "2008_001322.jpg"):
        bgr = cv2.imread(str(fixtures / "faces_dlib" / name))
        assert Flaw.SEVERAL_FACES in found(locator, bgr)
