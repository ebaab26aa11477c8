"""`custodes subject` and `custodes consent`: what people who enrolled can ask for, beside a server."""

import hashlib
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_support import charter_document
from custodes.app import cli
from custodes.app.logbook import log_key, receipt_key
from custodes.app.server_identity import ending_enrolments, opened_identity
from custodes.app.settings import load_settings
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject, Enrolled, Gallery, Recognised, Template, draft, use_entry
from custodes.journal import Entry, Journal
from custodes.pipeline.shard import Folders
from custodes.store import Store

GATE = CameraId("gate")
ANA = DataSubject(name="Ana Anić", contact="ana@example.org")
MODEL = "5f" * 32
DAY_NS = 86_400 * 10**9
BOTH = (RecognitionMode.IDENTIFY, RecognitionMode.VERIFY)

Run = Callable[..., tuple[int, str]]


def template(seed: int) -> Template:
    vector = np.random.default_rng(seed).normal(size=128)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32))


def charters() -> Charters:
    document = {
        **charter_document(GATE),
        "recognition": {"modes": list(BOTH), "alternative": "A badge from the reception opens the gate too."},
        "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    }
    return Charters({GATE: Charter.model_validate(document)})


class Office:
    """A server's folder in which people enrol, with the command line at hand."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.config = folder / "custodes.toml"
        self.config.write_text('data = "data"\n[identity]\nkeys = "keys"\n', encoding="utf-8")
        self.settings = load_settings(self.config)
        self.folders = Folders(data=self.settings.data)
        self.folders.make()
        self.run = run

    def subject(self, *words: str) -> tuple[int, str]:
        return self.run("subject", *words, "--config", str(self.config))

    def enrol(self, seed: int = 1, modes: tuple[RecognitionMode, ...] = BOTH, days: int = 30) -> Enrolled:
        now_ns = SystemClock().utc_ns()
        consent = draft(charters(), [GATE], modes, given_ns=now_ns, expires_ns=now_ns + days * DAY_NS, minor=False)
        entries: list[Entry] = []
        with opened_identity(self.settings, charters(), SystemClock(), entries.append) as held:
            enrolled = held.enrolments.enrol(ANA, consent, template(seed), MODEL)
        self.log(*entries)
        return enrolled

    def log(self, *entries: Entry) -> None:
        key = log_key(self.folders, "")
        journal = Journal.open(self.folders.log, self.folders.journal, key, SystemClock())
        journal.log_all(entries)
        journal.close()

    def owed(self) -> list[tuple[str, dict[str, str]]]:
        store = Store.open(self.folders.database)
        try:
            return [(one.kind, dict(one.fields)) for one in store.owed.waiting()]
        finally:
            store.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["custodes", *words])
        monkeypatch.setenv("COLUMNS", "300")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


@pytest.fixture
def office(tmp_path: Path, run: Run) -> Office:
    return Office(tmp_path, run)


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

    entries: list[Entry] = []
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
