"""`custodes subject` and `custodes consent`: what people who enrolled can ask for, beside a server."""

import csv
import hashlib
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from offices import GATE, MODEL, Office, Run, charters, template

from custodes.app.logbook import log_key, receipt_key
from custodes.app.server_identity import ending_enrolments, opened_identity
from custodes.charter import RecognitionMode
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock
from custodes.identity import Gallery, Recognised, use_entry


def test_who_is_enrolled_is_listed_and_shown(office: Office) -> None:
    subject = office.enrol().receipt.body.subject
    hidden = office.enrol(2, (RecognitionMode.VERIFY,)).receipt.body.subject
    code, told = office.subject("list")
    assert code == 0
    for part in (subject, hidden, "Ana Anić", "gate"):
        assert part in told
    code, told = office.subject("show", subject)
    assert (code, "the server can open it" in told, "ana@example.org" in told) == (0, True, True)
    assert "only the person's pass opens it" in office.subject("show", hidden)[1]


def test_one_erases_a_person(office: Office, tmp_path: Path) -> None:
    subject = office.enrol().receipt.body.subject
    with opened_identity(office.settings, charters(), SystemClock(), lambda _: None) as held:
        gallery = Gallery(held.safe, charters(), clock=SystemClock(), model=MODEL, threshold=0.45)
        assert isinstance(gallery.search(template(1), GATE), Recognised)
        code, told = office.subject("erase", subject)
        assert (code, "is erased" in told) == (0, True)
        assert not isinstance(gallery.search(template(1), GATE), Recognised)
    assert [kind for kind, _ in office.owed()] == ["enrolment.withdrawn", "erasure.request"]
    assert all(fields["subject"] == subject for _, fields in office.owed())
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or "Ana Anić".encode() not in path.read_bytes(), path
    for words in (("erase", subject), ("show", subject)):
        code, told = office.subject(*words)
        assert (code, "is enrolled under" in told) == (2, True)


def test_history_tells_every_use(office: Office) -> None:
    subject = office.enrol().receipt.body.subject
    other = office.enrol(2).receipt.body.subject
    now_ns = SystemClock().utc_ns()
    interval_ns = now_ns, now_ns + 10**9
    mode = RecognitionMode.IDENTIFY
    office.log(
        use_entry("gate", "c" * 64, mode, interval_ns=interval_ns, gallery=2, subject=subject),
        use_entry("gate", "c" * 64, mode, interval_ns=interval_ns, gallery=2, subject=other),
        use_entry("gate", "c" * 64, mode, interval_ns=interval_ns, gallery=2),
    )
    code, told = office.subject("history", subject)
    lines = told.splitlines()
    assert code == 0
    assert ["enrolment.made" in lines[0], "recognition.use" in lines[1], len(lines)] == [True, True, 2]
    assert "mode: identify" in lines[1]
    office.subject("erase", subject)
    told = office.subject("history", subject)[1]
    assert "not in the log yet" in told.splitlines()[-1]
    assert "erasure.request" in told
    code, told = office.subject("history", "0" * 32)
    assert (code, "nothing is logged" in told) == (2, True)


def test_an_archive_can_be_taken_along_and_checked(office: Office, tmp_path: Path, run: Run) -> None:
    enrolled = office.enrol()
    subject, file = enrolled.receipt.body.subject, tmp_path / "ana.zip"
    code, told = office.subject("export", subject, "--out", str(file))
    key = str(receipt_key(office.folders, "").verifier)
    assert (code, key in told) == (0, True)
    assert office.owed() == [("disclosure.export", {"subject": subject, "what": "all that is held, for the person"})]
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"subject.json", "subject.json.sig", "receipt.txt"}
        content = archive.read("subject.json")
        assert archive.read("receipt.txt") == enrolled.receipt.note
        assert hashlib.sha256(content).hexdigest() in archive.read("subject.json.sig").decode()
    code, told = run("subject", "verify", str(file), "--key", key)
    assert code == 0
    for part in ("Ana Anić", subject, "enrolment.made", "is what"):
        assert part in told
    assert office.subject("export", subject, "--out", str(file))[0] == 2  # never over a file
    office.subject("erase", subject)
    gone = tmp_path / "gone.zip"
    assert office.subject("export", subject, "--out", str(gone))[0] == 0
    code, told = run("subject", "verify", str(gone), "--key", key)
    assert (code, "has ended" in told, "Ana" in told) == (0, True, False)


def test_a_changed_archive_is_refused(office: Office, tmp_path: Path, run: Run) -> None:
    subject, file = office.enrol().receipt.body.subject, tmp_path / "ana.zip"
    office.subject("export", subject, "--out", str(file))
    key = str(receipt_key(office.folders, "").verifier)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    def refused(changed: dict[str, bytes], why: str, by: str = key) -> None:
        other = tmp_path / "other.zip"
        with zipfile.ZipFile(other, "w") as archive:
            for name, data in changed.items():
                archive.writestr(name, data)
        code, told = run("subject", "verify", str(other), "--key", by)
        assert (code, why in told) == (2, True), told

    refused({**files, "subject.json": files["subject.json"].replace(b"Ana", b"Eva")}, "was changed")
    refused({**files, "receipt.txt": office.enrol(2).receipt.note}, "of another enrolment")
    refused({name: data for name, data in files.items() if name != "receipt.txt"}, "a receipt belongs")
    refused({**files, "more.txt": b""}, "This is no archive")
    refused({"subject.json": files["subject.json"]}, "This is no archive")
    refused(files, "not signed by this server", str(log_key(office.folders, "").verifier))
    refused(files, "--key is no verifier key", "example.org+00000000+AAAA")
    for content in (b"no zip at all", file.read_bytes()[:-30], file.read_bytes()[40:]):
        (tmp_path / "broken.zip").write_bytes(content)
        code, told = run("subject", "verify", str(tmp_path / "broken.zip"), "--key", key)
        assert (code, "Traceback" in told) == (2, False)
    assert run("subject", "verify", str(tmp_path / "none.zip"), "--key", key)[0] == 2


