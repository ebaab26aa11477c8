"""How well custodes tracks persons in a video, with what it ships by default."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from custodes.capture import open_file
from custodes.capture.pace import Pace
from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.evaluate.counts import crossings, occupancy
from custodes.evaluate.folder import make_folder
from custodes.evaluate.mot import MotRows, MotScores, read_mot, score
from custodes.evaluate.progress import shown
from custodes.perceive.detect import FaceDetectors, load_detector
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import LONGEST_GAP_S, TrackLog, TrackRow, write_mot
from custodes.pipeline.analysis import Analyzer, Models
from custodes.pipeline.settings import PerceptionSettings

Line = tuple[str, float]
"""`x` or `y`, and where the line is in pixels."""


@dataclass(frozen=True, slots=True)
class LineCount:
    """Crossings of one line, each towards larger and towards smaller coordinates.

    Attributes:
        line: Axis and place.
        counted: By custodes.
        true: By the same rule on the true tracks.
    """

    line: Line
    counted: tuple[int, int]
    true: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrackingReport:
    """How well persons were tracked.

    Attributes:
        scores: HOTA, MOTA, IDF1 and identity switches.
        frames: Frames scored.
        boxes: True boxes in them.
        ids: True persons in them.
        occupancy: Mean number of persons a frame, by custodes.
        true_occupancy: The same of the truth.
        lines: Crossings of the lines asked for.
    """

    scores: MotScores
    frames: int
    boxes: int
    ids: int
    occupancy: float
    true_occupancy: float
    lines: tuple[LineCount, ...]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return measure, value and N, one row each, for people to read."""
        boxes = f"{self.boxes} boxes, {self.ids} persons"
        scores = self.scores
        measures = [("HOTA", scores.hota), ("DetA", scores.deta), ("AssA", scores.assa), ("LocA", scores.loca)]
        measures += [("MOTA", scores.mota), ("IDF1", scores.idf1)]
        rows = [(name, f"{value:.3f}", boxes) for name, value in measures]
        rows.append(("identity switches", str(scores.switches), boxes))
        rows.append(
            ("mean occupancy", f"{self.occupancy:.3f}, truth {self.true_occupancy:.3f}", f"{self.frames} frames")
        )
        for count in self.lines:
            axis, at_px = count.line
            for way, counted, true in zip(("rising", "falling"), count.counted, count.true, strict=True):
                rows.append((f"crossings of {axis}={at_px:g}, {axis} {way}", f"{counted}, truth {true}", str(true)))
        return rows


def evaluate_tracking(
    gt: Path,
    video: Path,
    *,
    first: int | None = None,
    last: int | None = None,
    lines: Sequence[Line] = (),
    out: Path | None = None,
) -> TrackingReport:
    """Track the persons of a video as a camera worker does, and score them at its full frame rate.

    Pictures between two sightings are filled in as `custodes analyze` does. Writes `tracks.txt` into `out`: the tracks
    scored, in MOT format.

    Args:
        gt: Ground truth in MOT format, or the folder that holds it.
        video: The video it belongs to.
        first: First frame scored, from 1; by default the first with a true box.
        last: Last frame scored; by default the last with a true box.
        lines: Lines whose crossings are counted, against the truth by the same rule.
        out: Folder for `tracks.txt`, made where it is missing; None writes nothing.

    Raises:
        ConfigError: The ground truth is none, has no box in the frames asked for, or is of another video.
        CaptureError: The video is none.
        ModelError: A model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    truth = read_mot(gt)
    if len(truth):
        first = first or int(truth.frame.min())
        last = last or int(truth.frame.max())
        truth = truth.between(first, last)
    if first is None or last is None or not len(truth):
        raise ConfigError(f"{gt} has no box in the frames asked for", fix="check the file, --first and --last")
    make_folder(out)
    rows = [row for row in track_persons(video, last) if first <= row.frame <= last]
    if out is not None:
        write_mot(out / "tracks.txt", rows)
    return report(truth, as_columns(rows), first, last, lines)


def report(truth: MotRows, found: MotRows, first: int, last: int, lines: Sequence[Line]) -> TrackingReport:
    """Score the tracks `found` in frames `first` to `last` against the truth of the same frames."""
    return TrackingReport(
        scores=score(truth, found, first, last),
        frames=last - first + 1,
        boxes=len(truth),
        ids=len(np.unique(truth.track_id)),
        occupancy=occupancy(found, first, last),
        true_occupancy=occupancy(truth, first, last),
        lines=tuple(LineCount(line, crossings(found, *line), crossings(truth, *line)) for line in lines),
    )


def as_columns(rows: Sequence[TrackRow]) -> MotRows:
    """Return rows of a track log as columns."""
    return MotRows(
        np.array([row.frame for row in rows], np.int64),
        np.array([row.track_id for row in rows], np.int64),
        np.array([row.xyxy for row in rows], np.float64).reshape(-1, 4),
    )


def track_persons(video: Path, last: int) -> list[TrackRow]:
    """Return the confirmed tracks of persons in frames 1 to `last` of `video`, gaps filled.

    Raises:
        ConfigError: The video has fewer frames.
        CaptureError: It is no video.
        ModelError: A model cannot be had or does not run.
    """
    settings = PerceptionSettings()
    objects = load_detector(DetectorSettings())
    analyzer = Analyzer(CameraId("evaluate"), settings, Models(objects, FaceDetectors(_NoFaces(), _NoFaces())))
    pace = Pace(settings.analysis.fps)
    source = open_file(video, start_ns=0)
    most_gap = round(LONGEST_GAP_S * source.info.fps)
    log = TrackLog(most_gap)
    number = 0
    try:
        wanted = itertools.islice(source.frames(), last + most_gap)
        for number, frame in enumerate(shown(wanted, "Tracking", last + most_gap), 1):
            if pace.due(frame.time.utc_ns):
                log.add(number, analyzer.step(frame).tracks)
    finally:
        source.close()
    if number < last:
        raise ConfigError(
            f"{video} has {number} frames, not {last}", fix="name the video of the ground truth, or --last"
        )
    return [row for row in log.rows() if row.class_id == PERSON]


class _NoFaces:
    """Finds no face: tracking does not depend on them."""

    name = "none"
    model = ""

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:  # noqa: ARG002
        """Return nothing."""
        return Detections()
