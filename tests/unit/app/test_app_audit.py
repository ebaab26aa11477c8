"""`custodes audit`, as an outsider runs it: on a copy of the folder, with a policy."""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import KeyKind, Leaf, Ledger, Policy, Proof, SigningKey, commitment
from sim.website import Site

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
    assert "An old checkpoint of 10 leaves is shown again" in str(done.exception)
    done = audit(copy, "verify-all")
    assert done.exit_code == 0
    assert "belong to a larger tree" in done.output
    (copy / "policy").unlink()
    assert isinstance(audit(copy, "verify-checkpoint").exception, ConfigError)


@pytest.fixture
def site(copy: Path) -> Iterator[Site]:
    (copy / "site").mkdir()
    (copy / "site/log").symlink_to(copy / "public")
    one = Site(copy / "site")
    yield one
    one.close()


def fetch(copy: Path, site: Site, *options: str) -> Result:
    return CliRunner().invoke(app, ["audit", "fetch", site.url, str(copy / "fetched"), *options])


def test_fetching_and_checking_offline(copy: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = ("--policy", str(copy / "policy"))
    done = fetch(copy, site, *policy)
    assert done.exit_code == 0, done.output
    assert "Leaves: 300, 300 of them new; 5 files fetched.\n" in done.output
    kept = Path(done.output.partition("Checkpoint kept: ")[2].strip().replace("\n", ""))
    with Ledger(copy / "public", copy / "state", KEY) as log:
        log.append(leaves(300, 20))
    done = fetch(copy, site, *policy)
    assert "Leaves: 320, 20 of them new; 2 files fetched.\nIt begins with all 300 leaves that were seen" in done.output
    monkeypatch.setattr(socket, "socket", None)
    for command in (["verify-checkpoint"], ["prove-inclusion", "5"], ["prove-consistency", str(kept)], ["verify-all"]):
        name, *rest = command
        done = CliRunner().invoke(app, ["audit", name, str(copy / "fetched"), *rest, *policy])
        assert done.exit_code == 0, done.output


def test_fetching_without_a_policy_says_that_nobody_was_checked(copy: Path, site: Site) -> None:
    done = fetch(copy, site)
    assert done.exit_code == 0, done.output
    assert "Nobody's signature was checked" in done.output


def test_fetching_a_log_that_shows_an_old_checkpoint(copy: Path, site: Site) -> None:
    assert fetch(copy, site).exit_code == 0
    shutil.copy(copy / "earlier", copy / "public/checkpoint")
    done = fetch(copy, site)
    assert isinstance(done.exception, IntegrityError)
    assert "An old checkpoint of 10 leaves is shown again" in str(done.exception)
    assert audit(copy, "verify-all").exit_code == 0


BODY: dict[str, Any] = {"person": "Jelena Petrović", "reason": "theft at the gate", "minutes": 12.0}
SALT = bytes(range(32))


@pytest.fixture
def committed(copy: Path) -> Path:
    """The same log, with a leaf 300 that commits to `BODY`."""
    text = '{"minutes":12,"person":"Jelena Petrović","reason":"theft at the gate"}'.encode()
    with Ledger(copy / "public", copy / "state", KEY) as log:
        log.append([Leaf(1_700_000_000, "disclosure.export", "gate", "", commitment(SALT, text))])
    shutil.rmtree(copy / "copy")
    shutil.copytree(copy / "public", copy / "copy")
    (copy / "body.json").write_text(json.dumps(BODY, indent=2), encoding="utf-8")
    (copy / "salt").write_bytes(SALT)
    (copy / "salt.txt").write_text(f"{SALT.hex()}\n", encoding="utf-8")
    return copy


def opened(copy: Path, index: str = "300", salt: str = SALT.hex()) -> Result:
    return audit(copy, "open-commitment", index, "--body", str(copy / "body.json"), "--salt", salt)


def test_a_disclosed_body_is_what_the_leaf_commits_to(committed: Path) -> None:
    for salt in (SALT.hex(), str(committed / "salt"), str(committed / "salt.txt")):
        done = opened(committed, salt=salt)
        assert done.exit_code == 0, done.output
    assert "Leaf 300: disclosure.export at gate, 2023-11-14T22:13:20.000Z" in done.output
    assert '"person":"Jelena Petrović"' in done.output


def test_any_other_body_is_not(committed: Path) -> None:
    assert "not what the leaf commits to" in str(opened(committed, index="299").exception)
    assert "not what the leaf commits to" in str(opened(committed, salt="00" * 32).exception)
    assert isinstance(opened(committed, salt="zz" * 32).exception, ConfigError)
    for text, what in (
        (json.dumps(BODY | {"minutes": 13}), "not what the leaf commits to"),
        (json.dumps(BODY)[:-1] + ', "minutes": 12}', "a name is in it twice"),
        ("{", "not JSON"),
    ):
        (committed / "body.json").write_text(text, encoding="utf-8")
        assert what in str(opened(committed).exception)
