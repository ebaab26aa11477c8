"""What is in view: objects that outlive the flicker of their tracks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import VEHICLES
from custodes.domain.geometry import Point, iou
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState

Box = NDArray[np.float32]

_PRESENT_NS = NS_PER_S
"""An object not seen for longer does not count as present, though it may come back."""
_PARKED_NS = 5 * NS_PER_S
"""An object that has stood still for so long is parked."""
_PARKED_GRACE = 20.0
"""A parked object may be out of sight so many times longer before it counts as gone."""
_STILL = 0.2
"""An object stands still while its foot point stays within this many box heights."""
_SAME_PLACE = 0.3
"""Overlap from which a new track is an object that was lost there."""
_SAME_VEHICLE = 0.7
"""Overlap from which two vehicles seen at once are one that the detector gives two classes, as car and truck."""
_STEP = 0.5
"""A lost object may reappear so many box heights away at once, and so many more for each second out of sight."""


@dataclass(slots=True, eq=False)
class Watched:
    """One object in view.

    Attributes:
        class_id: Index into `domain.coco.COCO_CLASSES`.
        track_id: Of its present track.
        box: Last seen, pixels (4,).
        score: Best score so far.
        first_ns: Wall time of the first sight.
        last_ns: Wall time of the last one.
        rest: Foot point where it came to rest, pixels, and since when.
        origin: Foot point at the first sight, pixels.
    """

    class_id: int
    track_id: int
    box: Box
    score: float
    first_ns: int
    last_ns: int
    rest: tuple[Point, int]
    origin: Point

    @property
    def foot(self) -> Point:
        """Middle of the lower edge, pixels."""
        return _foot(self.box)

    @property
    def height(self) -> float:
        """Of the box, pixels."""
        return float(self.box[3] - self.box[1])

    def present(self, now_ns: int) -> bool:
        """Return whether it is in view at `now_ns`, short misses forgiven."""
        return now_ns - self.last_ns <= _PRESENT_NS

    def see(self, track: Track, now_ns: int) -> None:
        """Note that `track` is this object."""
        self.track_id = track.track_id
        self.box = track.xyxy
        self.score = max(self.score, track.score)
        self.last_ns = now_ns
        if math.dist(self.foot, self.rest[0]) > _STILL * self.height:
            self.rest = (self.foot, now_ns)

    def gone(self, now_ns: int, grace_ns: int) -> bool:
        """Return whether it has been out of sight for too long to come back."""
        parked = self.last_ns - self.rest[1] >= _PARKED_NS
        return now_ns - self.last_ns > grace_ns * (_PARKED_GRACE if parked else 1.0)

    def may_be(self, track: Track, now_ns: int, grace_ns: int) -> bool:
        """Return whether a new `track` is this object, seen again about where it was lost.

        After `grace_ns`, which only parked objects outlive, it must be in the very same place.
        """
        if self.last_ns == now_ns:
            return False
        same_class = track.class_id == self.class_id
        if (same_class or self._vehicle_like(track)) and self._overlap(track) >= _SAME_PLACE:
            return True
        missed_ns = now_ns - self.last_ns
        reach = _STEP * (1 + missed_ns / NS_PER_S) * self.height
        alike = 0.5 < (track.xyxy[3] - track.xyxy[1]) / max(self.height, 1.0) < 2.0  # noqa: PLR2004
        near = math.dist(self.foot, _foot(track.xyxy)) <= reach
        return same_class and missed_ns <= grace_ns and bool(alike) and near

    def also_seen_as(self, track: Track, now_ns: int) -> bool:
        """Return whether `track` is this vehicle, seen in the same picture as one of another class."""
        return self.last_ns == now_ns and self._vehicle_like(track) and self._overlap(track) >= _SAME_VEHICLE

    def _vehicle_like(self, track: Track) -> bool:
        return track.class_id != self.class_id and {track.class_id, self.class_id} <= VEHICLES

    def _overlap(self, track: Track) -> float:
        return float(iou(self.box[None], track.xyxy[None])[0, 0])


class Scene:
    """The objects of one camera.

    Args:
        grace_s: An object out of sight for less may come back.
    """

    def __init__(self, grace_s: float) -> None:
        self._grace_ns = round(grace_s * NS_PER_S)
        self.objects: list[Watched] = []

    def update(self, tracks: Sequence[Track], now_ns: int) -> list[Watched]:
        """Follow the tracks of one picture; return the objects that are gone by now."""
        seen = [track for track in tracks if track.state is TrackState.CONFIRMED]
        known = {watched.track_id: watched for watched in self.objects}
        fresh = []
        for track in seen:
            if track.track_id in known:
                known[track.track_id].see(track, now_ns)
            else:
                fresh.append(track)
        for track in fresh:
            self._attach(track, now_ns)
        gone = [watched for watched in self.objects if watched.gone(now_ns, self._grace_ns)]
        self.objects = [watched for watched in self.objects if watched not in gone]
        return gone

    def _attach(self, track: Track, now_ns: int) -> None:
        """Give a new track to the nearest object that was lost about there, or start an object."""
        if any(watched.also_seen_as(track, now_ns) for watched in self.objects):
            return
        candidates = [watched for watched in self.objects if watched.may_be(track, now_ns, self._grace_ns)]
        if candidates:
            nearest = min(candidates, key=lambda watched: math.dist(watched.foot, _foot(track.xyxy)))
            nearest.see(track, now_ns)
            return
        foot = _foot(track.xyxy)
        self.objects.append(
            Watched(track.class_id, track.track_id, track.xyxy, track.score, now_ns, now_ns, (foot, now_ns), foot)
        )


def _foot(box: Box) -> Point:
    return float(box[0] + box[2]) / 2, float(box[3])
