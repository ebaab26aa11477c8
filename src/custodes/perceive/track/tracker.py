"""Joining detections over time into tracks, sure ones first (the two-stage association of ByteTrack)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.geometry import grow, iou
from custodes.domain.tracks import Track, TrackState
from custodes.perceive.track.assignment import assign
from custodes.perceive.track.motion_model import MovingBox
from custodes.perceive.track.settings import TrackerSettings

_REACH = 1.2
"""Boxes are grown by this before they are compared: at five pictures a second a walker leaves much of the last box."""
_SURE_OVERLAP = 0.2
"""Least overlap of a sure detection with its track, both grown."""
_UNSURE_OVERLAP = 0.7
"""The same for an unsure detection."""
_NEVER = 1e6


@dataclass(slots=True)
class _Candidate:
    """A track as the tracker knows it."""

    track_id: int
    class_id: int
    box: MovingBox
    detected: NDArray[np.float32]
    score: float
    seen_s: float
    sightings: int = 1

    def see(self, xyxy: NDArray[np.float32], score: float, now_s: float) -> None:
        self.box.update(xyxy)
        self.detected = xyxy
        self.score = score
        self.seen_s = now_s
        self.sightings += 1


class ByteTracker:
    """The tracker of one camera; its ids mean nothing to any other.

    Args:
        settings: Thresholds and times.
    """

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._candidates: list[_Candidate] = []
        self._next_id = 1
        self._now_s = 0.0

    def reset(self) -> None:
        """Forget all tracks; ids go on, so that none is used twice."""
        self._candidates.clear()

    def update(self, detections: Detections, time_s: float) -> list[Track]:
        """Add the detections of one picture.

        Args:
            detections: All classes; low scores help to keep tracks alive.
            time_s: When the picture was taken, seconds of any clock; steps may differ.

        Returns:
            All tracks: seen in this picture (tentative or confirmed) or lost, with predicted boxes. A tentative track
            ends at its first miss, a confirmed one when it has been lost for `keep_lost_s`.
        """
        self._candidates = [one for one in self._candidates if time_s - one.seen_s <= self._settings.keep_lost_s]
        for candidate in self._candidates:
            candidate.box.predict(max(time_s - self._now_s, 0.0))
        self._now_s = time_s
        level = self._level(detections)
        sure = detections[level >= self._settings.high_score]
        unsure = detections[(level < self._settings.high_score) & (level >= self._settings.low_score)]
        rest, sure_left = self._match(self._candidates, sure, _SURE_OVERLAP)
        self._match([one for one in rest if self._confirmed(one)], unsure, _UNSURE_OVERLAP)
        self._start(sure[sure_left])
        self._candidates = [one for one in self._candidates if one.seen_s == time_s or self._confirmed(one)]
        return [self._report(one) for one in self._candidates]

    def _level(self, detections: Detections) -> NDArray[np.float32]:
        """Return scores (n,) as the thresholds want them: those of a person that would be as sure."""
        factor = np.where(detections.class_id == PERSON, 1.0, self._settings.other_classes)
        return (detections.score / factor).astype(np.float32)

    def _confirmed(self, one: _Candidate) -> bool:
        return one.sightings >= self._settings.confirm_after

    def _match(
        self, candidates: list[_Candidate], detections: Detections, least: float
    ) -> tuple[list[_Candidate], NDArray[np.intp]]:
        """Assign detections to candidates; return the candidates and the detection rows that are left."""
        if not candidates or not len(detections):
            return candidates, np.arange(len(detections))
        boxes, found = np.array([one.box.xyxy for one in candidates]), detections.xyxy.astype(np.float64)
        overlap = iou(grow(boxes, _REACH), grow(found, _REACH))
        classes = np.array([one.class_id for one in candidates])
        impossible = (overlap < least) | (classes[:, None] != detections.class_id[None, :])
        cost = np.where(impossible, _NEVER, -overlap * _height_overlap(boxes, found))
        taken_rows, taken_columns = set(), set()
        for row, column in assign(cost):
            if not impossible[row, column]:
                candidates[row].see(detections.xyxy[column], float(detections.score[column]), self._now_s)
                taken_rows.add(row)
                taken_columns.add(column)
        left = [one for row, one in enumerate(candidates) if row not in taken_rows]
        return left, np.array([n for n in range(len(detections)) if n not in taken_columns], np.intp)

    def _start(self, detections: Detections) -> None:
        for row in np.nonzero(self._level(detections) >= self._settings.start_score)[0]:
            xyxy = detections.xyxy[row]
            class_id, score = int(detections.class_id[row]), float(detections.score[row])
            self._candidates.append(_Candidate(self._next_id, class_id, MovingBox(xyxy), xyxy, score, self._now_s))
            self._next_id += 1

    def _report(self, one: _Candidate) -> Track:
        seen = one.seen_s == self._now_s
        if not seen:
            state = TrackState.LOST
        elif self._confirmed(one):
            state = TrackState.CONFIRMED
        else:
            state = TrackState.TENTATIVE
        xyxy = one.box.xyxy.astype(np.float32)
        if not seen:
            return Track(one.track_id, one.class_id, state, xyxy, 0.0)
        return Track(one.track_id, one.class_id, state, xyxy, one.score, one.detected)


def _height_overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intersection over union (n, m), 0-1, of the vertical extents of boxes `a` (n, 4) and `b` (m, 4).

    Height and foot tell apart who walks side by side or behind one another (the idea of Hybrid-SORT).
    """
    common = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    whole = np.maximum(a[:, None, 3], b[None, :, 3]) - np.minimum(a[:, None, 1], b[None, :, 1])
    return np.asarray(np.clip(common / np.maximum(whole, 1e-9), 0, 1))
