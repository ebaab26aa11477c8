"""How often people could not be enrolled, and why: counts, and nothing about anybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from sqlalchemy import BigInteger, Column, MetaData, String, Table, select

from custodes.store.database import Database, upsert
from custodes.store.schema import NAMES, held

metadata: Final = MetaData(naming_convention=NAMES)

_attempts: Final = Table(
    "attempts",
    metadata,
    *held(
        Column("camera", String(40), primary_key=True),
        Column("result", String(20), primary_key=True),
        Column("times", BigInteger, nullable=False),
    ),
)
_EVERYWHERE: Final = ""


class Result(StrEnum):
    """What an attempt to enrol came to; all but the first three are failures to enrol."""

    ENROLLED = "enrolled"
    TOO_ALIKE = "too_alike"
    """Somebody too alike is enrolled at the camera already. The photos were good: this is no failure to enrol."""
    REPEATED = "repeated"
    """Too few photos, as some are the same picture: nobody's face failed, so this is no failure to enrol."""
    UNREADABLE = "unreadable"
    """The photos could not be read."""
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    DIFFERENT_PEOPLE = "different_people"
    """The photos do not match each other."""


_NO_FAILURES: Final = frozenset({Result.ENROLLED, Result.TOO_ALIKE, Result.REPEATED})
FAILURES: Final = tuple(result for result in Result if result not in _NO_FAILURES)
"""The failures to enrol."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts to enrol, counted.

    Attributes:
        times: How often there was each result; those that never were are missing.
    """

    times: Mapping[Result, int]

    @property
    def failed(self) -> int:
        """Failures to enrol."""
        return sum(self.times.get(result, 0) for result in FAILURES)

    @property
    def attempts(self) -> int:
        """Attempts of which the failures are a share: the failure-to-enrol rate (FTE) is `failed / attempts`."""
        return self.failed + self.times.get(Result.ENROLLED, 0)


class Attempts:
    """The counts, in the database at a path that others may share. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the counts in the database at `path`, creating them.

        Raises:
            StoreError: It cannot be used.
        """
        return cls(Database.holding(path, metadata))

    def count(self, cameras: Iterable[str], result: Result) -> None:
        """Count an attempt to enrol at `cameras`, durably: once for each of them, and once for all.

        Raises:
            StoreError: It cannot be written.
        """
        with self._database.write() as connection:
            for camera in (_EVERYWHERE, *sorted(set(cameras))):
                here = (_attempts.c.camera == camera) & (_attempts.c.result == result.value)
                before = connection.execute(select(_attempts.c.times).where(here)).scalar() or 0
                row = {"camera": camera, "result": result.value, "times": before + 1}
                connection.execute(upsert(_attempts, row))

    def at(self, camera: str = _EVERYWHERE) -> Tally:
        """Return the counts of `camera`, or of all attempts."""
        query = select(_attempts.c.result, _attempts.c.times).where(_attempts.c.camera == camera)
        with self._database.read() as connection:
            return Tally({Result(result): times for result, times in connection.execute(query)})

    def cameras(self) -> list[str]:
        """Return the cameras at which somebody tried to enrol, in order."""
        query = select(_attempts.c.camera).where(_attempts.c.camera != _EVERYWHERE).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars())

    def close(self) -> None:
        """Close all connections."""
        self._database.close()
