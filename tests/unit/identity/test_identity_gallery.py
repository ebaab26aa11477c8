"""Comparison: who agreed and no others, an answer only where there is one, and nothing left of anybody else."""

import gc
import sqlite3
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
from desks import IDENTIFY, VERIFY, Desk
from people import CHARTER, CHARTERS, DAY_NS, DOOR, MODEL, YARD, alike, charters, face, faces, unit

from api_support import capability
from custodes.domain.errors import PolicyDenied
from custodes.domain.events import CameraId
from custodes.identity import Abstained, NotRecognised, Reason, Recognised, Template, Verifier


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_scores_are_cosines_of_what_was_enrolled(desk: Desk) -> None:
    subjects = desk.enrol_many(8)
    for seed, subject in enumerate(subjects, start=100):
        probe = alike(face(seed), seed=seed)
        found = desk.gallery.search(probe, DOOR)
        assert isinstance(found, Recognised)
        assert found.subject == subject
        assert found.score == pytest.approx(float(probe.vector @ face(seed).vector), abs=1e-6)
    assert len(desk.gallery) == 8


def test_the_threshold_decides(desk: Desk) -> None:
    desk.enrol(face(1))
    probe = alike(face(1), spread=0.1)
    score = float(probe.vector @ face(1).vector)
    assert 0.4 < score < 0.9
    assert isinstance(desk.another_gallery(threshold=score - 1e-5).search(probe, DOOR), Recognised)
    assert desk.another_gallery(threshold=score + 1e-5).search(probe, DOOR) == NotRecognised()
    shown = desk.enrol(face(2)).shown
    probe = alike(face(2), spread=0.1)
    score = float(probe.vector @ face(2).vector)
    for less, outcome in ((1e-5, Recognised), (-1e-5, NotRecognised)):
        verifier = Verifier(desk.safe, desk.charters, clock=desk.clock, model=MODEL, threshold=score - less)
        assert type(verifier.verify(shown, probe, DOOR)) is outcome


def test_between_two_who_are_both_alike_there_is_no_answer(desk: Desk) -> None:
    desk.enrol(face(1))
    twin = alike(face(1), spread=0.02)
    desk.enrol(twin)
    assert desk.gallery.search(face(1), DOOR) == Abstained(Reason.TOO_ALIKE)
    desk.enrol(face(3))
    assert isinstance(desk.gallery.search(face(3), DOOR), Recognised)


def test_without_anybody_there_is_no_answer(desk: Desk) -> None:
    assert desk.gallery.search(face(1), DOOR) == Abstained(Reason.NOBODY)
    desk.enrol(face(1), cameras=(YARD,))
    assert desk.gallery.search(face(1), DOOR) == Abstained(Reason.NOBODY)


def test_what_the_charter_does_not_name_is_not_done(tmp_path: Path) -> None:
    verify_only = charters(recognition={**CHARTER["recognition"], "modes": ["verify"]})
    desk = Desk(tmp_path, verify_only)
    shown = desk.enrol(face(1), modes=(VERIFY,)).shown
    assert isinstance(desk.verifier.verify(shown, face(1), DOOR), Recognised)
    with pytest.raises(PolicyDenied, match="does not name recognition by identify"):
        desk.gallery.search(face(1), DOOR)
    other = Desk(tmp_path, charters(recognition=None))
    for ask in (lambda: other.verifier.verify(shown, face(1), DOOR), lambda: other.gallery.search(face(1), DOOR)):
        with pytest.raises(PolicyDenied, match="Nobody may be recognised at door"):
            ask()
    with pytest.raises(PolicyDenied, match="there is no charter"):
        desk.gallery.search(face(1), CameraId("elsewhere"))
    desk.clock.now_ns += 1000 * DAY_NS
    with pytest.raises(PolicyDenied, match="review"):
        desk.verifier.verify(shown, face(1), DOOR)


def test_templates_of_another_model_are_not_compared(desk: Desk) -> None:
    shown = desk.enrol(face(1)).shown
    for ask in (
        lambda: desk.another_gallery(model="0" * 64).search(face(1), DOOR),
        lambda: Verifier(desk.safe, CHARTERS, clock=desk.clock, model="0" * 64, threshold=0.45).verify(
            shown, face(1), DOOR
        ),
    ):
        with pytest.raises(PolicyDenied, match="error rates are those of another model"):
            ask()
    desk.charters = charters(recognition={**CHARTER["recognition"], "capability": capability("0" * 64)})
    assert desk.another_gallery(model="0" * 64).search(face(1), DOOR) == Abstained(Reason.NOBODY)
    other = Verifier(desk.safe, desk.charters, clock=desk.clock, model="0" * 64, threshold=0.45)
    assert other.verify(shown, face(1), DOOR) == Abstained(Reason.INVALID)


