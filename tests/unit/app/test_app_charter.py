"""`custodes charter`: new, check, diff, as people type them."""

import hashlib
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custodes.app.cli import app, main
from custodes.charter import ASSESSED, TEMPLATES, load_charter
from custodes.domain.errors import ConfigError
from custodes.journal.signature import unsigned_by
from custodes.ledger import VerifierKey

ANSWERS = {
    "--camera": "door",
    "--controller": "Example Ltd",
    "--contact": "privacy@example.org",
    "--place": "Mill Street 5",
    "--view": "The door and two metres in front of it.",
    "--baseline": "Three break-ins in 2025, none cleared up.",
}
REST = ["--law", "Road Traffic Act, Art. 12", "--no-dpia-because", "One camera, faces covered."]


def custodes(*words: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["charter", *map(str, words)], input=typed)


def new(file: Path, template: str = "workplace-door", *more: str | Path) -> Result:
    given = [word for pair in ANSWERS.items() for word in pair]
    rest = more or REST
    return custodes("new", "--template", template, *given, "--out", file, "--adopted", "2027-01-01", *rest)


@pytest.fixture
def charter(tmp_path: Path) -> Path:
    file = tmp_path / "door.toml"
    assert new(file).exit_code == 0
    return file


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_makes_a_charter_that_is_valid(template: str, tmp_path: Path) -> None:
    file = tmp_path / "made.toml"
    made = new(file, template)
    assert made.exit_code == 0, made.output
    checked = custodes("check", file, "--on", "2027-06-01")
    assert checked.exit_code == 0, checked.output
    version = load_charter(file).version
    assert version in made.output
    assert version in checked.output
    assert "Example Ltd" in checked.output


def test_what_is_not_given_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "asked.toml"
    typed = "\n".join([*ANSWERS.values(), "Road Traffic Act, Art. 12", "Counts only, at one place."]) + "\n"
    result = custodes("new", "--template", "traffic-counting", "--out", file, typed=typed)
    assert result.exit_code == 0, result.output
    made = load_charter(file)
    assert (made.legal_basis.law, made.dpia.not_required_because) == (
        "Road Traffic Act, Art. 12",
        "Counts only, at one place.",
    )
    assert custodes("check", file).exit_code == 0


def test_nothing_that_exists_is_overwritten(charter: Path) -> None:
    before = charter.read_bytes()
    result = new(charter)
    assert isinstance(result.exception, ConfigError)
    assert "exists" in str(result.exception)
    assert charter.read_bytes() == before


def test_a_wrong_answer_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    result = new(file, "workplace-door", "--no-dpia-because", "One camera.", "--contact", "")
    assert isinstance(result.exception, ConfigError)
    assert "controller.contact" in str(result.exception)
    assert not file.exists()


def test_the_canonical_form_hashes_to_the_version(charter: Path) -> None:
    result = custodes("check", charter, "--canonical")
    assert hashlib.sha256(result.stdout_bytes).hexdigest() == load_charter(charter).version


def test_check_names_everything_that_is_wrong(charter: Path) -> None:
    text = charter.read_text(encoding="utf-8")
    text = text.replace("event_hours = 24", "event_hours = 96").replace("GDPR Art. 6(1)(f)", "the law")
    charter.write_text(text, encoding="utf-8")
    result = custodes("check", charter)
    assert result.exit_code == 1
    assert 'legal_basis.citation = "the law": it names no provision; cite' in result.stderr
    assert "storage.event_hours = 96: more than 72 hours need a published justification" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("day", "code", "said"), [("2026-12-31", 1, "adopted"), ("2028-01-01", 0, ""), ("2028-01-02", 1, "overdue")]
)
def test_check_refuses_what_does_not_hold_on_the_day(charter: Path, day: str, code: int, said: str) -> None:
    result = custodes("check", charter, "--on", day)
    assert (result.exit_code, said in result.stderr) == (code, True)


