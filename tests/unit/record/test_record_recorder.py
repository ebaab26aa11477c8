import errno
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_support import GATE, NOON_NS, TEXTS, YARD, ManualClock, make_charter, make_event, synthetic_frames
from custodes.charter import Charter, Charters
from custodes.domain.errors import StoreError
from custodes.domain.events import Event
from custodes.domain.imagery import RedactedFragment, RedactedStill
from custodes.domain.time import NS_PER_S
from custodes.journal import Entry, Kind
from custodes.record import (
    Forecast,
    FragmentEncoder,
    RecordingSettings,
    Retention,
    SegmentRecorder,
    forecast,
    reconcile,
)
from custodes.record.fragments import measure
from custodes.store import FileBlobs, Hold, Segment, Store
from custodes.vault import SealedFolder

FPS = 10
SETTINGS = RecordingSettings(fps=FPS, segment_s=3, min_free_gb=1)
STORAGE = {"recording_hours": 1, "event_hours": 1, "thumbnail_hours": 1, "early_deletion": ["disk space"]}
HOUR = make_charter(GATE, storage=STORAGE)


class Desk:
    """A store, folders, a clock, and a disk whose free space is what it is told."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "recordings"
        self.root.mkdir()
        (folder / "stills").mkdir()
        self.blobs = FileBlobs(folder / "stills")
        self.store = Store.open(folder / "custodes.db", TEXTS)
        self.clock = ManualClock()
        self.free_gb = 100.0
        self.alerts: list[str] = []
        self.reports: list[Entry] = []

    def free(self, _folder: Path) -> int:
        return int(self.free_gb * 1e9)

    def recorder(self, recording: RecordingSettings = SETTINGS) -> SegmentRecorder:
        return SegmentRecorder(
            self.store, self.root, GATE, recording, clock=self.clock, on_alert=self.alerts.append, free=self.free
        )

    def retention(self, recording: RecordingSettings = SETTINGS, charter: Charter | None = HOUR) -> Retention:
        return Retention(
            self.store,
            self.blobs,
            self.root,
            {GATE: recording},
            Charters({GATE: charter} if charter else {}),
            clock=self.clock,
            report=self.reports.append,
            free=self.free,
        )

    def expected(self) -> Forecast:
        charters = Charters({GATE: HOUR})
        sealed = SealedFolder(self.root.parent / "sealed")
        return forecast(self.store, sealed, {GATE: SETTINGS}, charters, clock=self.clock, free=self.free)

    def segments(self) -> list[Segment]:
        return self.store.segments.all(GATE)

    def files(self) -> set[Path]:
        return {path for path in self.root.rglob("*") if path.is_file()}

    def reconcile(self) -> None:
        reconcile(self.store, self.root, self.blobs, [GATE])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def make_fragments(seconds: float, start_ns: int = NOON_NS) -> list[RedactedFragment]:
    encoder = FragmentEncoder(GATE, SETTINGS)
    frames = islice(synthetic_frames(start_ns, FPS, (96, 64)), round(seconds * FPS))
    return [fragment for frame in frames for fragment in encoder.encode(frame)] + list(encoder.close())


FRAGMENTS = make_fragments(7)


def _write(recorder: SegmentRecorder, fragments: list[RedactedFragment]) -> None:
    for fragment in fragments:
        recorder.write(fragment)


def _pictures(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


def test_files_of_a_few_seconds_are_listed_and_play(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    assert recorder.recording
    recorder.close()
    segments = desk.segments()
    assert [(s.start_ns - NOON_NS) // NS_PER_S for s in segments] == [0, 3, 6]
    assert [(s.end_ns - NOON_NS) // NS_PER_S for s in segments] == [3, 6, 7]
    assert not any(segment.open for segment in segments)
    for segment in segments:
        path = desk.root / segment.path
        assert path.stat().st_size == segment.bytes
        assert measure(path).init_bytes == segment.init_bytes
        assert _pictures(path) == (segment.end_ns - segment.start_ns) // NS_PER_S * FPS
    assert desk.alerts == []


def test_the_index_knows_a_file_before_it_exists(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS[:2])
    (segment,) = desk.segments()
    assert segment.open
    assert desk.files() == {desk.root / segment.path}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.integers(1, 7), kept=st.floats(0, 1))
def test_a_crash_loses_at_most_the_end_of_the_open_file(
    tmp_path_factory: pytest.TempPathFactory, seconds: int, kept: float
):
    desk = Desk(tmp_path_factory.mktemp("crash"))
    _write(desk.recorder(), FRAGMENTS[: seconds + 1])  # and no close: the process is gone
    last = desk.segments()[-1]
    path = desk.root / last.path
    os.truncate(path, int(path.stat().st_size * kept))
    whole = measure(path)
    desk.reconcile()
    segments = desk.segments()
    assert desk.files() == {desk.root / segment.path for segment in segments}
    for segment in segments:
        assert not segment.open
        assert _pictures(desk.root / segment.path) == round((segment.end_ns - segment.start_ns) / NS_PER_S * FPS)
        assert (desk.root / segment.path).stat().st_size == segment.bytes
    survives = whole is not None and whole.whole_bytes > whole.init_bytes
    assert (last.id in {segment.id for segment in segments}) == survives
    desk.store.close()


def test_reconciling_deletes_what_only_one_side_knows(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    first, second, third = desk.segments()
    (desk.root / first.path).unlink()
    orphan = desk.root / GATE / "2020-01-01" / "orphan.mp4"
    orphan.parent.mkdir()
    orphan.write_bytes(b"nobody knows me")
    event = make_event()
    desk.store.events.put(event)
    for key in (f"gate/{event.event_id}.jpg", "gate/NOBODY.jpg"):
        desk.blobs.put_still(key, RedactedStill._seal(b"jpeg", 1, 1))
    desk.store.events.set_thumbnail(event.event_id, f"gate/{event.event_id}.jpg")
    desk.reconcile()
    assert desk.segments() == [second, third]
    assert desk.files() == {desk.root / second.path, desk.root / third.path}
    assert list(desk.blobs.keys("gate")) == [f"gate/{event.event_id}.jpg"]


def test_a_full_disk_stops_recording_with_an_alert_and_recording_resumes(desk: Desk):
    recorder = desk.recorder()
    desk.free_gb = 0.5
    _write(recorder, FRAGMENTS[:3])
    assert not recorder.recording
    assert len(desk.alerts) == 1
    assert "disk is full" in desk.alerts[0]
    assert desk.segments() == []
    desk.free_gb = 50
    desk.clock.sleep(6)
    _write(recorder, FRAGMENTS[3:])
    recorder.close()
    assert desk.alerts[1:] == [""]
    assert [(s.start_ns - NOON_NS) // NS_PER_S for s in desk.segments()] == [2, 5]
    assert all(_pictures(desk.root / segment.path) for segment in desk.segments())


class FullDisk:
    """A file on a disk that takes `room` more bytes."""

    def __init__(self, handle: object, room: int) -> None:
        self._handle, self._room = handle, room

    def write(self, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._handle.write(data[: self._room])
        self._room -= written
        return written

    def close(self) -> None:
        self._handle.close()


def test_a_disk_that_fills_while_writing_keeps_what_is_whole(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS[:3])
    recorder._file = FullDisk(recorder._file, random.Random(5).randrange(1, len(FRAGMENTS[3].data)))
    recorder.write(FRAGMENTS[3])
    assert desk.alerts
    assert "No space left" in desk.alerts[0]
    (segment,) = desk.segments()
    assert not segment.open
    assert segment.end_ns == FRAGMENTS[2].end_ns
    assert _pictures(desk.root / segment.path) == 2 * FPS


def _kept_events(desk: Desk, *starts_ns: int) -> list[Event]:
    """Store events with thumbnails."""
    events = [make_event(start_ns) for start_ns in starts_ns]
    for event in events:
        desk.store.events.put(event)
        key = f"gate/{event.event_id}.jpg"
        desk.blobs.put_still(key, RedactedStill._seal(b"jpeg", 1, 1))
        desk.store.events.set_thumbnail(event.event_id, key)
    return events


def test_retention_by_age_takes_recordings_events_and_thumbnails_and_says_so(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    old, new = _kept_events(desk, NOON_NS, NOON_NS + 3600 * NS_PER_S)
    desk.clock.sleep(3600 + 4)
    desk.retention().expire()
    assert [(s.start_ns - NOON_NS) // NS_PER_S for s in desk.segments()] == [3, 6]
    assert len(desk.files()) == 2
    assert desk.store.events.get(old.event_id) is None
    assert list(desk.blobs.keys("gate")) == [f"gate/{new.event_id}.jpg"]
    (report,) = desk.reports
    assert report.kind is Kind.ERASURE_EXPIRED
    assert dict(report.body) == {"cameras": "1", "recording": "1", "thumbnail": "1", "event": "1"}
    desk.clock.sleep(3600)
    desk.retention().expire()
    assert desk.files() == set()
    assert list((desk.root / GATE).iterdir()) == []
    desk.retention().expire()
    assert len(desk.reports) == 2


def test_each_kind_has_its_own_period(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    (event,) = _kept_events(desk, NOON_NS)
    charter = make_charter(GATE, storage={"recording_hours": 3, "event_hours": 2, "thumbnail_hours": 1})
    desk.clock.sleep(3600 + 60)
    desk.retention(charter=charter).expire()
    stored = desk.store.events.get(event.event_id)
    assert stored is not None
    assert stored.thumbnail is None
    assert list(desk.blobs.keys("gate")) == []
    desk.clock.sleep(3600)
    desk.retention(charter=charter).expire()
    assert desk.store.events.get(event.event_id) is None
    assert len(desk.segments()) == 3
    desk.clock.sleep(3600)
    desk.retention(charter=charter).expire()
    assert desk.segments() == []


def test_a_hold_keeps_its_interval_until_it_ends(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    held, gone = _kept_events(desk, NOON_NS + 4 * NS_PER_S, NOON_NS)
    hold = Hold(GATE, NOON_NS + 3 * NS_PER_S, NOON_NS + 5 * NS_PER_S, NOON_NS + 7200 * NS_PER_S, "a reported theft")
    desk.store.holds.add(hold)
    desk.store.holds.add(Hold(YARD, 0, NOON_NS * 2, NOON_NS * 2, "another camera"))
    desk.clock.sleep(3600 + 60)
    desk.free_gb = 0.0
    desk.retention().expire()
    desk.retention(SETTINGS.model_copy(update={"max_gb": 1e-9})).make_room()
    assert [(s.start_ns - NOON_NS) // NS_PER_S for s in desk.segments()] == [3]
    assert desk.store.events.get(gone.event_id) is None
    kept = desk.store.events.get(held.event_id)
    assert kept is not None
    assert kept.thumbnail is not None
    desk.clock.sleep(3600)
    desk.retention().expire()
    assert desk.segments() == []
    assert desk.store.events.get(held.event_id) is None


def test_what_never_had_a_charter_goes_after_three_days(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    desk.clock.sleep(71 * 3600)
    desk.retention(charter=None).expire()
    assert len(desk.segments()) == 3
    desk.clock.sleep(3600 + 10)
    desk.retention(charter=None).expire()
    assert desk.segments() == []


def test_retention_by_room_takes_the_oldest(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    kept = desk.segments()[1:]
    desk.retention(SETTINGS.model_copy(update={"max_gb": sum(s.bytes for s in kept) / 1e9})).make_room()
    assert desk.segments() == kept
    (report,) = desk.reports
    assert (report.kind, report.camera, report.charter) == (Kind.ERASURE_EARLY, GATE, HOUR.version)
    assert dict(report.body) == {"reason": "disk space", "recording": "1"}


def test_retention_makes_room_on_a_nearly_full_disk_but_spares_the_open_file(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    desk.free_gb = 1.2
    desk.retention().make_room()
    (segment,) = desk.segments()
    assert segment.open


def test_what_the_charter_promises_to_keep_is_not_deleted_for_room(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    desk.free_gb = 0.0
    promised = make_charter(GATE, storage={"recording_hours": 1})
    desk.retention(SETTINGS.model_copy(update={"max_gb": 1e-9}), promised).make_room()
    assert len(desk.segments()) == 3
    assert desk.reports == []


def test_a_full_disk_gets_room_although_its_database_cannot_forget(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()

    def refuse(_segment_id: int) -> None:
        raise StoreError("The database refused an operation", why="database or disk is full")

    desk.free_gb = 0.0
    files = len(desk.files())
    with monkeypatch.context() as patch:
        patch.setattr(desk.store.segments, "delete", refuse)
        with pytest.raises(StoreError):
            desk.retention().make_room()
    assert len(desk.files()) == files - 1
    desk.retention().make_room()
    assert desk.segments() == []


def test_the_forecast_says_what_is_needed_and_when_the_disk_is_full(desk: Desk):
    recorder = desk.recorder()
    _write(recorder, FRAGMENTS)
    recorder.close()
    desk.clock.sleep(10)
    per_s = sum(segment.bytes for segment in desk.segments()) / 7
    roomy = desk.expected()
    assert roomy.bytes_per_day == pytest.approx(per_s * 86400, rel=0.01)
    assert roomy.needed_bytes == pytest.approx(per_s * 3600, rel=0.01)
    assert roomy.full_in_s is None
    desk.free_gb = 1.0 + per_s * 600 / 1e9
    tight = desk.expected()
    assert tight.full_in_s == pytest.approx(600, rel=0.01)


def test_a_forecast_without_recordings_expects_nothing(desk: Desk):
    assert desk.expected().full_in_s is None
