"""Enrolments: in the log before they count, gone when they end, wherever a crash cuts them off."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desks import ANA, BOTH, IDENTIFY, KEY, VERIFY, Desk
from people import CHARTERS, DAY_NS, DOOR, MODEL, NOW_NS, YARD, alike, charters, face

from custodes.domain.errors import ConfigError, IntegrityError, PolicyDenied, StoreError
from custodes.identity import Abstained, Ended, NotRecognised, Pass, Receipt, Recognised, TemplateSafe
from custodes.identity.consent import new_subject


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def recognises(desk: Desk, seed: int) -> bool:
    return isinstance(desk.gallery.search(alike(face(seed)), DOOR), Recognised)


def verifies(desk: Desk, shown: Pass, seed: int) -> bool:
    return isinstance(desk.verifier.verify(shown, alike(face(seed)), DOOR), Recognised)


def test_who_enrols_is_recognised_and_gets_receipt_and_pass(desk: Desk) -> None:
    enrolled = desk.enrol(face(1))
    assert Receipt.verified(enrolled.receipt.note, KEY.verifier).body.consent.cameras == ("door",)
    subject = enrolled.receipt.body.subject
    found = desk.gallery.search(alike(face(1)), DOOR)
    assert isinstance(found, Recognised)
    assert (found.subject, found.score > 0.9) == (subject, True)
    assert verifies(desk, enrolled.shown, 1)
    assert not verifies(desk, enrolled.shown, 2)
    assert desk.enrolments.receipt(subject).note == enrolled.receipt.note
    assert desk.identities.get(subject).person == ANA


def test_the_log_has_an_enrolment_before_it_counts(desk: Desk) -> None:
    counted = []
    log = desk.log

    def watching(entry: object) -> None:
        counted.append((len(desk.identities.all()), desk.safe.kept(), desk.safe.keyed()))
        log(entry)

    desk.enrolments._log = watching
    desk.enrol(face(1))
    assert counted == [(0, set(), set())]
    assert desk.kinds() == ["enrolment.made"]
    entry = desk.entries[0]
    assert (entry.camera, entry.charter) == ("door", CHARTERS.version_of("door"))
    assert set(entry.body) == {"subject", "consent", "text", "modes", "until", "receipt"}
    assert entry.kind.coarse_s == 3600
    assert "Ana" not in str(dict(entry.body))


def test_what_cannot_be_logged_is_no_enrolment(desk: Desk) -> None:
    desk.broken = True
    with pytest.raises(StoreError, match="log"):
        desk.enrol(face(1))
    assert not desk.identities.all()
    assert not desk.safe.kept() | desk.safe.keyed()
    assert isinstance(desk.gallery.search(face(1), DOOR), Abstained)


def test_nobody_enrols_against_a_charter(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    consent = desk.consent()
    verify_only = charters(recognition={"modes": ["verify"], "alternative": "A badge from the reception does it too."})
    other = Desk(tmp_path, verify_only)
    with pytest.raises(PolicyDenied, match="identify"):
        other.enrolments.enrol(ANA, consent, face(1), MODEL)
    desk.clock.now_ns = consent.expires
    with pytest.raises(PolicyDenied, match="does not hold"):
        desk.enrolments.enrol(ANA, consent, face(1), MODEL)
    desk.clock.now_ns = NOW_NS
    with pytest.raises(IntegrityError, match="This template is not possible"):
        desk.enrolments.enrol(ANA, consent, face(1), "sface")
    assert desk.entries + other.entries == []
    assert not desk.identities.all()


def test_a_consent_to_verification_cannot_be_searched(desk: Desk) -> None:
    enrolled = desk.enrol(face(1), modes=(VERIFY,))
    assert desk.gallery.search(face(1), DOOR) == desk.another_gallery().search(face(2), DOOR)
    assert len(desk.gallery) == 0
    assert verifies(desk, enrolled.shown, 1)
    assert list(desk.safe.opened(desk.safe.kept())) == []


def test_withdrawal_ends_everything_at_once(desk: Desk, tmp_path: Path) -> None:
    enrolled = desk.enrol(face(1))
    subject = enrolled.receipt.body.subject
    desk.enrol_many(2)
    assert recognises(desk, 1)
    desk.enrolments.withdraw(subject)
    assert isinstance(desk.gallery.search(alike(face(1)), DOOR), NotRecognised)
    assert desk.verifier.verify(enrolled.shown, face(1), DOOR) == desk.verifier.verify(Pass.new(), face(1), DOOR)
    assert desk.identities.get(subject) is None
    assert subject not in desk.safe.keyed() | desk.safe.kept()
    assert desk.kinds()[-2:] == ["enrolment.withdrawn", "erasure.request"]
    assert {entry.body["subject"] for entry in desk.entries[-2:]} == {subject}
    assert recognises(desk, 100)
    for end in (desk.enrolments.withdraw, desk.enrolments.receipt, lambda one: renewed(desk, one)):
        with pytest.raises(ConfigError, match="Nobody is enrolled under this number"):
            end(subject)


def test_a_backup_opens_nothing_after_withdrawal(desk: Desk, tmp_path: Path) -> None:
    enrolled = desk.enrol(face(1))
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    backup = TemplateSafe.open(tmp_path / "backup", tmp_path / "keys")
    subject = enrolled.receipt.body.subject
    assert backup.behind(enrolled.shown) is not None
    assert len(list(backup.opened([subject]))) == 1
    desk.enrolments.withdraw(subject)
    assert backup.kept() == {subject}
    assert backup.behind(enrolled.shown) is None
    assert list(backup.opened([subject])) == []
    desk.safe.make_key(subject)  # nor with a new key
    assert backup.behind(enrolled.shown) is None
    assert list(backup.opened([subject])) == []


def test_a_key_is_overwritten_before_it_is_deleted(desk: Desk, tmp_path: Path) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    path = tmp_path / "keys" / f"{subject}.key"
    key = path.read_bytes()
    with path.open("rb") as held:
        desk.enrolments.withdraw(subject)
        assert held.read() not in (key, b"")
    assert not path.exists()


def test_expiry_does_the_same_by_itself(desk: Desk) -> None:
    short, long = desk.enrol(face(1), days=30), desk.enrol(face(2), days=60)
    gallery = desk.gallery
    assert recognises(desk, 1)
    desk.clock.now_ns += 30 * DAY_NS - 1
    assert recognises(desk, 1)
    assert desk.enrolments.sweep() == {}
    desk.clock.now_ns += 1
    assert isinstance(gallery.search(alike(face(1)), DOOR), NotRecognised)  # before anybody swept
    assert not verifies(desk, short.shown, 1)
    assert verifies(desk, long.shown, 2)
    subject = short.receipt.body.subject
    assert desk.enrolments.sweep() == {subject: Ended.EXPIRED}
    assert desk.kinds()[2:] == ["erasure.expired"]
    assert subject not in desk.safe.keyed() | desk.safe.kept()
    assert [one.subject for one in desk.identities.all()] == [long.receipt.body.subject]


def test_a_withdrawal_that_cannot_be_logged_still_ends_the_enrolment(desk: Desk) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    assert recognises(desk, 1)
    desk.broken = True
    with pytest.raises(StoreError, match="log"):
        desk.enrolments.withdraw(subject)
    assert not recognises(desk, 1)
    assert subject not in desk.safe.keyed()
    desk.broken = False
    assert desk.enrolments.sweep() == {subject: Ended.INCOMPLETE}
    assert desk.kinds()[1:] == ["enrolment.withdrawn", "erasure.request"]
    assert not desk.identities.all()
    assert not desk.safe.kept()


@pytest.mark.parametrize("cut_off", ["make_key", "put"])
def test_an_enrolment_that_was_cut_off_is_undone(desk: Desk, cut_off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if cut_off == "make_key":
        monkeypatch.setattr(desk.identities, "add", _crash)
    else:
        monkeypatch.setattr(desk.safe, "put", _crash)
    with pytest.raises(KeyboardInterrupt):
        desk.enrol(face(1))
    monkeypatch.undo()
    assert len(desk.safe.keyed()) == 1
    assert not recognises(desk, 1)
    assert list(desk.enrolments.sweep().values()) == [Ended.INCOMPLETE]
    assert not desk.safe.keyed() | desk.safe.kept()
    assert not desk.identities.all()
    assert "enrolment.withdrawn" in desk.kinds()


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_templates_without_names_are_erased(desk: Desk) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    desk.identities.erase(subject)
    assert desk.enrolments.sweep() == {subject: Ended.INCOMPLETE}
    assert not desk.safe.keyed() | desk.safe.kept()
    assert not recognises(desk, 1)


def test_a_key_that_anybody_deletes_ends_the_match(desk: Desk, tmp_path: Path) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    assert recognises(desk, 1)
    (tmp_path / "keys" / f"{subject}.key").unlink()
    assert not recognises(desk, 1)


def test_a_template_that_is_deleted_alone_ends_the_match(desk: Desk) -> None:
    subject = desk.enrol(face(1)).receipt.body.subject
    assert recognises(desk, 1)
    desk.safe.erase(subject)
    assert not recognises(desk, 1)


def test_a_missing_folder_of_keys_erases_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(face(1))
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    for there in ("nothing", "an empty folder"):
        assert isinstance(desk.gallery.search(face(1), DOOR), Abstained)
        with pytest.raises(StoreError, match="folder of keys is not there"):
            desk.enrolments.sweep()
        with pytest.raises(StoreError, match="folder of keys is not there"):
            desk.enrolments.withdraw(desk.identities.all()[0].subject)
        if there == "nothing":
            (tmp_path / "keys").mkdir()
    with pytest.raises(StoreError, match="is not the folder of the keys"):
        Desk(tmp_path)
    assert len(desk.identities.all()) == 1
    shutil.rmtree(tmp_path / "keys")
    (tmp_path / "elsewhere").rename(tmp_path / "keys")
    again = Desk(tmp_path)
    assert again.enrolments.sweep() == {}
    assert recognises(again, 1)


def renewed(desk: Desk, subject: str, old: Pass | None = None) -> Pass:
    made: list[Pass] = []
    desk.enrolments.reissue(subject, old, hand=made.append)
    return made[0]


def test_a_new_pass_ends_the_old_one(desk: Desk) -> None:
    enrolled = desk.enrol(face(1), modes=(VERIFY,))
    subject = enrolled.receipt.body.subject
    with pytest.raises(PolicyDenied, match="without the old one"):
        renewed(desk, subject)
    other = desk.enrol(face(2))
    with pytest.raises(PolicyDenied, match="of this one"):
        renewed(desk, subject, other.shown)
    assert verifies(desk, enrolled.shown, 1)
    new = renewed(desk, subject, enrolled.shown)
    assert verifies(desk, new, 1)
    assert not verifies(desk, enrolled.shown, 1)
    assert desk.entries[-1].body["what"] == "new pass"
    newer = renewed(desk, other.receipt.body.subject)  # the server can open this one itself
    assert verifies(desk, newer, 2)
    assert not verifies(desk, other.shown, 2)
    assert recognises(desk, 2)


def test_a_new_pass_that_cannot_be_handed_over_leaves_the_old_one(desk: Desk) -> None:
    enrolled = desk.enrol(face(1), modes=(VERIFY,))

    def full(_: Pass) -> None:
        raise StoreError("The disk is full")

    with pytest.raises(StoreError, match="disk"):
        desk.enrolments.reissue(enrolled.receipt.body.subject, enrolled.shown, hand=full)
    assert verifies(desk, enrolled.shown, 1)
    assert desk.kinds() == ["enrolment.made"]


def test_no_pass_without_consent_to_it(desk: Desk) -> None:
    enrolled = desk.enrol(face(1), modes=(IDENTIFY,))
    assert enrolled.shown is None
    with pytest.raises(PolicyDenied, match="not to verification"):
        renewed(desk, enrolled.receipt.body.subject)


def test_where_and_how_is_agreed_to_for_each(desk: Desk) -> None:
    here = desk.enrol(face(1), modes=BOTH)
    there = desk.enrol(face(2), cameras=(YARD,), modes=BOTH)
    assert isinstance(desk.gallery.search(alike(face(2)), DOOR), NotRecognised)
    assert isinstance(desk.gallery.search(alike(face(2)), YARD), Recognised)
    assert isinstance(desk.verifier.verify(there.shown, face(2), DOOR), Abstained)
    assert isinstance(desk.verifier.verify(here.shown, face(1), YARD), Abstained)


@contextmanager
def another_node(folder: Path) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("searcher.py")
    tests = script.parents[2]
    path = os.pathsep.join([str(tests), str(script.parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def asked(process: subprocess.Popen[str], line: str) -> str:
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_withdrawal_holds_on_another_node_from_the_next_search_on(tmp_path: Path) -> None:
    with another_node(tmp_path) as one, another_node(tmp_path) as other:
        assert asked(one, "1") == "Abstained"
        desk = Desk(tmp_path)
        enrolled = desk.enrol(face(1))
        subject = enrolled.receipt.body.subject
        desk.enrol(face(2))
        for node in (one, other):
            assert asked(node, "1") == f"Recognised {subject}"
            assert asked(node, f"pass {enrolled.shown.text()} 1") == f"Recognised {subject}"
        desk.enrolments.withdraw(subject)
        for node in (one, other):
            assert asked(node, "1") == "NotRecognised"
            assert asked(node, f"pass {enrolled.shown.text()} 1") == "Abstained"
            assert asked(node, "2").startswith("Recognised")


def test_ids_that_are_none_do_no_harm(desk: Desk) -> None:
    for wrong in ("../keys/rotation", "", "%", new_subject()):
        with pytest.raises(ConfigError, match="Nobody is enrolled"):
            desk.enrolments.withdraw(wrong)
    assert desk.entries == []
