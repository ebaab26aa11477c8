"""Two processes at which people enrol: the server and the command line, or two servers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from custodes.domain.time import SystemClock
from sim.enrolling import opened

ROUNDS = 3


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    script = Path(__file__).parents[2] / "sim/enroller.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(script.parents[1]), *sys.path])}
    made = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        for _ in range(2)
    ]  # fmt: skip
    yield made
    for one in made:
        one.kill()
        one.communicate()


def test_nobody_is_enrolled_twice_by_two_processes_at_the_same_instant(
    desks: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    assert [one.stdout.readline() for one in desks if one.stdout] == ["ready\n"] * 2
    for seed in range(ROUNDS):
        for one in desks:
            assert one.stdin is not None
            one.stdin.write(f"{seed}\n")
            one.stdin.flush()
        assert sorted(one.stdout.readline() for one in desks if one.stdout) == ["Refused\n", "Welcome\n"]
    with opened(tmp_path, SystemClock(), []) as desk:
        assert len(desk.people()) == ROUNDS
        assert desk.tallies()[""].times["too_alike"] == ROUNDS
