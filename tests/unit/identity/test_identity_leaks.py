"""After the end of an enrolment nothing of it is left, and before it nothing is where it does not belong."""

import logging
import traceback
from pathlib import Path

import numpy as np
import pytest
from desks import ANA, BOTH, VERIFY, Desk
from people import CHARTERS, DAY_NS, DOOR, MODEL, NOW_NS, face

from api_support import TEXTS, ManualClock
from custodes.domain.errors import CustodesError
from custodes.identity import DataSubject, Template, draft
from custodes.identity.sealing import Held, unseal
from custodes.journal import Journal
from custodes.ledger import KeyKind, SigningKey

MARKERS = ["Ana Marker-Anić", "Marker", "ana.marker@example.org", "Guardian-Marker 12/2027"]
CHILD = DataSubject(name="Ana Marker-Anić", contact="ana.marker@example.org")


def needles(template: Template, rotated: np.ndarray) -> list[bytes]:
    """Bytes that only plaintext has: names, and any 8 numbers in a row of the template in the usual forms."""
    vectors = [template.vector, rotated]
    parts = [one[start : start + 8] for one in vectors for start in range(0, 128, 8)]
    forms = "<f4", "<f8", "<f2", ">f4"
    return [name.encode() for name in MARKERS] + [part.astype(form).tobytes() for part in parts for form in forms]


def found_in(folder: Path, wanted: list[bytes]) -> list[tuple[str, bytes]]:
    return [
        (path.name, needle)
        for path in folder.rglob("*")
        if path.is_file()
        for content in [path.read_bytes()]
        for needle in wanted
        if needle in content
    ]


def enrolled_child(desk: Desk) -> tuple[str, Template, list[bytes]]:
    template = face(1)
    consent = draft(
        CHARTERS, [DOOR], BOTH, given_ns=NOW_NS, expires_ns=NOW_NS + DAY_NS, minor=True, guardian=MARKERS[-1]
    )
    enrolled = desk.enrolments.enrol(CHILD, consent, template, MODEL)
    return enrolled.receipt.body.subject, template, needles(template, desk.safe.rotated(template))


def test_no_file_holds_a_template_or_a_name_in_plain(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    subject, _, wanted = enrolled_child(desk)
    desk.gallery.search(face(1), DOOR)
    assert desk.identities.get(subject).person == CHILD
    assert found_in(tmp_path, wanted) == []


def test_the_search_would_find_a_template_or_a_name_that_was_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    _, template, wanted = enrolled_child(desk)
    (tmp_path / "left").write_bytes(b"x" + template.vector.tobytes())
    (tmp_path / "written").write_text(f"who: {CHILD.name}")
    assert {name for name, _ in found_in(tmp_path, wanted)} >= {"left", "written"}


@pytest.mark.parametrize("end", ["withdraw", "expire"])
def test_nothing_is_left_in_any_file(tmp_path: Path, end: str) -> None:
    desk = Desk(tmp_path)
    subject, _, wanted = enrolled_child(desk)
    desk.enrol_many(3)
    key = (tmp_path / "keys" / f"{subject}.key").read_bytes()
    [(_, sealed)] = list(desk.safe._table.sealed([subject]))
    desk.gallery.search(face(1), DOOR)
    assert found_in(tmp_path, [key, sealed]) != []
    if end == "withdraw":
        desk.enrolments.withdraw(subject)
    else:
        desk.clock.now_ns += DAY_NS
        desk.enrolments.sweep()
    left = found_in(tmp_path, [*wanted, key, sealed, subject.encode(), sealed[12:44], sealed[-32:]])
    assert left == []
    assert len(desk.identities.all()) == 3


def test_the_log_names_nobody(tmp_path: Path) -> None:
    clock = ManualClock(NOW_NS)
    log = SigningKey("example.org/log", KeyKind.LOG, b"\5" * 32)
    journal = Journal.open(tmp_path / "log", tmp_path / "private", log, clock, texts=TEXTS)
    desk = Desk(tmp_path / "identity")
    desk.log = journal.log
    desk.enrolments._log = journal.log
    try:
        subject, template, wanted = enrolled_child(desk)
        desk.enrolments.withdraw(subject)
        kinds = [body.type for body in reversed(journal.bodies.find())]
        assert kinds == ["enrolment.made", "enrolment.withdrawn", "erasure.request"]
    finally:
        journal.close()
    assert found_in(tmp_path, wanted) == []
    assert found_in(tmp_path / "log", [subject.encode()]) == []  # the number itself is private
    assert len(template.vector) == 128


def test_errors_and_logs_say_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk = Desk(tmp_path)
    subject, template, _ = enrolled_child(desk)
    shown = desk.enrol(face(2), modes=(VERIFY,)).shown
    held = next(iter(desk.safe.opened([subject])))
    identity, receipt = desk.identities.get(subject), desk.enrolments.receipt(subject)
    shy = [identity, held, shown, template, receipt, desk.gallery, CHILD, desk.consent(), desk.enrol(face(3))]
    texts = [repr(one) for one in shy]
    [(_, sealed)] = list(desk.safe._table.sealed([subject]))
    bad = template.vector * 2
    desk.broken = True

    def clash() -> None:
        desk.identities.add(desk.identities.get(subject))

    for act in (
        clash,
        lambda: Template(bad),
        lambda: unseal(sealed, b"\1" * 32, subject),
        lambda: Held.parse(held.canonical()[:-9], "It"),
        lambda: DataSubject.build({"name": ANA.name * 50, "contact": ANA.contact}, "This"),
        lambda: desk.enrolments.enrol(CHILD, desk.consent(), template, MODEL),
        lambda: desk.enrolments.withdraw(subject),
    ):
        with pytest.raises(CustodesError) as caught:
            act()
        texts += [str(caught.value), "".join(traceback.format_exception_only(caught.value))]
    text = "\n".join([*texts, caplog.text])
    for marker in [*MARKERS, shown.secret.hex(), shown.text(), f"{template.vector[0]:.6f}"[:7], f"{bad[0]:.6f}"[:7]]:
        assert marker not in text
