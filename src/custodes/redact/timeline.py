"""Which parts of the picture to mask at any instant, from analyses at some instants."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.geometry import area, intersection, iou
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState
from custodes.redact.faces import FoundFaces
from custodes.redact.regions import face_masks, from_relative, head_regions, hulls
from custodes.redact.settings import RedactionSettings
from custodes.redact.trail import Group, Look, Reach, Trail, boxes_of

_SAME = 0.4
"""Overlap from which a detection is one of the tracks."""
_FOLLOWS = 0.2
"""Overlap from which a detection continues a trail of redaction's own."""
_KEEPS_UP = 0.5
"""Overlap from which a faint detection continues a trail."""
_FAINT = 0.67
"""Share of the score that starts a trail, which is enough to continue one."""
_NEAR = 0.2
"""Share of the smaller of two head regions that they have in common, at least, where one continues the other."""
_HIDDEN = 0.8
"""A person is another box of one already masked where this share of its head region lies in the other's."""
_DOUBTFUL = 0.35
"""A person with a lower score, seen once only, is mostly no person."""
_ELSEWHERE = 0.5
"""A head region of which no more than this share lies in those of tracks belongs to somebody else."""
_NOBODY = -1
"""Stands for the track of a trail that nothing continues."""
_SURE_PX = 24
"""A face at least this high, found in the head region with a good score, is the whole head (models.md: smaller faces
are not to be trusted)."""
_SURE_SCORE = 0.5
_SURE_OF_HEAD = 0.25
"""A face lower than this share of the head region may be someone else's."""
_KEEP_S = 10.0
"""Trails reach back at least this far before the newest analysis."""


