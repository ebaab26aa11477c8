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
from custodes.evaluate import evaluate_liveness, liveness_stage
from custodes.evaluate.biometrics import Rate
from custodes.evaluate.face_attacks import ATTACKS, BONA_FIDE, FLAT_KINDS
from custodes.evaluate.liveness import SHIPPED, Limits
from custodes.evaluate.liveness_stage import Part
from custodes.perceive.pad import LEAST_CLOSED, LEAST_RELIEF, Prompt

TURNED = 0.25
NOSES = {"ahead": 0.01, "left": TURNED, "right": -TURNED, "little": 0.1, "other": -0.1}


def photos(folder, *people):
    for person in people:
        (folder / person).mkdir(parents=True)
        for name, nose in NOSES.items():
            cv2.imwrite(str(folder / person / f"{name}.png"), dotted(nose))
        cv2.imwrite(str(folder / person / "shut.png"), dotted(0.01, closed=True))
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
def labels(root):
    turned, closed = root.parent / "turned.csv", root.parent / "closed.csv"
    people = [folder.name for folder in sorted(root.iterdir())]
    sides = [f"{person}/{side}.png,{side}\n" for person in people for side in ("left", "right")]
    turned.write_text("file,side\n" + "".join(sides))
    closed.write_text("file,open\n" + "".join(f"{person}/shut.png,{person}/ahead.png\n" for person in people))
    return {"turned": turned, "closed": closed}


@pytest.fixture(scope="module")
def report(root, labels, once):
    return evaluate_liveness(root, **labels, target=0.0, out=root.parent / "out", locator=DotLocator())


@pytest.fixture(scope="module", autouse=True)
def once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(liveness_stage, "ATTEMPTS", 1)
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
    for part in Part:
        passed = report.rate(BONA_FIDE, SHIPPED, part)
        assert passed.errors == passed.trials
    assert report.rate(BONA_FIDE, SHIPPED, Part.WHOLE) == Rate(2, 2)
    assert report.rate(BONA_FIDE, SHIPPED, Part.EYES) == Rate(2, 2)
    for flat in FLAT_KINDS:
        assert report.rate(flat, SHIPPED, Part.TURN).errors == 0
        assert report.rate(flat, SHIPPED, Part.WHOLE) == Rate(0, 2)
        if flat.name != "print_covered":  # these faces are as plain as a finger is
            assert report.rate(flat, SHIPPED, Part.EYES) == Rate(0, 2)
    assert report.rate(kind("screen_controlled"), SHIPPED, Part.WHOLE) == Rate(2, 2)
    assert report.rate(kind("screen_blinking"), SHIPPED, Part.EYES) == Rate(0, 2)
    rows = table(root.parent / "out/attempts.csv")
    assert len(rows) == len(report.acts) == 4 * 12 * 3
    assert {row["half"] for row in rows} == {"measured", "chosen on"}
    assert {row["asked"] for row in rows} == {"left", "right", "eyes", "closer"}
    people = [row for row in rows if row["kind"] == "bona_fide"]
    assert all(float(row["found"]) == pytest.approx(TURNED, abs=0.05) for row in people if row["asked"] in NOSES)
    assert all(float(row["found"]) > LEAST_CLOSED for row in people if row["asked"] == "eyes")
    assert cv2.imread(str(root.parent / "out/liveness.png")) is not None
    names = [name for name, _, _ in report.rows()]
    assert sum("BPCER" in name for name in names) == 2 * len(Part)
    assert sum("APCER" in name for name in names) == 2 * len(Part) * len(ATTACKS)


def test_coming_closer_tells_nothing_apart(report):
    closer = [act for act in report.acts if act.asked is Prompt.CLOSER]
    assert {act.kind for act in closer} > {"print_turned", "screen_turned"}
    assert all(act.found > 1.2 for act in closer if act.kind != "screen_recording")


