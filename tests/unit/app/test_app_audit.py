"""`custodes audit`, as an outsider runs it: on a copy of the folder, with a policy."""

import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import KeyKind, Leaf, Ledger, Policy, Proof, SigningKey

KEY = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)


def leaves(first: int, count: int) -> list[Leaf]:
    return [Leaf(1_700_000_000 + at, "heartbeat", "gate", "", f"{at:064x}") for at in range(first, first + count)]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a log of 300 leaves, the checkpoint of 10 of them beside it, and a policy."""
    with Ledger(tmp_path / "public", tmp_path / "state", KEY) as log:
        log.append(leaves(0, 10))
        shutil.copy(tmp_path / "public/checkpoint", tmp_path / "earlier")
        log.append(leaves(10, 290))
    (tmp_path / "policy").write_text(f"log {KEY.verifier}\nquorum none\n", encoding="utf-8")
    shutil.copytree(tmp_path / "public", tmp_path / "copy")
    return tmp_path


def audit(copy: Path, command: str, *options: str) -> Result:
    return CliRunner().invoke(
        app, ["audit", command, str(copy / "copy"), *options, "--policy", str(copy / "policy")], catch_exceptions=True
    )


def test_a_sound_log(copy: Path) -> None:
    done = audit(copy, "verify-checkpoint")
    assert done.exit_code == 0, done.output
    assert "Log: example.org/log\nLeaves: 300\n" in done.output
    assert f"Signed by: {KEY.verifier}" in done.output
    done = audit(copy, "verify-all", "--earlier", str(copy / "earlier"))
    assert done.exit_code == 0, done.output
    assert "All 300 leaves and every tile" in done.output
    assert "begins with all 10 leaves" in done.output


def test_a_proof_to_pass_on(copy: Path) -> None:
    done = audit(copy, "prove-inclusion", "17", "--out", str(copy / "17.tlog-proof"))
    assert done.exit_code == 0, done.output
    entry = bytes(leaves(17, 1)[0].at(17))
    assert entry.decode() in done.output
    policy = Policy.parse((copy / "policy").read_bytes())
    assert Proof.parse((copy / "17.tlog-proof").read_bytes()).verify(entry, policy).checkpoint.size == 300


def test_what_is_wrong_is_said(copy: Path) -> None:
    done = audit(copy, "prove-inclusion", "300")
    assert isinstance(done.exception, IntegrityError)
    assert "no leaf 300" in str(done.exception)
    shutil.copy(copy / "public/checkpoint", copy / "newer")
    shutil.copy(copy / "earlier", copy / "copy/checkpoint")
    done = audit(copy, "prove-consistency", str(copy / "newer"))
    assert "rolled back from 300 to 10" in str(done.exception)
    done = audit(copy, "verify-all")
    assert done.exit_code == 0
    assert "belong to a larger tree" in done.output
    (copy / "policy").unlink()
    assert isinstance(audit(copy, "verify-checkpoint").exception, ConfigError)