def test_a_new_pass_is_a_picture(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled = office.enrol(modes=(RecognitionMode.VERIFY,))
    subject = enrolled.receipt.body.subject
    answers: dict[str, Any] = {"text": ""}
    monkeypatch.setattr("typer.prompt", lambda *_, **__: answers["text"])
    code, told = office.subject("pass", subject, "--out", str(tmp_path / "pass.png"))
    assert (code, "without the old one" in told) == (2, True)
    answers["text"] = enrolled.shown.text()
    code, told = office.subject("pass", subject, "--out", str(tmp_path / "pass.png"))
    assert (code, (tmp_path / "pass.png").read_bytes()[:4]) == (0, b"\x89PNG")
    assert enrolled.shown.text() not in told


def test_a_new_pass_that_cannot_be_written_leaves_the_old_one(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled = office.enrol(modes=(RecognitionMode.VERIFY,))
    subject, file = enrolled.receipt.body.subject, tmp_path / "pass.png"
    monkeypatch.setattr("typer.prompt", lambda *_, **__: enrolled.shown.text())
    file.write_text("mine", encoding="utf-8")
    code, told = office.subject("pass", subject, "--out", str(file))
    assert (code, "cannot be written" in told, file.read_text(encoding="utf-8")) == (2, True, "mine")
    assert office.subject("pass", subject, "--out", str(tmp_path / "other.png"))[0] == 0


def test_without_a_folder_of_keys_nobody_enrols(tmp_path: Path, run: Run) -> None:
    config = tmp_path / "custodes.toml"
    for text, why in (
        ('data = "data"\n', "Nobody can enrol here"),
        ('data = "data"\n[identity]\nkeys = "data/keys"\n', "a backup of the data would keep keys"),
    ):
        config.write_text(text, encoding="utf-8")
        code, told = run("subject", "list", "--config", str(config))
        assert (code, why in told) == (2, True)
        assert not (tmp_path / "data/keys").exists()


def test_the_server_ends_what_has_expired(office: Office) -> None:
    subject = office.enrol(days=1).receipt.body.subject

    class Later(SystemClock):
        def utc_ns(self) -> int:
            return super().utc_ns() + int(timedelta(days=2).total_seconds()) * 10**9

    entries = []
    with ending_enrolments(office.settings, charters(), Later(), entries.append):
        pass  # it looks once, before it first waits
    assert [entry.kind.value for entry in entries] == ["erasure.expired"]
    assert subject not in office.subject("list")[1]
    without = office.settings.model_copy(
        update={"identity": office.settings.identity.model_copy(update={"keys": office.settings.data / "keys"})}
    )
    with (
        pytest.raises(ConfigError, match=r"identity\.keys"),
        ending_enrolments(without, charters(), SystemClock(), entries.append),
    ):
        pass


def test_the_text_and_its_version_are_printed(run: Run) -> None:
    for words in ((), ("--language", "sr-Cyrl")):
        code, told = run("consent", "template", *words)
        text, _, version = told.partition("\nVersion: ")
        assert code == 0
        assert hashlib.sha256(text.encode()).hexdigest() == version.strip()
        assert "{purpose}" in text
        assert ("Пристајете" in text) == bool(words)
    code, told = run("consent", "template", "--language", "xx")
    assert (code, "there is no language xx" in told) == (2, True)
    assert "Consent has to be free" in run("consent", "--help")[1]


def test_when_somebody_was_recognised_is_a_table_for_that_person(office: Office, tmp_path: Path) -> None:
    subject, other = (office.enrol(seed).receipt.body.subject for seed in (1, 2))
    start_ns = 1_767_268_800 * 10**9  # 2026-01-01T12:00:00Z

    def used(who: str, hour: int) -> None:
        begin_ns = start_ns + hour * 3600 * 10**9
        interval = begin_ns, begin_ns + 2 * 10**9
        office.log(
            use_entry(GATE, "", RecognitionMode.VERIFY, interval_ns=interval, gallery=1, subject=who),
            use_entry(GATE, "", RecognitionMode.VERIFY, interval_ns=interval, gallery=1),
        )

    for who, hour in ((subject, 20), (other, 1), (subject, 0)):
        used(who, hour)
    file = tmp_path / "ana.csv"
    code, told = office.subject("attendance", subject, "--out", str(file))
    assert (code, "Recognised 2 times" in told) == (0, True)
    with file.open(newline="", encoding="utf-8") as table:
        head, *rows = csv.reader(table)
    assert head == ["day", "from", "to", "camera", "mode", "leaf"]
    assert [row[:5] for row in rows] == [
        ["2026-01-01", "2026-01-01T12:00:00.000Z", "2026-01-01T12:00:02.000Z", "gate", "verify"],
        ["2026-01-02", "2026-01-02T08:00:00.000Z", "2026-01-02T08:00:02.000Z", "gate", "verify"],
    ]
    assert all(row[5].isdigit() for row in rows)
    assert office.owed()[-1] == ("disclosure.export", {"subject": subject, "what": "attendance, for the person"})
    assert office.subject("attendance", subject, "--out", str(file))[0] == 2  # never over a file
    office.subject("erase", subject)
    assert office.subject("attendance", subject, "--out", str(tmp_path / "gone.csv"))[0] == 0
    code, told = office.subject("attendance", "0" * 32, "--out", str(tmp_path / "nobody.csv"))
    assert (code, "nobody is enrolled under" in told) == (2, True)
