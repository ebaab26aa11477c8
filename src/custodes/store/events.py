"""Events, and finding them again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, delete, func, not_, or_, select, tuple_, update

from custodes.domain.events import CameraId, Event, EventKind
from custodes.store import schema
from custodes.store.database import Database, upsert

_T = schema.events.c
_BOX: Final = ("left_norm", "top_norm", "right_norm", "bottom_norm")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the store has it.

    Attributes:
        event: The event.
        thumbnail: Key of its redacted thumbnail in the blob store; None until there is one.
    """

    event: Event
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events are wanted; None means any.

    Attributes:
        cameras: Of one of these cameras.
        class_name: Of this COCO class.
        kind: Of this kind.
        rule: Of this rule.
        zone: Of this zone or tripwire.
        start_ns: Not over before this wall time, nanoseconds since the Unix epoch.
        end_ns: Started before this wall time.
        limit: Most events of one page, at least 1.
        before: `Page.next` of the page before.
    """

    cameras: tuple[CameraId, ...] | None = None
    class_name: str | None = None
    kind: EventKind | None = None
    rule: str | None = None
    zone: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    limit: int = 50
    before: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first.

    Attributes:
        items: The events.
        next: Start and id of the last one, where older ones follow; None on the last page.
    """

    items: list[StoredEvent]
    next: tuple[int, str] | None


class Events:
    """Table of events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, event: Event) -> None:
        """Add `event`, or write it over its older version; the thumbnail stays as it is."""
        with self._database.write() as connection:
            connection.execute(upsert(schema.events, _values(event)))

    def get(self, event_id: str) -> StoredEvent | None:
        """Return the event with this id, None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.events).where(_T.event_id == event_id)).one_or_none()
        return None if row is None else _stored(row)

    def find(self, query: EventQuery) -> Page:
        """Return the newest events that fit all of `query`; pages neither repeat nor leave out what stays."""
        statement = (
            select(schema.events)
            .where(*_conditions(query))
            .order_by(_T.start_ns.desc(), _T.event_id.desc())
            .limit(query.limit + 1)
        )
        with self._database.read() as connection:
            found = [_stored(row) for row in connection.execute(statement)]
        items = found[: query.limit]
        last = items[-1].event if len(found) > query.limit else None
        return Page(items, (last.start_ns, last.event_id) if last else None)

    def set_thumbnail(self, event_id: str, key: str) -> None:
        """Note that the blob store holds the event's thumbnail under `key`; an unknown id is ignored."""
        with self._database.write() as connection:
            connection.execute(update(schema.events).where(_T.event_id == event_id).values(thumbnail=key))

    def end_open(self, camera: CameraId) -> None:
        """End the events of `camera` that still last, at their key moments: call it when nobody else will."""
        ended = func.max(_T.start_ns, _T.key_ns)
        lasting = and_(_T.camera == camera, _T.end_ns.is_(None))
        with self._database.write() as connection:
            connection.execute(update(schema.events).where(lasting).values(end_ns=ended))

    def strip(self, camera: CameraId, before_ns: int, *, but: Sequence[tuple[int, int]] = ()) -> list[str]:
        """Forget the thumbnails of `camera`'s events that started before `before_ns`; return their keys.

        Args:
            camera: Whose.
            before_ns: Wall time, nanoseconds since the Unix epoch.
            but: Intervals whose events are spared.
        """
        old = and_(_old(camera, before_ns, but), _T.thumbnail.is_not(None))
        with self._database.write() as connection:
            keys = connection.execute(select(_T.thumbnail).where(old)).scalars().all()
            connection.execute(update(schema.events).where(old).values(thumbnail=None))
        return [str(key) for key in keys]

    def expire(self, camera: CameraId, before_ns: int, *, but: Sequence[tuple[int, int]] = ()) -> tuple[int, list[str]]:
        """Delete events of `camera` that started before `before_ns`; return how many, and their thumbnails' keys.

        Args:
            camera: Whose.
            before_ns: Wall time, nanoseconds since the Unix epoch.
            but: Intervals whose events are spared.
        """
        old = _old(camera, before_ns, but)
        with self._database.write() as connection:
            keys = connection.execute(select(_T.thumbnail).where(old, _T.thumbnail.is_not(None))).scalars().all()
            count = connection.execute(delete(schema.events).where(old)).rowcount
        return count, [str(key) for key in keys]


def _old(camera: CameraId, before_ns: int, but: Sequence[tuple[int, int]]) -> ColumnElement[bool]:
    spared = [not_(and_(_T.start_ns >= start_ns, _T.start_ns < end_ns)) for start_ns, end_ns in but]
    return and_(_T.camera == camera, _T.start_ns < before_ns, *spared)


def _conditions(query: EventQuery) -> list[ColumnElement[bool]]:
    wanted = {name: getattr(query, name) for name in ("class_name", "kind", "rule", "zone")}
    conditions = [_T[name] == value for name, value in wanted.items() if value is not None]
    if query.cameras is not None:
        # Of several cameras, the order of time is what to go by, so their index must not be taken.
        camera = _T.camera if len(query.cameras) == 1 else _T.camera + ""
        conditions.append(camera.in_(query.cameras))
    if query.start_ns is not None:
        conditions.append(or_(_T.end_ns >= query.start_ns, _T.end_ns.is_(None)))
    if query.end_ns is not None:
        conditions.append(_T.start_ns < query.end_ns)
    if query.before is not None:
        conditions.append(tuple_(_T.start_ns, _T.event_id) < query.before)
    return conditions


def _values(event: Event) -> dict[str, Any]:
    values = asdict(event)
    box = values.pop("box_norm") or (None,) * len(_BOX)
    return values | dict(zip(_BOX, box, strict=True))


def _stored(row: Row[Any]) -> StoredEvent:
    values = dict(row._mapping)  # noqa: SLF001  the documented way to read a row by name
    thumbnail = values.pop("thumbnail")
    left, top, right, bottom = (values.pop(name) for name in _BOX)
    values["box_norm"] = None if left is None else (left, top, right, bottom)
    values["kind"] = EventKind(values["kind"])
    return StoredEvent(Event(**values), thumbnail)