def test_check_compares_the_impact_assessment(tmp_path: Path) -> None:
    file, dpia = tmp_path / "door.toml", tmp_path / "dpia.pdf"
    dpia.write_bytes(b"approved")
    assert new(file, "workplace-door", "--dpia", dpia, "--dpia-configuration", "cd" * 32).exit_code == 0
    made = load_charter(file).dpia
    assert (made.reference, made.configuration) == ("dpia.pdf", "cd" * 32)
    assert custodes("check", file, "--on", "2027-06-01", "--dpia", dpia).exit_code == 0
    dpia.write_bytes(b"approved, then changed")
    result = custodes("check", file, "--on", "2027-06-01", "--dpia", dpia)
    assert result.exit_code == 1
    assert "dpia.sha256" in result.stderr
    assert isinstance(custodes("check", file, "--dpia", tmp_path / "absent").exception, ConfigError)


def test_new_reads_out_of_the_assessment_which_configuration_it_is_about(tmp_path: Path) -> None:
    file, dpia = tmp_path / "door.toml", tmp_path / "dpia.md"
    dpia.write_text("# Assessment\n\nNothing is said.\n", encoding="utf-8")
    refused = new(file, "workplace-door", "--dpia", dpia)
    assert isinstance(refused.exception, ConfigError)
    assert "--dpia-configuration" in str(refused.exception)
    assert not file.exists()
    dpia.write_text(f"# Assessment\n\n**{ASSESSED}:** `{'12' * 32}`\n", encoding="utf-8")
    assert new(file, "workplace-door", "--dpia", dpia).exit_code == 0
    assert load_charter(file).dpia.configuration == "12" * 32


@pytest.mark.parametrize(
    ("old", "new_", "code", "said"),
    [
        ("", "", 0, "Both say the same.\n"),
        ("recording_hours = 24", "recording_hours = 72", 1, "more   retention of recordings, hours: 24 -> 72\n"),
        ("recording_hours = 24", "recording_hours = 12", 0, "less   retention of recordings, hours: 24 -> 12\n"),
        ("privacy@example.org", "dpo@example.org", 0, "other  contact: "),
        ("search = false", "search = true", 1, "more   searching events: no -> yes\n"),
    ],
)
def test_diff_says_what_becomes_more_and_what_less(charter: Path, old: str, new_: str, code: int, said: str) -> None:
    other = charter.with_name("other.toml")
    other.write_text(charter.read_text(encoding="utf-8").replace(old, new_), encoding="utf-8")
    result = custodes("diff", charter, other)
    assert result.exit_code == code, result.output
    assert said in result.stdout


def test_a_charter_that_cannot_be_read_ends_with_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["custodes", "charter", "check", str(tmp_path / "absent.toml")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_charter_is_signed_by_several_and_counts_for_this_version(charter: Path, tmp_path: Path) -> None:
    keys = []
    for name in ("city.example/mayor", "city.example/dpo"):
        file = tmp_path / f"{name.partition('/')[2]}.key"
        made = custodes("keygen", "--name", name, "--out", file)
        assert made.exit_code == 0
        assert file.stat().st_mode & 0o777 == 0o600
        keys.append(VerifierKey.parse(made.output.split()[-1]))
        assert custodes("sign", charter, "--key", file).exit_code == 0
    signed = (tmp_path / "door.toml.sig").read_bytes()
    assert unsigned_by(load_charter(charter), signed, keys) == []
    again = custodes("keygen", "--name", "x", "--out", tmp_path / "dpo.key")
    assert isinstance(again.exception, ConfigError)


def test_a_charter_is_not_signed_with_what_is_no_key(charter: Path, tmp_path: Path) -> None:
    (tmp_path / "no.key").write_text("hunter2")
    result = custodes("sign", charter, "--key", tmp_path / "no.key")
    assert isinstance(result.exception, ConfigError)
    assert "hunter2" not in str(result.exception)
    assert not (tmp_path / "door.toml.sig").exists()
