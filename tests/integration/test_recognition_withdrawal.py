"""Somebody withdraws: the next attempt misses at every node, nobody can open the template, and the log has it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_support import TEXTS
from custodes.identity import TemplateSafe
from custodes.journal import Journal
from custodes.ledger import FolderReader, KeyKind, Leaf, Policy, SigningKey, read_checkpoint, verify_all
from sim.houses import IDENTIFY, VERIFY, House
from sim.visitors import portrait

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]

TESTS = Path(__file__).resolve().parents[1]
LOG = SigningKey("example.org/log", KeyKind.LOG, b"\5" * 32)


class Node:
    """A worker process of its own, with the recognition point of the door."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sim.watching", "node", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self.answer() == {"ready": True}

    def answer(self) -> dict[str, Any]:
        return json.loads(self.process.stdout.readline())

    def tell(self, shown: str = "") -> None:
        self.process.stdin.write(f"{shown}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


@pytest.fixture
def nodes(house: House) -> Iterator[list[Node]]:
    both = [Node(house.folder), Node(house.folder)]
    yield both
    for node in both:
        node.stop()


def visits(nodes: list[Node], shown: str = "") -> list[dict[str, Any]]:
    """Have the person come to the point of each node at once."""
    for node in nodes:
        node.tell(shown)
    return [node.answer() for node in nodes]


def logged(folder: Path) -> list[str]:
    """Check the log as an outsider would, and return the types of its leaves."""
    reader = FolderReader(folder / "log")
    checkpoint = Policy(logs=(LOG.verifier,)).accept(read_checkpoint(reader)).checkpoint
    found: list[str] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: found.append(Leaf.parse(entry).type))
    return found


def test_after_a_withdrawal_the_next_attempt_misses_at_both_nodes(
    house: House, nodes: list[Node], fixtures: Path
) -> None:
    journal = Journal.open(house.folder / "log", house.folder / "private", LOG, house.clock, texts=TEXTS)
    house.enrolments._log = journal.log
    enrolled = house.enrol([portrait(fixtures, 3, number) for number in (1, 2, 3, 4)], IDENTIFY, VERIFY)
    house.enrol([portrait(fixtures, 7, number) for number in (1, 2, 3, 4)], IDENTIFY, VERIFY)
    subject, shown = enrolled.receipt.body.subject, enrolled.shown.text()
    for found in (visits(nodes), visits(nodes, shown)):
        assert [(one["outcome"], one["subject"]) for one in found] == [("Recognised", subject)] * 2
    shutil.copytree(house.folder / "data/templates", house.folder / "backup")

    house.enrolments.withdraw(subject)

    missed = visits(nodes)
    assert [one["outcome"] for one in missed] == ["NotRecognised"] * 2
    before = [one["embedded"] for one in missed]
    answers = visits(nodes, shown)
    assert [one["outcome"] for one in answers] == ["Abstained"] * 2
    assert [one["embedded"] for one in answers] == before, "for a pass that is worth nothing no face is made numbers of"
    assert not (house.folder / "keys" / f"{subject}.key").exists()
    backup = TemplateSafe.open(house.folder / "backup", house.folder / "keys")
    assert subject in backup.kept()
    assert list(backup.opened([subject])) == []
    assert backup.behind(enrolled.shown) is None
    assert len(list(backup.opened(backup.kept()))) == 1
    backup.close()
    journal.close()
    assert logged(house.folder) == ["enrolment.made", "enrolment.made", "enrolment.withdrawn", "erasure.request"]
