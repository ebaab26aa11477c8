"""A log, three witness programs, a static web server and an auditor: what they find out together."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.domain.errors import IntegrityError
from custodes.domain.time import SystemClock
from custodes.ledger import Leaf, Ledger, Policy
from custodes.ledger.cosigner import Cosigner
from sim.logs import LOG, WITNESSES, WitnessProgram, running_witness
from sim.website import Site


class World:
    """Everybody who takes part."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.witnesses: list[WitnessProgram] = [
            stack.enter_context(running_witness(folder / key.verifier.name, key)) for key in WITNESSES
        ]
        lines = [f"witness {one.verifier.name} {one.verifier} {one.url}" for one in self.witnesses]
        names = " ".join(one.verifier.name for one in self.witnesses)
        text = "\n".join([f"log {LOG.verifier}", *lines, f"group two 2 {names}", "quorum two", ""])
        (folder / "policy.txt").write_text(text, encoding="utf-8")
        self.policy = Policy.parse(text.encode())
        (folder / "www").mkdir()
        self.site = Site(folder / "www")
        stack.callback(self.site.close)

    def log(self, name: str) -> tuple[Ledger, Cosigner]:
        """Open the log `name`; all are signed with the same key."""
        folder = self.folder / name
        log = self.stack.enter_context(Ledger(folder / "public", folder / "state", LOG, policy=self.policy))
        return log, self.stack.enter_context(Cosigner(log, SystemClock()))

    def publish(self, name: str) -> None:
        (self.folder / "www/log").unlink(missing_ok=True)
        (self.folder / "www/log").symlink_to(self.folder / name / "public")

    def audit(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["audit", *words, "--policy", str(self.folder / "policy.txt")])
        refused = isinstance(done.exception, IntegrityError)
        return (2, str(done.exception)) if refused else (done.exit_code, done.output)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path, stack)


def leaves(count: int, camera: str = "gate") -> list[Leaf]:
    return [Leaf(1_700_000_000, "heartbeat", camera, "", f"{at:064x}") for at in range(count)]


def test_an_honest_log_and_then_a_forked_one(world: World) -> None:
    copy = str(world.folder / "copy")
    log, cosigner = world.log("honest")
    world.publish("honest")
    log.append(leaves(300))
    code, told = world.audit("fetch", world.site.url, copy)
    assert (code, "Too few witnesses cosigned the checkpoint: none" in told) == (2, True), told
    assert cosigner.wait_cosigned(299, 30).checkpoint.size == 300
    code, told = world.audit("fetch", world.site.url, copy)
    assert (code, "Leaves: 300, 300 of them new" in told) == (0, True), told

    world.witnesses[0].kill()
    log.append(leaves(20))
    accepted = cosigner.wait_cosigned(319, 30)
    assert accepted.witnesses.keys() == {"w4.example", "w5.example"}
    world.witnesses[1].kill()
    log.append(leaves(5))
    with pytest.raises(IntegrityError, match="Leaf 324 is not covered"):
        cosigner.wait_cosigned(324, 1)
    code, told = world.audit("fetch", world.site.url, copy)
    assert (code, "Leaves: 320, 20 of them new" in told) == (0, True), told
    code, told = world.audit("verify-all", copy)
    assert (code, "All 320 leaves" in told) == (0, True), told
    world.witnesses[1].start()
    assert cosigner.wait_cosigned(324, 30).checkpoint.size == 325

    forked, forger = world.log("forked")
    forked.append(leaves(400, "door"))
    with pytest.raises(IntegrityError, match="Leaf 399 is not covered") as caught:
        forger.wait_cosigned(399, 3)
    assert "cosigned another tree of 325 leaves" in caught.value.diagnostics()
    world.publish("forked")
    code, told = world.audit("fetch", world.site.url, copy)
    assert (code, "Too few witnesses" in told) == (2, True), told
    policy = str(world.folder / "policy.txt")
    command = [sys.executable, "-m", "custodes", "audit", "verify-all", copy, "--policy", policy]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (world.folder / "copy/tile/0/000").write_bytes(bytes(8192))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("custodes: tile/0/000 was changed")) == (2, True)