def test_no_person_is_in_both_halves_and_the_limits_are_chosen_on_one(report):
    halves = {half: {act.person for act in report.acts if act.measured is half} for half in (True, False)}
    assert halves == {True: {"bob", "joe"}, False: {"ann", "eve"}}
    names = {one.name for one in FLAT_KINDS}
    assert {act.kind for act in report.acts} > names
    for part, limit in ((Part.TURN, report.chosen.relief), (Part.EYES, report.chosen.closed)):
        flat = [act.found for act in report.acts if not act.measured and act.kind in names and act.part is part]
        assert limit == pytest.approx(max(*flat, 0.0))
        assert all(found < limit for found in flat)


def test_whoever_passes_with_one_limit_may_fail_with_another(report):
    assert report.rate(BONA_FIDE, Limits(relief=LEAST_RELIEF, closed=0.99), Part.EYES) == Rate(0, 2)
    assert report.rate(BONA_FIDE, Limits(relief=0.99, closed=LEAST_CLOSED), Part.TURN).errors == 0


def test_without_photos_of_closed_eyes_nobody_closes_them_and_attacks_are_staged_all_the_same(root):
    report = evaluate_liveness(root, locator=DotLocator())
    assert report.rate(BONA_FIDE, SHIPPED, Part.EYES) == report.rate(BONA_FIDE, SHIPPED, Part.WHOLE) == Rate(0, 0)
    assert report.rate(kind("print_turned"), SHIPPED, Part.EYES) == Rate(0, 2)
    assert report.rate(kind("screen_blinking"), SHIPPED, Part.EYES) == Rate(0, 0)


def test_labels_say_which_photos_are_of_turned_heads(root, tmp_path):
    labels = tmp_path / "turned.csv"
    people = [folder.name for folder in sorted(root.iterdir())]
    labels.write_text("file,side\n" + "".join(f"{person}/little.png,left\n" for person in people))
    report = evaluate_liveness(root, turned=labels, locator=DotLocator())
    turns = [act for act in report.acts if act.kind == "bona_fide" and act.part is Part.TURN]
    assert {act.asked.value for act in turns} <= {"left"}
    assert all(act.found == pytest.approx(0.1, abs=0.05) for act in turns)
    assert not any(act.whole for act in report.acts if act.kind == "bona_fide")


@pytest.mark.parametrize(
    ("text", "problem"), [("file,side\na.png,up\n", "left or right"), ("file\na.png\n", "file,side"), ("", "file,side")]
)
def test_labels_that_are_none_are_refused(root, tmp_path, text, problem):
    (tmp_path / "turned.csv").write_text(text)
    with pytest.raises(ConfigError, match=problem):
        evaluate_liveness(root, turned=tmp_path / "turned.csv", locator=DotLocator())


@pytest.mark.parametrize("text", ["file\na.png\n", ""])
def test_so_are_those_of_closed_eyes(root, tmp_path, text):
    (tmp_path / "closed.csv").write_text(text)
    with pytest.raises(ConfigError, match="file,open"):
        evaluate_liveness(root, closed=tmp_path / "closed.csv", locator=DotLocator())


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
    for person in ("s4", "s11", "s23", "s26"):
        shutil.copytree(fixtures / "faces_orl" / person, tmp_path / "people" / person)
    labels = tmp_path / "closed.csv"
    labels.write_text("file,open\ns11/4.pgm,s11/5.pgm\ns26/6.pgm,s26/9.pgm\n")
    report = evaluate_liveness(tmp_path / "people", closed=labels)
    flat = {one.name for one in FLAT_KINDS}
    for part, limit in ((Part.TURN, LEAST_RELIEF), (Part.EYES, LEAST_CLOSED)):
        acts = [act for act in report.acts if act.part is part]
        assert np.median([act.found for act in acts if act.kind == "bona_fide"]) > limit
        assert np.quantile([act.found for act in acts if act.kind in flat], 0.95) < 0.75 * limit
