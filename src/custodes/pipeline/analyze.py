"""A whole video file at once: redacted, tracked, counted, its events listed."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path

from custodes.capture import VideoSource, open_file
from custodes.capture.pace import Pace
from custodes.capture.raw import RawFrame
from custodes.domain.coco import COCO_CLASSES
from custodes.domain.errors import CaptureError, StoreError
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.imagery import RedactedFrame, RedactedStill
from custodes.domain.time import NS_PER_S, to_iso
from custodes.perceive.track import LONGEST_GAP_S, TrackLog, write_mot
from custodes.pipeline.analysis import Analyzer, Models
from custodes.pipeline.prefetch import prefetch
from custodes.pipeline.settings import PerceptionSettings
from custodes.pipeline.thumbnails import Thumbnails
from custodes.record import contact_sheet, write_video
from custodes.redact import LookBehind, Redactor

_AHEAD = 16
"""Frames a stage may be ahead of the next one."""
_MOST_WAITING_BYTES = 2 << 30
"""A file is not a camera: its pictures wait for their masks however large they are."""
_ENDLESS_S = 1e9
_TELL_EVERY_S = 0.1
_MOST_STILLS = 60
"""Events on a contact sheet."""

OnFrame = Callable[[int, int | None, float, float], None]
"""Told some times a second, and at the end: frames done, frames in all (None if unknown), frames a second, cameras a
core."""


@dataclass(frozen=True)
class Analysis:
    """What was found in a video, and at what cost.

    Attributes:
        video: The file.
        folder: Where the results are.
        frames: Pictures in it.
        duration_s: Its length in seconds.
        fps: Pictures processed per second.
        tracks: Confirmed tracks by class name.
        events: Events by kind.
        blanked: Pictures blanked because redaction failed.
    """

    video: Path
    folder: Path
    frames: int
    duration_s: float
    fps: float
    tracks: dict[str, int]
    events: dict[str, int]
    blanked: int


class _Run:
    """One pass over one file. Generators chain the stages; the slow ones run ahead on threads of their own."""

    def __init__(self, source: VideoSource, settings: PerceptionSettings, models: Models) -> None:
        most_gap = round(LONGEST_GAP_S * source.info.fps)
        self.events: dict[str, Event] = {}
        self.stills: dict[str, RedactedStill] = {}
        self.log = TrackLog(most_gap)
        self.occupancy: list[Counter[str]] = []
        self.frames = 0
        self.lasts_s = 0.0
        self._source = source
        self._analyzer = Analyzer(CameraId("file"), settings, models)
        self.redactor = Redactor(settings.redaction)
        self._behind = LookBehind(
            self._analyzer.timeline,
            self.redactor,
            delay_s=settings.redaction.lookbehind_s,
            patience_s=_ENDLESS_S,
            max_bytes=_MOST_WAITING_BYTES,
        )
        self._pace = Pace(settings.analysis.fps)
        self._thumbnails = Thumbnails()

    @property
    def totals(self) -> dict[str, int]:
        """Crossings and zone entries by name."""
        return dict(self._analyzer.rules.totals)

    def redacted(self) -> Generator[RedactedFrame, None, None]:
        """Yield every picture of the file, redacted, in order.

        Raises:
            CaptureError: The file is truncated or corrupt; what was usable has been yielded before.
        """
        last: RawFrame | None = None
        looked = False
        failure: CaptureError | None = None
        try:
            for last in prefetch(self._source.frames(), _AHEAD):
                self.frames += 1
                self.lasts_s = last.time.utc_ns / NS_PER_S + 1 / self._source.info.fps
                looked = self._pace.due(last.time.utc_ns)
                if looked:
                    self._look(last)
                self._behind.push(last)
                yield from self._behind.ready(last.time.utc_ns)
        except CaptureError as error:
            failure = error
        if last is not None and not looked:
            self._look(last)
        self._note(self._analyzer.close())
        yield from self._behind.flush()
        if failure is not None:
            raise failure

    def keep_stills(self, frames: Generator[RedactedFrame, None, None]) -> Generator[RedactedFrame, None, None]:
        """Pass `frames` on, keeping the stills that events want."""
        for frame in frames:
            for event, still in self._thumbnails.take(frame):
                if event.event_id in self.stills or len(self.stills) < _MOST_STILLS:
                    self.stills[event.event_id] = still
            yield frame

    def _look(self, frame: RawFrame) -> None:
        seen = self._analyzer.step(frame)
        self.log.add(self.frames, seen.tracks)
        self.occupancy.append(Counter(self._analyzer.rules.occupancy))
        self._note(seen.events)

    def _note(self, events: list[Event]) -> None:
        for event in events:
            self.events[event.event_id] = event
            self._thumbnails.want(event)


class Effort:
    """How much video this process has got through for its CPU time, all files together. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._video_s = 0.0
        self._cpu_s = time.process_time()

    def add(self, video_s: float) -> None:
        """Count `video_s` seconds of video as done."""
        with self._lock:
            self._video_s += video_s

    @property
    def cameras_per_core(self) -> float:
        """Seconds of video done per second of CPU time since the start."""
        return self._video_s / max(time.process_time() - self._cpu_s, 1e-6)


