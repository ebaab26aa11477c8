"""The figures of comparing faces, with pictures whose embeddings are known, and once with real faces."""

import csv
import re

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import CaptureError, ConfigError, StoreError
from custodes.evaluate import evaluate_faces, face_pairs
from custodes.evaluate.biometrics import Rate


class Named:
    """Embeds a picture by its folder, turned a little by its number; `bad` pictures hold no face."""

    def __init__(self):
        self.read_paths = []

    def read(self, path):
        self.read_paths.append(path)
        if path.stem == "bad":
            raise CaptureError("no face was found")
        angle = {"ann": 0.0, "bob": 1.5}.get(path.parent.name, 3.0) + 0.1 * int(path.stem)
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


@pytest.fixture
def root(tmp_path):
    for person, names in {"ann": ("1", "2", "bad"), "bob": ("1", "2")}.items():
        (tmp_path / "faces" / person).mkdir(parents=True)
        for name in names:
            (tmp_path / "faces" / person / f"{name}.png").touch()
    return tmp_path / "faces"


def pairs(root, *rows, head="a,b,same"):
    path = root.parent / "pairs.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


ALL = (
    "ann/1.png,ann/2.png,1",
    "ann/1.png,ann/bad.png,1",
    "ann/1.png,bob/1.png,0",
    "ann/bad.png,bob/1.png,0",
    "bob/1.png,bob/2.png,1",
)


