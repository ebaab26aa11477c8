"""People and pictures of them told apart: on dots whose relief is known, and once on real faces."""

import csv
import shutil

import cv2
import numpy as np
import pytest
from dots import DotLocator, dotted
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import ConfigError
from custodes.evaluate import evaluate_liveness, liveness
from custodes.evaluate.biometrics import Rate
from custodes.evaluate.face_attacks import ATTACKS, BONA_FIDE, FLAT_KINDS
from custodes.perceive.pad import LEAST_RELIEF

TURNED = 0.25
NOSES = {"ahead": 0.01, "left": TURNED, "right": -TURNED, "little": 0.1, "other": -0.1}


def photos(folder, *people):
    for person in people:
        (folder / person).mkdir(parents=True)
        for name, nose in NOSES.items():
            cv2.imwrite(str(folder / person / f"{name}.png"), dotted(nose))
        (folder / person / "notes.txt").write_text("not a photo")
        (folder / person / "broken.jpg").write_bytes(b"no photo")
        cv2.imwrite(str(folder / person / "nobody.png"), np.full((200, 200, 3), 130, np.uint8))
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = photos(tmp_path_factory.mktemp("liveness") / "people", "ann", "bob", "eve", "joe")
    (folder / "zoe").mkdir()
    cv2.imwrite(str(folder / "zoe/nobody.png"), np.full((200, 200, 3), 130, np.uint8))
    return folder


@pytest.fixture(scope="module")
def report(root, once):
    return evaluate_liveness(root, target=0.0, out=root.parent / "out", locator=DotLocator())


@pytest.fixture(scope="module", autouse=True)
def once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(liveness, "ATTEMPTS", 1)
        yield


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def kind(name):
    return next(one for one in (BONA_FIDE, *ATTACKS) if one.name == name)


def test_people_pass_flat_pictures_do_not_and_what_cannot_be_told_is_not_told(root, report):
    assert report.persons == 4
    assert report.left_out == (("zoe", "no photo from the front was found"),)
    assert ("left out: zoe", "no photo from the front was found", "1") in report.rows()
    assert report.rate(BONA_FIDE, LEAST_RELIEF, whole=True) == Rate(2, 2)
    assert report.rate(BONA_FIDE, LEAST_RELIEF, whole=False) == Rate(4, 4)
    for flat in FLAT_KINDS:
        assert report.rate(flat, LEAST_RELIEF, whole=False) == Rate(0, 4)
    assert report.rate(kind("screen_controlled"), LEAST_RELIEF, whole=True) == Rate(2, 2)
    assert report.rate(kind("screen_recording"), LEAST_RELIEF, whole=False).errors < 4
    rows = table(root.parent / "out/attempts.csv")
    assert len(rows) == len(report.turns) == 4 * 9 * 2
    assert {row["half"] for row in rows} == {"measured", "chosen on"}
    assert all(float(row["relief"]) == pytest.approx(TURNED, abs=0.05) for row in rows if row["kind"] == "bona_fide")
    assert cv2.imread(str(root.parent / "out/liveness.png")) is not None
    names = [name for name, _, _ in report.rows()]
    assert sum("BPCER" in name for name in names) == 4
    assert sum("APCER" in name for name in names) == 4 * len(ATTACKS)


def test_no_person_is_in_both_halves_and_the_threshold_is_chosen_on_one(report):
    halves = {half: {turn.person for turn in report.turns if turn.measured is half} for half in (True, False)}
    assert halves == {True: {"bob", "joe"}, False: {"ann", "eve"}}
    flat = [turn.relief for turn in report.turns if turn.kind in {one.name for one in FLAT_KINDS}]
    chosen_on = [
        turn.relief for turn in report.turns if not turn.measured and turn.kind in {one.name for one in FLAT_KINDS}
    ]
    assert len(flat) == 2 * len(chosen_on)
    assert report.chosen == pytest.approx(max(*chosen_on, 0.0))
    assert all(relief < report.chosen for relief in chosen_on)


def test_labels_say_which_photos_are_of_turned_heads(root, tmp_path):
    labels = tmp_path / "turned.csv"
    people = [folder.name for folder in sorted(root.iterdir())]
    labels.write_text("file,side\n" + "".join(f"{person}/little.png,left\n" for person in people))
    report = evaluate_liveness(root, turned=labels, locator=DotLocator())
    bona_fide = [turn for turn in report.turns if turn.kind == "bona_fide"]
    assert {turn.asked.value for turn in bona_fide} <= {"left"}
    assert all(turn.relief == pytest.approx(0.1, abs=0.05) for turn in bona_fide)
    assert len(bona_fide) < 8


@pytest.mark.parametrize(
    ("text", "problem"), [("file,side\na.png,up\n", "left or right"), ("file\na.png\n", "file,side"), ("", "file,side")]
)
def test_labels_that_are_none_are_refused(root, tmp_path, text, problem):
    (tmp_path / "turned.csv").write_text(text)
    with pytest.raises(ConfigError, match=problem):
        evaluate_liveness(root, turned=tmp_path / "turned.csv", locator=DotLocator())


@pytest.mark.parametrize("people", [(), ("ann", "bob", "eve")])
def test_few_people_are_refused(tmp_path, people):
    with pytest.raises(ConfigError, match="no photos of 4 people that will do"):
        evaluate_liveness(photos(tmp_path, *people))


@pytest.mark.usefixtures("once")
def test_the_command_says_what_is_wrong(tmp_path):
    result = CliRunner().invoke(app, ["evaluate", "liveness", "--root", str(tmp_path)])
    assert isinstance(result.exception, ConfigError)


@pytest.mark.slow
@pytest.mark.needs_fixtures
def test_real_faces_are_told_from_flat_prints_of_them(fixtures, tmp_path):
    for person in ("s4", "s23", "s25", "s40"):
        shutil.copytree(fixtures / "faces_orl" / person, tmp_path / "people" / person)
    report = evaluate_liveness(tmp_path / "people")
    turns = [turn for turn in report.turns if turn.kind == "bona_fide"]
    flat = [turn for turn in report.turns if turn.kind in {one.name for one in FLAT_KINDS}]
    assert np.median([turn.relief for turn in turns]) > LEAST_RELIEF
    assert np.quantile([turn.relief for turn in flat], 0.95) < 0.75 * LEAST_RELIEF
