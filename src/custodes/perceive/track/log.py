"""The tracks of a whole file, at its full frame rate."""

import csv
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.tracks import Track, TrackState

LONGEST_GAP_S = 1.0
"""Longest gap in a track that is filled in, seconds."""
_SMOOTH = 0.4
"""Standard deviation of the Gaussian window that boxes are smoothed over, as a share of the longest gap: with 0.4 s
walkers gain most, 0.3 s and 0.5 s serve nearly as well, and a second cuts their corners."""
_WINDOW = 3
"""Sightings further away than so many standard deviations are left out."""
_FLAT = 1e-6
"""Square pictures of weighted variance below which there is no line to fit: a sighting with no other near it."""


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A track in one picture of a file.

    Attributes:
        frame: Number of the picture, from 1.
        track_id: Of the track.
        class_id: Index into `domain.coco.COCO_CLASSES`.
        xyxy: float32 (4,), pixels.
        score: 0-1; that of the nearer sighting where interpolated.
    """

    frame: int
    track_id: int
    class_id: int
    xyxy: NDArray[np.float32]
    score: float


class TrackLog:
    """Collects sightings of analysed pictures, smooths them, and fills in the pictures between them.

    Args:
        most_gap: Longest gap between two sightings that is filled by a straight line, in pictures of the file; what
            `LONGEST_GAP_S` seconds hold.
    """

    def __init__(self, most_gap: int) -> None:
        self._most_gap = most_gap
        self._sightings: dict[int, list[TrackRow]] = defaultdict(list)
        self._confirmed: set[int] = set()

    def add(self, frame: int, tracks: Sequence[Track]) -> None:
        """Add what the tracker reported of picture number `frame`, counted from 1 and rising."""
        for track in tracks:
            if track.state is TrackState.LOST:
                continue
            if track.state is TrackState.CONFIRMED:
                self._confirmed.add(track.track_id)
            row = TrackRow(frame, track.track_id, track.class_id, track.xyxy, track.score)
            self._sightings[track.track_id].append(row)

    def counts(self) -> dict[str, int]:
        """Return the number of confirmed tracks by class name."""
        classes = (self._sightings[track_id][0].class_id for track_id in self._confirmed)
        return dict(Counter(COCO_CLASSES[class_id] for class_id in classes))

    def rows(self) -> list[TrackRow]:
        """Return confirmed tracks at every picture, sorted by picture, then id."""
        smooth = (_smooth(self._sightings[track_id], _SMOOTH * self._most_gap) for track_id in self._confirmed)
        rows = [row for sightings in smooth for row in _fill(sightings, self._most_gap)]
        return sorted(rows, key=lambda row: (row.frame, row.track_id))


def _smooth(sightings: list[TrackRow], sigma: float) -> list[TrackRow]:
    """Return sightings with boxes smoothed by local linear regression, which keeps a constant velocity as it is.

    Args:
        sightings: Of one track, by rising picture number.
        sigma: Standard deviation of the Gaussian window, in pictures.
    """
    frames = np.array([row.frame for row in sightings], np.float64)
    boxes = np.array([row.xyxy for row in sightings], np.float64)
    starts = np.searchsorted(frames, frames - _WINDOW * sigma)
    ends = np.searchsorted(frames, frames + _WINDOW * sigma, side="right")
    return [
        replace(row, xyxy=_level(frames[start:end] - row.frame, boxes[start:end], sigma))
        for row, start, end in zip(sightings, starts, ends, strict=True)
    ]


def _level(away: NDArray[np.float64], boxes: NDArray[np.float64], sigma: float) -> NDArray[np.float32]:
    """Return where the line that fits `boxes` (n, 4) best has its value at distance 0 (weighted least squares)."""
    weight = np.exp(-0.5 * (away / max(sigma, 1e-6)) ** 2)
    total, first, second = weight.sum(), (weight * away).sum(), (weight * away**2).sum()
    spread = total * second - first**2
    share = weight * (second - first * away) / spread if spread > _FLAT * total**2 else weight / total
    return np.asarray(share @ boxes, np.float32)


def _fill(sightings: list[TrackRow], most_gap: int) -> list[TrackRow]:
    rows = sightings[:1]
    for before, after in itertools.pairwise(sightings):
        gap = after.frame - before.frame
        if gap <= most_gap:
            rows += [_between(before, after, step / gap) for step in range(1, gap)]
        rows.append(after)
    return rows


def _between(before: TrackRow, after: TrackRow, share: float) -> TrackRow:
    nearer = before if share < 0.5 else after  # noqa: PLR2004
    xyxy = ((1 - share) * before.xyxy + share * after.xyxy).astype(np.float32)
    frame = before.frame + round(share * (after.frame - before.frame))
    return TrackRow(frame, before.track_id, before.class_id, xyxy, nearer.score)


def write_mot(path: Path, rows: Sequence[TrackRow]) -> None:
    """Write rows in MOT format: frame, id, left, top, width, height, score, class from 1, visibility."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row in rows:
            left, top, right, bottom = (float(value) for value in row.xyxy)
            box = [f"{value:.2f}" for value in (left, top, right - left, bottom - top)]
            writer.writerow([row.frame, row.track_id, *box, f"{row.score:.3f}", row.class_id + 1, 1])
