"""The index of recordings: which file holds which interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, not_, or_, select, update

from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.store import schema
from custodes.store.database import Database

_T = schema.segments.c


@dataclass(frozen=True, slots=True)
class Segment:
    """One recorded file.

    Attributes:
        camera: Whose.
        stream: The encoder session; segments of one stream share their init part and follow each other.
        path: Where the file lies, relative to the root of recordings, with `/`; at most 200 characters.
        start_ns: Wall time of its first picture, nanoseconds since the Unix epoch.
        end_ns: Wall time of its end; None while nothing but the init part is in it.
        bytes: Size of the file.
        init_bytes: Size of the init part (ftyp and moov) at its beginning.
        codec: RFC 6381 codec string, for example `avc1.42c01f`.
        open: Whether it is still being written.
        id: Given by the store; 0 before that.
    """

    camera: CameraId
    stream: str
    path: str
    start_ns: int
    end_ns: int | None
    bytes: int
    init_bytes: int
    codec: str
    open: bool = True
    id: int = 0


class Segments:
    """Table of recorded files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, segment: Segment) -> int:
        """Note that `segment` is being written and return its new id; its own `id` is ignored.

        Raises:
            StoreError: Its path is already in the index, or the database failed.
        """
        with self._database.write() as connection:
            key = connection.execute(insert(schema.segments).values(**_values(segment))).inserted_primary_key
        if key is None:
            raise StoreError("The database gave a new segment no id")
        return int(key[0])

    def close(self, segment_id: int, *, end_ns: int, size: int) -> None:
        """Note that a segment is complete.

        Args:
            segment_id: Which one; an unknown id is ignored, since retention may have deleted it.
            end_ns: Wall time of its end, nanoseconds since the Unix epoch.
            size: Final size of its file in bytes.
        """
        change = update(schema.segments).where(_T.id == segment_id).values(end_ns=end_ns, bytes=size, open=False)
        with self._database.write() as connection:
            connection.execute(change)

    def update(self, segment: Segment) -> None:
        """Write all fields of `segment` over the row with its id; a row that is gone stays gone."""
        change = update(schema.segments).where(_T.id == segment.id).values(**_values(segment))
        with self._database.write() as connection:
            connection.execute(change)

    def delete(self, segment_id: int) -> None:
        """Forget a segment; an unknown id is ignored."""
        with self._database.write() as connection:
            connection.execute(delete(schema.segments).where(_T.id == segment_id))

    def get(self, segment_id: int) -> Segment | None:
        """Return the segment with this id, None where there is none."""
        found = self._select(_select().where(_T.id == segment_id))
        return found[0] if found else None

    def find(self, camera: CameraId, start_ns: int, end_ns: int) -> list[Segment]:
        """Return `camera`'s segments that overlap [`start_ns`, `end_ns`), open ones included, oldest first."""
        return self._select(_of(camera).where(_overlaps(start_ns, end_ns)))

    def all(self, camera: CameraId) -> list[Segment]:
        """Return every segment of `camera`, oldest first."""
        return self._select(_of(camera))

    def oldest(self, camera: CameraId, *, but: Sequence[tuple[int, int]] = ()) -> Segment | None:
        """Return `camera`'s oldest segment that is not being written, None where there is none.

        Args:
            camera: Whose.
            but: Intervals whose segments do not count, wall time in nanoseconds since the Unix epoch.
        """
        spared = [not_(_overlaps(start_ns, end_ns)) for start_ns, end_ns in but]
        found = self._select(_of(camera).where(_T.open.is_(False), *spared).limit(1))
        return found[0] if found else None

    def total_bytes(self, camera: CameraId | None = None) -> int:
        """Return the bytes of all files of `camera`, or of every camera."""
        total = select(func.coalesce(func.sum(_T.bytes), 0))
        if camera is not None:
            total = total.where(_T.camera == camera)
        with self._database.read() as connection:
            return int(connection.execute(total).scalar_one())

    def written(self, camera: CameraId, since_ns: int) -> tuple[int, int]:
        """Return bytes and nanoseconds of `camera`'s complete segments that started at `since_ns` or later."""
        sums = select(func.coalesce(func.sum(_T.bytes), 0), func.coalesce(func.sum(_T.end_ns - _T.start_ns), 0))
        with self._database.read() as connection:
            row = connection.execute(sums.where(_T.camera == camera, _T.start_ns >= since_ns, _T.open.is_(False))).one()
        return int(row[0]), int(row[1])

    def _select(self, query: Select[Any]) -> list[Segment]:
        with self._database.read() as connection:
            return [_segment(row) for row in connection.execute(query)]


def _select() -> Select[Any]:
    return select(schema.segments).order_by(_T.start_ns, _T.id)


def _of(camera: CameraId) -> Select[Any]:
    return _select().where(_T.camera == camera)


def _overlaps(start_ns: int, end_ns: int) -> ColumnElement[bool]:
    return and_(_T.start_ns < end_ns, or_(_T.end_ns > start_ns, _T.end_ns.is_(None)))


def _values(segment: Segment) -> dict[str, Any]:
    return {column.name: getattr(segment, column.name) for column in schema.segments.columns if column.name != "id"}


def _segment(row: Row[Any]) -> Segment:
    values = dict(row._mapping)  # noqa: SLF001  the documented way to read a row by name
    return Segment(**{**values, "camera": CameraId(values["camera"])})
