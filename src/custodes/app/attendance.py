"""When and where somebody was recognised, for that person to take along."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

from custodes.domain.time import to_iso
from custodes.identity.archive import Logged
from custodes.journal import Kind


@dataclass(frozen=True, slots=True)
class Attended:
    """A time that somebody was recognised.

    Attributes:
        day: Day (UTC).
        start: From when, ISO 8601.
        end: Until when.
        camera: Where.
        mode: In which way.
        leaf: Number of the leaf that proves it; empty while the log lacks it.
    """

    day: str
    start: str
    end: str
    camera: str
    mode: str
    leaf: str


def attended(history: Iterable[Logged]) -> list[Attended]:
    """Return the times that somebody was recognised out of what was logged about that person, oldest first."""
    rows = []
    for one in history:
        if one.type != Kind.RECOGNITION_USE:
            continue
        start = one.fields.get("from", to_iso(one.at))
        end, leaf = one.fields.get("to", start), "" if one.leaf is None else str(one.leaf)
        rows.append(Attended(start[:10], start, end, one.camera, one.fields.get("mode", ""), leaf))
    return sorted(rows, key=lambda row: (row.start, row.leaf))


def attendance_csv(rows: Sequence[Attended]) -> bytes:
    """Return a table (RFC 4180, UTF-8) with a head."""
    file = io.StringIO(newline="")
    table = csv.writer(file)
    table.writerow({"start": "from", "end": "to"}.get(one.name, one.name) for one in fields(Attended))
    table.writerows(astuple(row) for row in rows)
    return file.getvalue().encode("utf-8")
