"""Handing redacted recordings to somebody outside whom the charter names: joined, logged, and only then let go."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from ulid import ULID

from custodes.charter import Charter, Charters, Delete, DeletionReason, Export, Kept
from custodes.domain.canonical import Json, canonical_json
from custodes.domain.errors import ConfigError, PolicyDenied, StoreError
from custodes.domain.events import CameraId, Event
from custodes.domain.time import NS_PER_S, Clock, to_iso
from custodes.journal import Entry, Kind
from custodes.record.joining import Part, Recorded, join
from custodes.record.recorder import free_bytes
from custodes.store import EventQuery, Hold, Segment, Store
from custodes.vault.disclosure import DisclosedPart, Disclosure, DisclosureManifest, Held, Missing
from custodes.vault.manifest import exported_file
from custodes.vault.request import LONGEST_INTERVAL_NS, Announced

EVENTS: Final = "events.json"
"""Name of the file with events in the folder of an export."""

_KINDS: Final = (Kept.EVENT, Kept.RECORDING)
_PAGE: Final = 200
_UNKNOWN: Final = "nothing was recorded, or it is kept no longer"
_SHORTEST_MISSING_NS: Final = NS_PER_S
_SHORTEST_REASON, _LONGEST_REASON = 2, 200
_SPARE_BYTES: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who wants to hand out what, to whom, and why.

    Attributes:
        camera: Whose recordings.
        start_ns: From when, wall time in nanoseconds since the Unix epoch.
        end_ns: Until when, at most a day later.
        recipient: Who gets it; the charter has to name them.
        reason: Why, 2 to 200 characters.
        person: Who hands it out.
        known_by: How the server knows that person.
    """

    camera: CameraId
    start_ns: int
    end_ns: int
    recipient: str
    reason: str
    person: str
    known_by: str


