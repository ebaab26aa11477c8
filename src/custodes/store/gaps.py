"""Intervals of which a camera has no pictures."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from custodes.domain.events import CameraId
from custodes.store import schema
from custodes.store.database import Database

_T = schema.gaps.c


@dataclass(frozen=True, slots=True)
class StoredGap:
    """An interval without pictures.

    Attributes:
        start_ns: Wall time of the last picture before it, nanoseconds since the Unix epoch.
        end_ns: Wall time of the first picture after it.
        reason: Why, in words.
    """

    start_ns: int
    end_ns: int
    reason: str


class Gaps:
    """Table of gaps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, camera: CameraId, start_ns: int, end_ns: int, reason: str) -> None:
        """Note a gap of `camera`; `reason` is cut to 200 characters."""
        values = {"camera": camera, "start_ns": start_ns, "end_ns": end_ns, "reason": reason[:200]}
        with self._database.write() as connection:
            connection.execute(insert(schema.gaps).values(**values))

    def find(self, camera: CameraId, start_ns: int, end_ns: int) -> list[StoredGap]:
        """Return the gaps of `camera` that overlap [`start_ns`, `end_ns`), oldest first."""
        query = (
            select(_T.start_ns, _T.end_ns, _T.reason)
            .where(_T.camera == camera, _T.start_ns < end_ns, _T.end_ns > start_ns)
            .order_by(_T.start_ns, _T.id)
        )
        with self._database.read() as connection:
            return [StoredGap(*row) for row in connection.execute(query)]

    def expire(self, camera: CameraId, before_ns: int) -> None:
        """Delete gaps of `camera` that ended before `before_ns`."""
        with self._database.write() as connection:
            connection.execute(delete(schema.gaps).where(_T.camera == camera, _T.end_ns < before_ns))
