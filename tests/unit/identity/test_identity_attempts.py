"""Attempts to enrol are counted, and nothing about anybody."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.identity.attempts import FAILURES, Attempts, Result, Tally, metadata


def test_an_attempt_counts_once_at_each_camera_and_once_for_all(tmp_path: Path) -> None:
    path = tmp_path / "identities.db"
    with closing(Attempts.open(path)) as attempts:
        attempts.count(["gate", "door", "gate"], Result.BLURRED)
        attempts.count(["gate"], Result.ENROLLED)
    with closing(Attempts.open(path)) as attempts:
        attempts.count(["gate"], Result.ENROLLED)
        assert attempts.cameras() == ["door", "gate"]
        assert attempts.at("gate").times == attempts.at().times == {Result.BLURRED: 1, Result.ENROLLED: 2}
        assert (attempts.at("door").failed, attempts.at("door").attempts) == (1, 1)
        assert attempts.at("roof").attempts == 0


@given(st.dictionaries(st.sampled_from(Result), st.integers(0, 99)))
def test_failures_are_a_share_of_attempts(times: dict[Result, int]) -> None:
    tally = Tally(times)
    assert tally.failed == sum(times.get(result, 0) for result in FAILURES)
    assert tally.attempts == sum(times.values()) - times.get(Result.TOO_ALIKE, 0) - times.get(Result.REPEATED, 0)


def test_no_column_has_room_for_a_person(tmp_path: Path) -> None:
    assert [column.name for table in metadata.tables.values() for column in table.columns] == [
        "camera",
        "result",
        "times",
    ]
    path = tmp_path / "identities.db"
    Attempts.open(path).close()
    for row in (("x" * 41, "blurred", 1), ("gate", "b" * 21, 1), ("gate", "blurred", "Ana")):
        with sqlite3.connect(path) as database, pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
            database.execute("INSERT INTO attempts (camera, result, times) VALUES (?, ?, ?)", row)
