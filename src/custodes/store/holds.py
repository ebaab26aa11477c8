"""Holds: what must not be deleted yet, why, and until when."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, update

from custodes.domain.events import CameraId
from custodes.store import schema
from custodes.store.database import Database
from custodes.store.private import PrivateTexts

LOST: Final = "its reason was lost with the key of private texts"

_T = schema.holds.c


@dataclass(frozen=True, slots=True)
class Hold:
    """An interval of one camera that is kept beyond its retention period.

    Attributes:
        camera: Whose.
        start_ns: Start of the interval, wall time, nanoseconds since the Unix epoch.
        end_ns: Its end.
        until_ns: When the hold ends.
        reason: Why, in words.
        id: Given by the store; 0 before that.
    """

    camera: CameraId
    start_ns: int
    end_ns: int
    until_ns: int
    reason: str
    id: int = 0


class Holds:
    """Table of holds.

    Args:
        database: Has the table.
        texts: Encrypts reasons.
    """

    def __init__(self, database: Database, texts: PrivateTexts) -> None:
        self._database = database
        self._texts = texts

    def add(self, hold: Hold) -> int:
        """Keep `hold` and return its new id; its own `id` is ignored."""
        names = [column.name for column in schema.holds.columns if column.name not in {"id", "reason"}]
        values = {name: getattr(hold, name) for name in names}
        with self._database.write() as connection:
            key = connection.execute(insert(schema.holds).values(**values, reason="")).inserted_primary_key
            number = int(key[0]) if key else 0
            reason = self._texts.seal(hold.reason, "holds", "reason", number)
            connection.execute(update(schema.holds).where(_T.id == number).values(reason=reason))
        return number

    def remove(self, hold_id: int) -> Hold | None:
        """End a hold and return it, None where there is none with this id."""
        with self._database.write() as connection:
            row = connection.execute(select(schema.holds).where(_T.id == hold_id)).one_or_none()
            connection.execute(delete(schema.holds).where(_T.id == hold_id))
        return None if row is None else self._hold(row)

    def active(self, now_ns: int, camera: CameraId | None = None) -> list[Hold]:
        """Return the holds that have not ended at `now_ns`, of `camera` or of all, by their end."""
        query = select(schema.holds).where(_T.until_ns > now_ns).order_by(_T.until_ns, _T.id)
        if camera is not None:
            query = query.where(_T.camera == camera)
        with self._database.read() as connection:
            return [self._hold(row) for row in connection.execute(query)]

    def ended(self, now_ns: int) -> list[Hold]:
        """Return the holds that ended by `now_ns` and are still listed."""
        with self._database.read() as connection:
            rows = connection.execute(select(schema.holds).where(_T.until_ns <= now_ns))
            return [self._hold(row) for row in rows]

    def mend_unreadable(self) -> int:
        """Write over the reasons that the key does not open; the holds stay. Return how many."""
        with self._database.write() as connection:
            rows = connection.execute(select(_T.id, _T.reason)).all()
            lost = [number for number, reason in rows if not self._texts.opens(reason, "holds", "reason", number)]
            for number in lost:
                reason = self._texts.seal(LOST, "holds", "reason", number)
                connection.execute(update(schema.holds).where(_T.id == number).values(reason=reason))
        return len(lost)

    def _hold(self, row: Row[Any]) -> Hold:
        values = dict(row._mapping)  # noqa: SLF001  the documented way to read a row by name
        reason = self._texts.open(row.reason, "holds", "reason", row.id)
        return Hold(**{**values, "camera": CameraId(values["camera"]), "reason": reason})