class MaskTimeline:
    """Remembers persons and faces by time, and says what to mask at any instant between analyses.

    A person's head region is masked from `lookbehind_s` before the first sight to `hold_s` after the last, along
    straight lines between sights, through misses; a face found is carried with its person, or on its own where there
    is none. The head region gives way to a face only while searches on both sides of the instant found it surely.
    What is not known is None, never empty. Thread-safe.
    """

    def __init__(self, settings: RedactionSettings) -> None:
        self._settings = settings
        self._reach = Reach.of(settings)
        self._lock = threading.Lock()
        self._size = (0, 0)
        self._now_ns = 0
        self._seen_ns: list[int] = []
        self._trails: list[Trail] = []

    @property
    def horizon_ns(self) -> int | None:
        """Wall time of the newest analysis, nanoseconds since the Unix epoch; None before the first."""
        with self._lock:
            return self._seen_ns[-1] if self._seen_ns else None

    def observe(  # noqa: PLR0917
        self,
        utc_ns: int,
        tracks: Sequence[Track],
        detections: Detections,
        faces: Detections | None,
        width: int,
        height: int,
    ) -> None:
        """Add one analysis.

        An analysis earlier than the newest one starts over: what was known is dropped and its pictures get blanked.

        Args:
            utc_ns: Wall time of the analysed picture.
            tracks: What the tracker made of it.
            detections: All detections, those with low scores as well; person class is used.
            faces: Faces found in it, or None where none were searched for. A face without a person is held until
                a search of the whole picture (`FoundFaces.whole`) misses it, and `hold_s` more.
            width: Of the analysed picture, pixels; all boxes are in its pixels.
            height: The same.
        """
        with self._lock:
            self._begin(utc_ns, width, height)
            persons = detections[detections.class_id == PERSON]
            people = persons[persons.score >= self._settings.min_person_score]
            seen = self._see_tracks(utc_ns, tracks)
            seen += self._follow(utc_ns, self._not_tracked(utc_ns, people, seen), is_person=True)
            seen += self._keep_up(utc_ns, persons[persons.score < self._settings.min_person_score])
            if faces is not None:
                self._follow(utc_ns, _give_faces(utc_ns, seen, faces), is_person=False)
            searched = faces is not None and (not isinstance(faces, FoundFaces) or faces.whole)
            for trail in self._loose(is_person=False):
                if not searched:
                    trail.keep(utc_ns)
                elif trail.times[-1] != utc_ns:
                    trail.missed = True
            self._finish(utc_ns)

    def unchanged(self, utc_ns: int) -> None:
        """Note that the picture at `utc_ns` looks as it did at the last analysis: masks stay where they are."""
        with self._lock:
            if not self._seen_ns or utc_ns <= self._seen_ns[-1]:
                return
            self._now_ns = utc_ns
            for trail in self._trails:
                if trail.ended_ns is None and self._alive(trail):
                    trail.see(utc_ns, trail.boxes[-1])
                    if trail.looks and trail.looks[-1].relative is not None:
                        last = trail.looks[-1]
                        trail.looks.append(Look(utc_ns, last.relative, last.sure))
            self._finish(utc_ns)

    def masks_at(self, utc_ns: int, width: int, height: int) -> NDArray[np.float32] | None:
        """Return the boxes to mask at `utc_ns`.

        Args:
            utc_ns: Wall time of the picture.
            width: Of the picture, pixels; it may differ from that of the analysed ones.
            height: The same.

        Returns:
            float32 (n, 4) pixels of the picture, not cut to it; None where nothing is known: after the newest
            analysis, long before the first, or in a longer gap between two.
        """
        with self._lock:
            if not self._knows(utc_ns):
                return None
            groups = [group for trail in self._trails for group in trail.at(utc_ns, self._reach)]
            scale = np.tile([width / self._size[0], height / self._size[1]], 2)
        masks = np.concatenate([self._faces_in(groups), _heads_in(groups)])
        return np.asarray(masks * scale, np.float32)

    def _faces_in(self, groups: list[Group]) -> NDArray[np.float64]:
        """Return what hides the known faces of `groups`, (n, 4)."""
        known = [(group.courses, group.face) for group in groups if group.face is not None]
        if not known:
            return np.empty((0, 4))
        sizes = [len(courses) for courses, _ in known]
        boxes = boxes_of([course for courses, _ in known for course in courses])
        faces = from_relative(np.repeat([face for _, face in known], sizes, axis=0), boxes)
        return hulls(face_masks(faces, self._settings.grow), sizes)

    def _knows(self, utc_ns: int) -> bool:
        after = int(np.searchsorted(self._seen_ns, utc_ns))
        if after == len(self._seen_ns):
            return False
        if self._seen_ns[after] == utc_ns:
            return True
        if after == 0:
            return self._seen_ns[0] - utc_ns <= self._settings.lookbehind_s * NS_PER_S
        return self._seen_ns[after] - self._seen_ns[after - 1] <= self._settings.max_gap_s * NS_PER_S

    def _begin(self, utc_ns: int, width: int, height: int) -> None:
        if self._seen_ns and utc_ns <= self._seen_ns[-1]:
            self._seen_ns.clear()
            self._trails.clear()
        if self._size not in ((0, 0), (width, height)):
            factor = np.tile([width / self._size[0], height / self._size[1]], 2)
            for trail in self._trails:
                trail.rescale(factor)
        self._size = (width, height)
        self._now_ns = utc_ns

    def _finish(self, utc_ns: int) -> None:
        """Move the horizon, now that all is noted, and drop what no waiting picture can need any more."""
        self._seen_ns.append(utc_ns)
        oldest = utc_ns - round((_KEEP_S + self._settings.patience_s) * NS_PER_S)
        del self._seen_ns[: max(int(np.searchsorted(self._seen_ns, oldest)) - 1, 0)]
        for trail in self._trails:
            trail.forget(oldest)
        self._trails = [trail for trail in self._trails if trail.kept_ns >= oldest]

    def _alive(self, trail: Trail) -> bool:
        return self._now_ns - trail.kept_ns <= self._reach.hold_ns

    def _see_tracks(self, utc_ns: int, tracks: Sequence[Track]) -> list[Trail]:
        by_id = {trail.track_id: trail for trail in self._trails if trail.track_id is not None}
        seen = []
        for track in tracks:
            if track.class_id != PERSON or track.state is TrackState.LOST:
                continue
            trail = by_id.get(track.track_id)
            if trail is None:
                trail = Trail(is_person=True, track_id=track.track_id)
            trail.see(utc_ns, _extent(track))
            seen.append(trail)
        self._trails += [trail for trail in seen if trail.track_id not in by_id]
        return seen

    def _not_tracked(self, utc_ns: int, people: Detections, seen: list[Trail]) -> Detections:
        """Return those of `people` that are no track's, each once, and end the loose trails a track took over."""
        if seen:
            tracked = np.array([trail.boxes[-1] for trail in seen])
            if loose := self._loose(is_person=True):
                overlaps = iou(np.array([trail.boxes[-1] for trail in loose]), tracked).max(axis=1)
                for row in np.flatnonzero(overlaps >= _SAME):
                    loose[row].ended_ns = utc_ns
            overlaps = iou(people.xyxy.astype(np.float64), tracked).max(axis=1)
            self._see_once(utc_ns, people[np.flatnonzero((overlaps >= _SAME) & (people.score >= _DOUBTFUL))], tracked)
            people = people[np.flatnonzero(overlaps < _SAME)]
        people = people[np.argsort(-people.score, kind="stable")]
        heads = head_regions(np.concatenate([trail.boxes[-1][None] for trail in seen] + [people.xyxy]))
        within = intersection(heads, heads) >= _HIDDEN * area(heads)[:, None]
        hidden = np.asarray(np.tril(within, -1).any(axis=1))
        return people[np.flatnonzero(~hidden[len(seen) :])]

    def _keep_up(self, utc_ns: int, faint: Detections) -> list[Trail]:
        """Continue loose trails of persons not seen now with detections too `faint` to start one; return those."""
        trails = [trail for trail in self._loose(is_person=True) if trail.times[-1] != utc_ns]
        if not trails or not len(faint):
            return []
        overlap = iou(np.array([trail.boxes[-1] for trail in trails]), faint.xyxy.astype(np.float64))
        overlap *= faint.score >= _FAINT * self._settings.min_person_score
        kept = []
        for trail, row in zip(trails, overlap, strict=True):
            if row.max() >= _KEEPS_UP:
                trail.see(utc_ns, faint.xyxy[int(row.argmax())])
                kept.append(trail)
        return kept

    def _see_once(self, utc_ns: int, people: Detections, tracked: NDArray[np.float64]) -> None:
        """Cover for a moment the heads of `people` whose boxes are those of tracks, but whose heads are elsewhere.

        Of two who hide each other, the tracker may have taken the wrong box.
        """
        heads = head_regions(people.xyxy)
        within = intersection(heads, head_regions(tracked)) > _ELSEWHERE * area(heads)[:, None]
        for row in np.flatnonzero(~within.any(axis=1)):
            trail = Trail(is_person=True, track_id=_NOBODY, doubtful=True)
            trail.see(utc_ns, people.xyxy[row])
            self._trails.append(trail)

    def _loose(self, *, is_person: bool) -> list[Trail]:
        return [
            trail
            for trail in self._trails
            if trail.track_id is None and trail.is_person == is_person and trail.ended_ns is None and self._alive(trail)
        ]

    def _follow(self, utc_ns: int, found: Detections, *, is_person: bool) -> list[Trail]:
        """Continue the loose trails with what was found, greedily by overlap, and start new ones with the others."""
        boxes = found.xyxy
        loose = self._loose(is_person=is_person) if len(boxes) else []
        matches: dict[int, Trail] = {}
        if loose:
            last = np.array([trail.boxes[-1] for trail in loose])
            overlap = iou(boxes.astype(np.float64), last)
            if is_person:
                overlap *= _near(head_regions(boxes), head_regions(last))
            for flat in np.argsort(-overlap, axis=None):
                row, column = divmod(int(flat), len(loose))
                if overlap[row, column] < _FOLLOWS:
                    break
                if row not in matches and loose[column] not in matches.values():
                    matches[row] = loose[column]
        for row, box in enumerate(boxes):
            if row not in matches:
                matches[row] = Trail(is_person=is_person, doubtful=bool(is_person and found.score[row] < _DOUBTFUL))
                self._trails.append(matches[row])
            matches[row].see(utc_ns, box)
        return list(matches.values())