def test_a_changed_or_swapped_template_matches_nobody(desk: Desk, tmp_path: Path) -> None:
    shown, _ = desk.enrol(face(1)).shown, desk.enrol(face(2))
    with sqlite3.connect(tmp_path / "data/templates.db") as database:
        rows = database.execute("SELECT subject, sealed FROM templates").fetchall()
        for (subject, _), (_, sealed) in zip(rows, reversed(rows), strict=True):
            database.execute("UPDATE templates SET sealed = ? WHERE subject = ?", (sealed, subject))
        database.execute("UPDATE passes SET sealed = zeroblob(700)")
    assert desk.gallery.search(face(1), DOOR) == Abstained(Reason.NOBODY)
    assert desk.verifier.verify(shown, face(1), DOOR) == Abstained(Reason.INVALID)


def test_a_table_that_cannot_be_read_is_no_answer(desk: Desk, tmp_path: Path) -> None:
    shown = desk.enrol(face(1)).shown
    assert isinstance(desk.gallery.search(face(1), DOOR), Recognised)
    with sqlite3.connect(tmp_path / "data/templates.db") as database:
        database.execute("DROP TABLE state")
        database.execute("DROP TABLE passes")
    assert desk.gallery.search(face(1), DOOR) == Abstained(Reason.UNREADABLE)
    assert len(desk.gallery) == 0
    assert desk.verifier.verify(shown, face(1), DOOR) == Abstained(Reason.UNREADABLE)


def test_only_what_is_new_is_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = desk.enrol_many(5)
    opened: list[int] = []
    open_them = desk.safe.opened
    monkeypatch.setattr(desk.safe, "opened", lambda wanted: opened.append(len(wanted)) or open_them(wanted))
    for _ in range(3):
        desk.gallery.search(face(1), DOOR)
    desk.enrol_many(1, first=200)
    desk.enrolments.withdraw(subjects[2])
    for seed in (100, 101, 103, 104, 200):
        assert isinstance(desk.gallery.search(face(seed), DOOR), Recognised)
    assert opened == [5, 1]
    assert isinstance(desk.gallery.search(face(102), DOOR), NotRecognised)


def test_the_matrix_of_those_who_left_is_overwritten(desk: Desk) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    desk.enrol(face(2))
    desk.gallery.search(face(1), DOOR)
    before = desk.gallery._rows.matrix
    desk.enrolments.withdraw(subject)
    desk.gallery.search(face(1), DOOR)
    assert not before.any()


def test_nothing_is_kept_of_who_is_not_recognised(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(face(1), modes=(IDENTIFY,))
    shown = desk.enrol(face(2), modes=(VERIFY,)).shown
    desk.gallery.search(face(1), DOOR)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    entries = len(desk.entries)
    stranger = face(9)
    outcomes = [desk.gallery.search(stranger, DOOR), desk.verifier.verify(shown, stranger, DOOR)]
    assert outcomes == [NotRecognised(), NotRecognised()]
    assert NotRecognised.__slots__ == ()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert len(desk.entries) == entries
    rotated, kept = desk.safe.rotated(stranger), arrays_in(desk)
    assert any(one.shape == (1, 128) for one in kept)  # those of the gallery are found
    for one in kept:
        for row in one.reshape(-1, 128) if one.size % 128 == 0 else ():
            assert not np.allclose(row, rotated)
            assert not np.allclose(row, stranger.vector)


def arrays_in(start: object) -> list[np.ndarray]:
    """Return all arrays that can be reached from an object, through whatever it refers to."""
    seen: dict[int, object] = {}
    left = [start]
    while left:
        one = left.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
            seen[id(one)] = one
            left += gc.get_referents(one)
    return [one for one in seen.values() if isinstance(one, np.ndarray)]


def test_error_rates_are_those_of_the_scores(desk: Desk) -> None:
    people = faces(5, 40)
    for one in people[:20, 0]:
        desk.enrol(Template(one))
    scores = people[:, 1].astype(np.float64) @ people[:20, 0].astype(np.float64).T
    for number, probe in enumerate(people[:, 1]):
        above = np.flatnonzero(scores[number] >= 0.45)
        outcome = desk.gallery.search(Template(probe), DOOR)
        assert isinstance(outcome, (NotRecognised, Recognised, Abstained)[min(len(above), 2)])
    assert np.linalg.norm(unit(np.ones(128))) == pytest.approx(1)


def test_a_closed_gallery_has_nothing_open_until_the_next_search(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.enrol(face(1))
    assert isinstance(desk.gallery.search(alike(face(1)), DOOR), Recognised)
    open_rows = desk.gallery._rows.matrix
    desk.gallery.close()
    assert len(desk.gallery) == 0
    assert not open_rows.any()
    assert isinstance(desk.gallery.search(alike(face(1)), DOOR), Recognised)
