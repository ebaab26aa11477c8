"""Figures about what is kept of a camera, for people who may not see the rest."""

from dataclasses import dataclass

from sqlalchemy import func, select, union_all

from custodes.domain.events import CameraId, EventKind
from custodes.store import schema
from custodes.store.database import Database


@dataclass(frozen=True, slots=True)
class Figures:
    """What the store has of one camera: no more than retention has left.

    Attributes:
        first_ns: Wall time of the first thing kept, nanoseconds since the Unix epoch.
        last_ns: Wall time of the last one, at least `first_ns`.
        gaps: Number of intervals without pictures.
        gap_ns: Their length together, nanoseconds.
        events: Number of events by kind; kinds without any are left out.
    """

    first_ns: int
    last_ns: int
    gaps: int
    gap_ns: int
    events: dict[EventKind, int]

    @property
    def coverage(self) -> float | None:
        """Share (0-1) of the time from first to last that is in no gap; None where that is no time at all."""
        span_ns = self.last_ns - self.first_ns
        return max(0.0, 1 - self.gap_ns / span_ns) if span_ns else None


def figures(database: Database, camera: CameraId) -> Figures | None:
    """Return the figures of `camera`, None where nothing is kept of it."""
    tables = (schema.events, schema.segments, schema.gaps)
    spans = union_all(
        *(
            select(table.c.start_ns, func.coalesce(table.c.end_ns, table.c.start_ns).label("end_ns")).where(
                table.c.camera == camera
            )
            for table in tables
        )
    ).subquery()
    gaps = schema.gaps.c
    lengths = select(func.count(), func.coalesce(func.sum(gaps.end_ns - gaps.start_ns), 0)).where(gaps.camera == camera)
    kinds = select(schema.events.c.kind, func.count()).where(schema.events.c.camera == camera)
    with database.read() as connection:
        first_ns, last_ns = connection.execute(select(func.min(spans.c.start_ns), func.max(spans.c.end_ns))).one()
        if first_ns is None:
            return None
        count, length_ns = connection.execute(lengths).one()
        events = {EventKind(kind): number for kind, number in connection.execute(kinds.group_by(schema.events.c.kind))}
    return Figures(first_ns, max(first_ns, last_ns), count, length_ns, events)