def analyze_file(  # noqa: PLR0917
    video: Path, folder: Path, settings: PerceptionSettings, models: Models, effort: Effort, on_frame: OnFrame
) -> Analysis:
    """Analyse `video`, counting it in `effort`, and write the results into `folder`.

    Raises:
        CaptureError: It is no usable video. What was usable has been written.
        StoreError: The results cannot be written.
    """
    source = open_file(video, start_ns=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        source.close()
        raise StoreError(f"{folder} cannot be written", why=error.strerror or "", fix="choose another --out") from error
    run = _Run(source, settings, models)
    meter = _Meter(source, effort, on_frame)
    try:
        frames = run.keep_stills(prefetch(run.redacted(), _AHEAD))
        write_video(folder / "redacted.mp4", meter.count(frames), source.info.fps, settings.recording.crf)
    finally:
        source.close()
        events = sorted(run.events.values(), key=lambda event: (event.start_ns, event.event_id))
        if run.frames:
            _write_results(folder, run, events)
        else:
            (folder / "redacted.mp4").unlink(missing_ok=True)
    return Analysis(
        video=video,
        folder=folder,
        frames=run.frames,
        duration_s=run.lasts_s,
        fps=meter.fps,
        tracks=run.log.counts(),
        events=dict(Counter(event.kind.value for event in events)),
        blanked=run.redactor.blanked,
    )


class _Meter:
    """Counts frames of one file and tells about them."""

    def __init__(self, source: VideoSource, effort: Effort, on_frame: OnFrame) -> None:
        self._rate = source.info.fps
        self._total = round(source.info.duration_s * self._rate) if source.info.duration_s else None
        self._effort = effort
        self._on_frame = on_frame
        self._frames = 0
        self._wall_s = self._told_s = time.monotonic()

    @property
    def fps(self) -> float:
        return self._frames / max(time.monotonic() - self._wall_s, 1e-6)

    def count(self, frames: Generator[RedactedFrame, None, None]) -> Generator[RedactedFrame, None, None]:
        for frame in frames:
            yield frame
            self._frames += 1
            self._effort.add(1 / self._rate)
            if time.monotonic() - self._told_s >= _TELL_EVERY_S:
                self._tell()
        self._total = self._frames
        self._tell()

    def _tell(self) -> None:
        self._told_s = time.monotonic()
        self._on_frame(self._frames, self._total, self.fps, self._effort.cameras_per_core)


def _write_results(folder: Path, run: _Run, events: list[Event]) -> None:
    try:
        _write_all(folder, run, events)
    except OSError as error:
        raise StoreError(
            f"the results in {folder} cannot be written", why=error.strerror or "", fix="free some space"
        ) from error


def _write_all(folder: Path, run: _Run, events: list[Event]) -> None:
    with (folder / "events.jsonl").open("w", encoding="utf-8") as lines:
        for event in events:
            lines.write(json.dumps({**asdict(event), **_seconds(event)}) + "\n")
    write_mot(folder / "tracks.csv", run.log.rows())
    (folder / "counts.json").write_text(json.dumps(_counts(run, events), indent=1) + "\n", encoding="utf-8")
    stills = [(run.stills[e.event_id], _caption(e)) for e in events if e.event_id in run.stills]
    contact_sheet(folder / "events.png", stills)


def _seconds(event: Event) -> dict[str, float | None]:
    """Return an event's interval as seconds from the start of the file."""
    return {"start_s": event.start_ns / 1e9, "end_s": None if event.end_ns is None else event.end_ns / 1e9}


def _caption(event: Event) -> str:
    place = f" {event.zone}" if event.zone else ""
    direction = f" {event.direction}" if event.direction else ""
    return f"{to_iso(event.key_ns)[11:21]} {event.class_name} {event.kind.value}{place}{direction}"


def _counts(run: _Run, events: list[Event]) -> dict[str, object]:
    looks = len(run.occupancy) or 1
    names = [name for name in COCO_CLASSES if any(seen[name] for seen in run.occupancy)]
    return {
        "frames": run.frames,
        "duration_s": round(run.lasts_s, 3),
        "tracks": run.log.counts(),
        "visits": dict(Counter(e.class_name for e in events if e.kind is EventKind.APPEARED)),
        "occupancy_mean": {name: round(sum(seen[name] for seen in run.occupancy) / looks, 3) for name in names},
        "occupancy_max": {name: max(seen[name] for seen in run.occupancy) for name in names},
        "totals": run.totals,
    }