@dataclass(frozen=True, slots=True)
class Selected:
    """What there is of it.

    Attributes:
        wanted: What was asked for.
        charter: By which charter.
        what: What of it the charter lets the recipient have.
        recorded: Complete files that are kept, oldest first.
        held: Holds that keep some of it.
    """

    wanted: Wanted
    charter: Charter
    what: tuple[Kept, ...]
    recorded: tuple[Recorded, ...]
    held: tuple[Hold, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of the files that are gone through."""
        return sum(one.size for one in self.recorded)


class Discloser:
    """Makes exports of redacted recordings. Threads may share it.

    Args:
        store: Index of recordings, events, gaps, holds.
        recordings: Root folder of recordings.
        charters: What cameras may do.
        clock: Wall time.
        announce: Logs an entry and returns the proof that the log has it; whatever it raises makes the export fail.
        free: How many bytes a folder's disk has free.
    """

    def __init__(
        self,
        store: Store,
        recordings: Path,
        charters: Charters,
        *,
        clock: Clock,
        announce: Callable[[Entry], Announced],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._store = store
        self._recordings = recordings
        self._charters = charters
        self._clock = clock
        self._announce = announce
        self._free = free

    def select(self, wanted: Wanted) -> Selected:
        """Return what there is of what is wanted; nothing is read, written or logged yet.

        Raises:
            ConfigError: The interval is none, or longer than a day; or the reason is too short or too long.
            PolicyDenied: The charter does not let the recipient have any of it.
        """
        if not 0 < wanted.end_ns - wanted.start_ns <= LONGEST_INTERVAL_NS:
            raise ConfigError("The interval cannot be exported", why="it is empty, or longer than a day")
        if not _SHORTEST_REASON <= len(wanted.reason.strip()) <= _LONGEST_REASON:
            raise ConfigError(
                "The reason cannot be logged",
                why=f"it has less than {_SHORTEST_REASON} or more than {_LONGEST_REASON} characters",
                fix="say it in a sentence",
            )
        charter, what = self._allowed(wanted)
        holds = self._store.holds.active(self._clock.utc_ns(), wanted.camera)
        held = tuple(one for one in holds if one.start_ns < wanted.end_ns and one.end_ns > wanted.start_ns)
        files = self._store.segments.find(wanted.camera, wanted.start_ns, wanted.end_ns)
        recorded = tuple(
            Recorded(self._recordings / one.path, one.start_ns, one.bytes)
            for one in files
            if not one.open and self._is_kept(one, holds)
        )
        return Selected(wanted, charter, what, recorded if Kept.RECORDING in what else (), held)

    def disclose(self, selected: Selected, folder: Path, progress: Callable[[int], None]) -> DisclosureManifest:
        """Write the export into `folder`, have it logged, and return its manifest; on any failure nothing is left.

        The folder has to be one that nobody else is shown before this returns. The manifest, which belongs beside the
        files, is not written: it says who, why and for whom, and the server keeps no such thing in readable form.

        Args:
            selected: What there is.
            folder: A new folder, whose name ends up nowhere.
            progress: Told as recordings are gone through how many bytes that were.

        Raises:
            ConfigError: There is neither a picture nor an event in the interval, or a text is not possible.
            IntegrityError: A recording is damaged; or the log does not prove in time that it has the export.
            PolicyDenied: The charter does not allow it any more.
            StoreError: The disk failed, or it cannot be logged.
        """
        try:
            return self._made(selected, folder, progress)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StoreError("The export cannot be written", why=error.strerror or "", fix="free some space") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _made(self, selected: Selected, folder: Path, progress: Callable[[int], None]) -> DisclosureManifest:
        wanted = selected.wanted
        folder.mkdir(mode=0o700, parents=True)
        if self._free(folder) < selected.size + _SPARE_BYTES:
            raise StoreError("The disk is full", why=f"{selected.size} bytes are needed", fix="free some space")
        parts = join(folder, selected.recorded, (wanted.start_ns, wanted.end_ns), progress)
        events = list(self._events(wanted)) if Kept.EVENT in selected.what else []
        if not parts and not events:
            raise ConfigError(
                f"There is nothing of {wanted.camera} to export",
                why=f"{_UNKNOWN}; the newest seconds are still being written",
                fix="look at the interval in the web page first",
            )
        if Kept.EVENT in selected.what:
            (folder / EVENTS).write_bytes(canonical_json({"events": events}))
        disclosure = self._disclosure(selected, parts, len(events), folder)
        if self._allowed(wanted) != (selected.charter, selected.what):
            raise PolicyDenied("The charter changed meanwhile", fix="export anew")
        announced = self._announce(_entry(disclosure))
        return DisclosureManifest(disclosure=disclosure, announced=announced)

    def _allowed(self, wanted: Wanted) -> tuple[Charter, tuple[Kept, ...]]:
        """Return the charter, and what of `_KINDS` it lets the recipient have."""
        now_ns = self._clock.utc_ns()
        decisions = {
            kept: self._charters.decide(Export(wanted.camera, kept, wanted.recipient), now_ns) for kept in _KINDS
        }
        what = tuple(kept for kept, decision in decisions.items() if decision.allowed)
        charter = self._charters.of(wanted.camera)
        if not what or charter is None:
            named = ", ".join(one.name for one in charter.recipients) if charter else ""
            refused = decisions[Kept.RECORDING]
            raise PolicyDenied(
                f"Recordings of {wanted.camera} may not be exported to {wanted.recipient}",
                why=f"{refused.reason} ({refused.clause})",
                fix=f"the charter names: {named}" if named else "the charter has to name the recipient first",
            )
        return charter, what

    def _is_kept(self, segment: Segment, holds: Sequence[Hold]) -> bool:
        """Return whether its time is not over, or a hold keeps it longer."""
        end_ns, now_ns = segment.end_ns or segment.start_ns, self._clock.utc_ns()
        age_s = (now_ns - end_ns) / NS_PER_S
        gone = Delete(segment.camera, Kept.RECORDING, age_s, DeletionReason.EXPIRED)
        if not self._charters.decide(gone, now_ns).allowed:
            return True
        return any(one.start_ns < end_ns and one.end_ns > segment.start_ns for one in holds)

    def _events(self, wanted: Wanted) -> Iterator[Json]:
        """Yield the events of the interval as JSON, newest first."""
        before: tuple[int, str] | None = None
        while True:
            query = EventQuery(
                (wanted.camera,), start_ns=wanted.start_ns, end_ns=wanted.end_ns, limit=_PAGE, before=before
            )
            page = self._store.events.find(query)
            yield from (_told(one.event) for one in page.items)
            if page.next is None:
                return
            before = page.next

    def _disclosure(self, selected: Selected, parts: Sequence[Part], events: int, folder: Path) -> Disclosure:
        wanted, now_ns = selected.wanted, self._clock.utc_ns()
        fields = {
            "id": str(ULID.from_timestamp(now_ns / NS_PER_S)),
            "camera": wanted.camera,
            "charter": selected.charter.version,
            "start": wanted.start_ns,
            "end": wanted.end_ns,
            "reason": wanted.reason.strip(),
            "recipient": wanted.recipient,
            "person": wanted.person,
            "known_by": wanted.known_by,
            "made": now_ns,
            "what": tuple(kept.value for kept in selected.what),
            "parts": tuple(
                DisclosedPart(file=one.file, at_ms=one.at_ns // 1_000_000, start=one.start_ns, end=one.end_ns)
                for one in parts
            ),
            "missing": tuple(self._missing(wanted, parts)) if Kept.RECORDING in selected.what else (),
            "held": tuple(Held(start=one.start_ns, end=one.end_ns, until=one.until_ns) for one in selected.held),
            "events": events,
            "files": tuple(exported_file(path) for path in sorted(folder.iterdir())),
        }
        return Disclosure.build(fields, "The export")

    def _missing(self, wanted: Wanted, parts: Sequence[Part]) -> Iterator[Missing]:
        """Yield the times without pictures, with the reasons that are known."""
        gaps = self._store.gaps.find(wanted.camera, wanted.start_ns, wanted.end_ns)
        at_ns = wanted.start_ns
        for start_ns, end_ns in [*((one.start_ns, one.end_ns) for one in parts), (wanted.end_ns, wanted.end_ns)]:
            if start_ns - at_ns >= _SHORTEST_MISSING_NS:
                known = [one.reason for one in gaps if one.start_ns < start_ns and one.end_ns > at_ns]
                yield Missing(start=at_ns, end=start_ns, reason="; ".join(dict.fromkeys(known))[:200] or _UNKNOWN)
            at_ns = max(at_ns, end_ns)


def _entry(disclosure: Disclosure) -> Entry:
    return Entry(Kind.DISCLOSURE_EXPORT, disclosure.camera, disclosure.charter, disclosure.leaf_body())


def _told(event: Event) -> Json:
    """Return an event as JSON: instants as ISO 8601, nothing of pictures."""
    told = asdict(event)
    for name in ("start", "end", "key"):
        at_ns = told.pop(f"{name}_ns")
        told[name] = to_iso(at_ns) if at_ns else None
    box = told.pop("box_norm")
    return {**told, "kind": event.kind.value, "box": [round(edge, 4) for edge in box] if box else None}