def _heads_in(groups: list[Group]) -> NDArray[np.float64]:
    """Return what hides the heads of `groups` whose faces cannot stand for them, (n, 4)."""
    persons = [group.courses for group in groups if group.head]
    if not persons:
        return np.empty((0, 4))
    boxes = boxes_of([course for courses in persons for course in courses])
    return hulls(head_regions(boxes), [len(courses) for courses in persons])


def _extent(track: Track) -> NDArray[np.float64]:
    """Return the box (4,) around a track's smoothed box, which trails behind who speeds up, and its detection."""
    boxes = [track.xyxy] if track.detected is None else [track.xyxy, track.detected]
    return np.asarray(hulls(np.stack(boxes), [len(boxes)])[0], np.float64)


def _near(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n, m) whether head regions `a` (n, 4) and `b` (m, 4) lie near enough to be of one person."""
    smaller = np.minimum(area(a)[:, None], area(b)[None, :])
    return np.asarray(intersection(a, b) >= _NEAR * smaller, np.bool_)


def _give_faces(utc_ns: int, persons: list[Trail], faces: Detections) -> Detections:
    """Note for each of `persons` the face nearest to its head, and return the faces left over."""
    left = list(range(len(faces)))
    for trail in persons:
        person = trail.boxes[-1]
        head = head_regions(person[None])[0]
        fits = [i for i in left if _belongs(faces.xyxy[i], person)]
        if not fits:
            trail.look(utc_ns, None)
            continue
        best = min(fits, key=lambda i: _distance(faces.xyxy[i], head))
        left.remove(best)
        trail.look(utc_ns, faces.xyxy[best], sure=_is_sure(faces.xyxy[best], float(faces.score[best]), head))
    return faces[np.array(left, np.intp)]


def _belongs(face: NDArray[np.float32], person: NDArray[np.float64]) -> bool:
    """Return whether the centre of `face` lies in the upper two thirds of `person`, or just above."""
    width, height = person[2] - person[0], person[3] - person[1]
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    across = person[0] - 0.1 * width <= x <= person[2] + 0.1 * width
    return bool(across and person[1] - 0.1 * height <= y <= person[1] + 0.67 * height)


def _distance(face: NDArray[np.float32], head: NDArray[np.float64]) -> float:
    """Return how far the centre of `face` is from that of `head`: at most 1 inside of it."""
    offset = np.abs(face[:2] + face[2:] - head[:2] - head[2:])
    return float((offset / np.maximum(head[2:] - head[:2], 1e-6)).max())


def _is_sure(face: NDArray[np.float32], score: float, head: NDArray[np.float64]) -> bool:
    """Return whether `face` can stand for the head region `head`."""
    high = face[3] - face[1]
    enough = high >= _SURE_PX and high >= _SURE_OF_HEAD * (head[3] - head[1])
    return bool(enough and score >= _SURE_SCORE and _distance(face, head) <= 1)
