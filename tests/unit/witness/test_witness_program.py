"""The program that an outsider runs, over HTTP."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import SigningKey, VerifierKey
from custodes.ledger.cosignature import cosigned_at
from custodes.ledger.note import Note
from custodes.ledger.submission import MOST_BYTES, Submission
from sim.logs import LOG, WITNESSES, WitnessProgram, entries, published, running_witness

FIVE = published(entries(0, 5))
NINE = published(entries(0, 5), entries(5, 9))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProgram]:
    with running_witness(tmp_path_factory.mktemp("witness"), WITNESSES[0]) as one:
        yield one


def post(program: WitnessProgram, content: bytes) -> httpx.Response:
    return httpx.post(f"{program.url}/add-checkpoint", content=content, timeout=20)


def test_cosigning_over_http_and_after_a_kill(program: WitnessProgram) -> None:
    answer = post(program, bytes(Submission(0, (), FIVE.files["checkpoint"])))
    assert answer.status_code == 200, answer.text
    note = Note.parse(FIVE.files["checkpoint"] + answer.content)
    assert cosigned_at(note, program.verifier) is not None
    program.kill()
    program.start()
    answer = post(program, bytes(Submission(0, (), NINE.files["checkpoint"])))
    assert (answer.status_code, answer.text) == (409, "5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"
    proof = NINE.proof_from(FIVE.checkpoint)
    answer = post(program, bytes(Submission(5, proof[1:], NINE.files["checkpoint"])))
    assert answer.status_code == 422
    answer = post(program, bytes(Submission(5, proof, NINE.files["checkpoint"])))
    assert answer.status_code == 200


def test_what_is_no_submission(program: WitnessProgram) -> None:
    assert post(program, b"").status_code == 400
    assert post(program, b"x" * (MOST_BYTES + 1)).status_code == 400
    assert post(program, bytes(Submission(0, (), b"x"))).status_code == 400
    assert httpx.get(f"{program.url}/add-checkpoint").status_code == 405
    assert httpx.get(f"{program.url}/").status_code == 404


def test_a_client_that_hangs_up_stops_nobody(program: WitnessProgram) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", int(program.url.rpartition(":")[2]))) as raw:
            raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold")
    assert post(program, b"").status_code == 400


def witness(*options: str) -> Result:
    return CliRunner().invoke(app, ["witness", *options])


def test_a_new_key(tmp_path: Path) -> None:
    done = witness("keygen", "--name", "ngo.example/w1", "--out", str(tmp_path / "key"))
    assert done.exit_code == 0, done.output
    key = SigningKey.parse((tmp_path / "key").read_text(encoding="utf-8").strip())
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert VerifierKey.parse(done.output.split()[-1]) == key.verifier
    assert key.private_text() not in done.output
    again = witness("keygen", "--name", "ngo.example/w1", "--out", str(tmp_path / "key"))
    assert isinstance(again.exception, ConfigError)
    assert isinstance(witness("keygen", "--name", "two words", "--out", str(tmp_path / "b")).exception, IntegrityError)
    assert not (tmp_path / "b").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(WITNESSES[0].private_text(), encoding="utf-8")
    (tmp_path / "key").chmod(0o644)
    options = ("run", "--key", str(tmp_path / "key"), "--log", str(LOG.verifier), "--state", str(tmp_path / "state"))
    assert "Others can read" in str(witness(*options).exception)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    assert "holds no private key" in str(witness(*options).exception)
    (tmp_path / "key").unlink()
    assert "cannot be read" in str(witness(*options).exception)


def test_it_runs_without_the_rest_of_custodes() -> None:
    code = "import sys, custodes.witness.command; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    loaded = done.stdout.split()
    parts = {name.split(".")[1] for name in loaded if name.startswith("custodes.")}
    assert parts == {"disk", "domain", "ledger", "witness"}
    assert not {"httpx", "numpy", "pydantic", "rich.progress"} & set(loaded)
    done = subprocess.run(
        [sys.executable, "-m", "custodes.witness", "run", "--key", "none", "--log", "x", "--state", "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "custodes witness: none cannot be read, because No such file or directory.\n"