def table(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_each_picture_is_embedded_once_and_failures_are_non_matches(root, tmp_path):
    reader = Named()
    report = evaluate_faces(pairs=pairs(root, *ALL), root=root, out=tmp_path / "out", reader=reader)
    assert len(reader.read_paths) == len(set(reader.read_paths)) == 5
    assert report.failures == (("ann/bad.png", "no face was found"),)
    assert report.default.fnmr == Rate(1, 3)
    assert report.default.fmr == Rate(0, 2)
    rows = table(tmp_path / "out/scores.csv")
    assert rows[0] == ["a", "b", "same", "score"]
    assert rows[1] == ["ann/1.png", "ann/2.png", "1", f"{np.cos(0.1):.6f}"]
    assert rows[2] == ["ann/1.png", "ann/bad.png", "1", "-1.000000"]
    assert rows[4] == ["ann/bad.png", "bob/1.png", "0", "-1.000000"]
    assert table(tmp_path / "out/failures.csv") == [["file", "reason"], ["ann/bad.png", "no face was found"]]


def test_a_folder_of_identities_makes_every_pair(root, tmp_path):
    (root / "bob/notes.txt").touch()
    (root / "loose.png").touch()
    report = evaluate_faces(identities=root, reader=Named())
    assert report.pairs.files == ("ann/1.png", "ann/2.png", "ann/bad.png", "bob/1.png", "bob/2.png")
    assert (len(report.score), int(report.pairs.same.sum())) == (10, 4)
    assert report.default.fnmr == Rate(2, 4)


def test_of_very_many_pairs_all_mated_ones_and_a_sample_of_the_others_are_compared(root, monkeypatch):
    for number in range(3, 60):
        (root / f"ann/{number}.png").touch()
        (root / f"bob/{number}.png").touch()
    monkeypatch.setattr(face_pairs, "MOST_NON_MATED", 500)
    made = face_pairs.identity_pairs(root)
    again = face_pairs.identity_pairs(root)
    assert (made.a.tolist(), made.b.tolist()) == (again.a.tolist(), again.b.tolist())
    assert int(made.same.sum()) == 60 * 59 // 2 + 59 * 58 // 2
    assert 300 <= int((~made.same).sum()) <= 500
    assert (made.a < made.b).all()
    assert len(set(zip(made.a.tolist(), made.b.tolist(), strict=True))) == len(made.a)
    assert ((made.person[made.a] == made.person[made.b]) == made.same).all()


def test_the_page_needs_nothing_else_and_says_what_the_table_says(root, tmp_path):
    report = evaluate_faces(pairs=pairs(root, *ALL), root=root, out=tmp_path / "out", reader=Named())
    page = (tmp_path / "out/report.html").read_text()
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    for measure, value, _ in report.rows():
        assert measure in page
        assert value in page
    for name in ("det.png", "scores.png"):
        assert cv2.imread(str(tmp_path / "out" / name)).std() > 5


def test_groups_are_those_of_the_users_file(root, tmp_path):
    (tmp_path / "groups.csv").write_text(
        "file,group\nann/1.png,x\nann/2.png,x\nann/bad.png,x\nbob/1.png,y\nbob/2.png,y\n"
    )
    report = evaluate_faces(pairs=pairs(root, *ALL), root=root, groups=tmp_path / "groups.csv", reader=Named())
    x, y = report.groups
    assert (x.name, x.failures, x.rates.fnmr, x.rates.fmr) == ("x", Rate(1, 3), Rate(1, 2), Rate(0, 0))
    assert (y.name, y.failures, y.rates.fnmr) == ("y", Rate(0, 2), Rate(0, 1))
    assert x.rates.threshold == report.chosen.threshold


def test_pairs_may_have_groups_themselves(root):
    rows = [f"{row},{'x' if number < 3 else 'y'}" for number, row in enumerate(ALL)]
    report = evaluate_faces(pairs=pairs(root, *rows, head="a,b,same,group"), root=root, reader=Named())
    assert [(one.name, one.failures, one.rates.fnmr.trials) for one in report.groups] == [
        ("x", None, 2),
        ("y", None, 1),
    ]


def test_who_is_who_is_taken_from_folders_only_where_the_pairs_agree(root):
    known = face_pairs.read_pairs(pairs(root, *ALL), root)
    assert known.person.tolist() == [0, 0, 0, 1, 1]
    contrary = face_pairs.read_pairs(pairs(root, *ALL, "ann/2.png,bob/2.png,1"), root)
    assert contrary.person is None
    rows = evaluate_faces(pairs=pairs(root, *ALL, "ann/2.png,bob/2.png,1"), root=root, reader=Named()).rows()
    assert any(row[0] == "1:N" and "not measured" in row[1] for row in rows)


@pytest.mark.parametrize(
    ("head", "yes", "no"),
    [("A, B, Same", " 1", " 0"), ("a,b,same", "TRUE", "FALSE"), ("a,b,same", "1.0", "0.0"), ("a,b,same", "yes", "No")],
)
def test_pairs_are_understood_as_spreadsheets_write_them(root, head, yes, no):
    rows = [row[:-1] + (yes if row.endswith("1") else no) for row in ALL]
    report = evaluate_faces(pairs=pairs(root, *rows, head=head), root=root, reader=Named())
    assert report.pairs.same.tolist() == [True, True, False, False, True]


def test_a_folder_that_cannot_be_written_into_is_named_before_anything_is_read(root, tmp_path):
    (tmp_path / "taken").touch()
    reader = Named()
    with pytest.raises(StoreError, match="taken cannot be written into, because file exists"):
        evaluate_faces(pairs=pairs(root, *ALL), root=root, out=tmp_path / "taken", reader=reader)
    assert not reader.read_paths


def test_a_target_that_so_few_pairs_cannot_show_is_named(root):
    rows = evaluate_faces(pairs=pairs(root, *ALL), root=root, target_fmr=1e-3, reader=Named()).rows()
    assert ("FMR 0.001 cannot be shown", "too few non-mated pairs", "2") in rows


@pytest.mark.parametrize(
    ("head", "rows", "message"),
    [
        ("a,b", ALL, "columns a, b, same"),
        ("a,b,same", (), "no rows"),
        ("a,b,same", (*ALL, "ann/1.png,bob/1.png,maybe"), "write 1 or 0|Write 1 or 0"),
        ("a,b,same", ALL[:2], "no pair of pictures of different people"),
        ("a,b,same", ALL[2:4], "no pair of pictures of one person"),
        ("a,b,same", (*ALL, "eve/1.png,bob/1.png,0"), "1 of 6 pictures are not in .*there is no eve/1.png"),
    ],
)
def test_bad_pairs_are_named(root, head, rows, message):
    with pytest.raises(ConfigError, match=message):
        evaluate_faces(pairs=pairs(root, *rows, head=head), root=root, reader=Named())


def test_bad_options_and_groups_are_named(root, tmp_path):
    with pytest.raises(ConfigError, match="not clear what to compare"):
        evaluate_faces(reader=Named())
    with pytest.raises(ConfigError, match="not clear what to compare"):
        evaluate_faces(pairs=pairs(root, *ALL), identities=root, reader=Named())
    with pytest.raises(ConfigError, match="no pair of pictures"):
        evaluate_faces(identities=tmp_path / "missing", reader=Named())
    (tmp_path / "groups.csv").write_text("file,group\n1.png,x\n")
    with pytest.raises(ConfigError, match="names none of the pictures"):
        evaluate_faces(pairs=pairs(root, *ALL), root=root, groups=tmp_path / "groups.csv", reader=Named())


@pytest.mark.needs_fixtures
def test_real_faces_from_the_command_line(fixtures, tmp_path):
    root = tmp_path / "people"
    for person in range(1, 8):
        (root / f"s{person}").mkdir(parents=True)
        for number in (1, 2, 3):
            data = (fixtures / f"faces_orl/s{person}/{number}.pgm").read_bytes()
            (root / f"s{person}/{number}.pgm").write_bytes(data)
    (root / "s1/corrupt.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    cv2.imwrite(str(root / "s1/wall.png"), np.full((100, 100, 3), 90, np.uint8))
    result = CliRunner().invoke(app, ["evaluate", "faces", "--identities", str(root), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    failed = dict(table(tmp_path / "out/failures.csv")[1:])
    assert set(failed) == {"s1/corrupt.jpg", "s1/wall.png"}
    assert failed["s1/wall.png"] == "no face was found"
    rows = table(tmp_path / "out/scores.csv")[1:]
    assert len(rows) == 23 * 22 // 2
    real = [(row[2], float(row[3])) for row in rows if float(row[3]) > -1]
    assert min(score for same, score in real if same == "1") > 0.4
    assert max(score for same, score in real if same == "0") < 0.45
