"""(c): the tracker alone, ours against ByteTrack of the `trackers` package, on the same detections of persons.

Both get what our detector finds in the pictures that our pipeline analyses, both with their defaults (the peer is told
the frame rate), and the tracks of both are smoothed and filled in alike. Where the clip has a ground truth beside it,
the tracks are scored. Counted is the CPU time of the updates, over several passes.
"""

import importlib
import time
from collections.abc import Callable
from pathlib import Path

from custodes.capture import open_file
from custodes.capture.pace import Pace
from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.tracks import Track, TrackState
from custodes.evaluate.mot import read_mot, score
from custodes.evaluate.tracking import as_columns
from custodes.perceive.detect import load_detector
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import LONGEST_GAP_S, ByteTracker, TrackerSettings, TrackLog

FRAMES = 490
ANALYSED_FPS = 5
RECORDED_FPS = 10
PASSES = 5

Update = Callable[[Detections, float], list[Track]]


def ours(clip: Path) -> dict[str, float]:
    """Return cost and scores of our tracker with its defaults."""
    return _figures(clip, lambda: ByteTracker(TrackerSettings()).update)


def peer(clip: Path) -> dict[str, float]:
    """Return cost and scores of the ByteTrack of `trackers` with its defaults."""
    return _figures(clip, _peer)


def _peer() -> Update:
    columns = importlib.import_module("supervision").Detections
    tracker = importlib.import_module("trackers").ByteTrackTracker(frame_rate=ANALYSED_FPS)

    def update(found: Detections, time_s: float) -> list[Track]:
        seen = tracker.update(
            columns(xyxy=found.xyxy, confidence=found.score, class_id=found.class_id), timestamp=time_s
        )
        rows = zip(seen.tracker_id, seen.xyxy, seen.confidence, strict=True)
        return [
            Track(int(number), PERSON, TrackState.CONFIRMED, box, float(value))
            for number, box, value in rows
            if number >= 0
        ]

    return update


def _figures(clip: Path, start: Callable[[], Update]) -> dict[str, float]:
    found = _detections(clip)
    started = time.process_time()
    for _ in range(PASSES):
        log = _track(found, start())
    figures = {"cpu_ms_per_picture": 1000 * (time.process_time() - started) / (PASSES * len(found))}
    for path in clip.parent.glob("*/gt/gt.txt"):
        truth = read_mot(path)
        first, last = int(truth.frame.min()), int(truth.frame.max())
        scores = score(truth, as_columns(log.rows()), first, last)
        figures |= {"true_boxes": len(truth), "hota": scores.hota, "mota": scores.mota, "idf1": scores.idf1}
        figures["identity_switches"] = scores.switches
    return figures


def _track(found: dict[int, Detections], update: Update) -> TrackLog:
    log = TrackLog(round(LONGEST_GAP_S * RECORDED_FPS))
    for number, detections in found.items():
        log.add(number, update(detections, number / RECORDED_FPS))
    return log


def _detections(clip: Path) -> dict[int, Detections]:
    """Return the persons found in the analysed pictures, by number of the picture from 1."""
    detector, pace = load_detector(DetectorSettings()), Pace(ANALYSED_FPS)
    source = open_file(clip, start_ns=0)
    found = {}
    try:
        for number, frame in zip(range(1, FRAMES + 1), source.frames(), strict=False):
            if pace.due(frame.time.utc_ns):
                seen = detector.detect(frame.bgr())
                found[number] = seen[seen.class_id == PERSON]
    finally:
        source.close()
    return found
