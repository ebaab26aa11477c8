"""One look at one picture: motion gate, objects, tracks, faces, rules."""

from dataclasses import dataclass

import numpy as np

from custodes.capture.raw import RawFrame
from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.events import STUB_CHARTER, CameraId, Event
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track
from custodes.perceive.detect import Detector, FaceDetectors, load_detector, load_face_detectors
from custodes.perceive.motion import MotionGate
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import ByteTracker
from custodes.pipeline.settings import PerceptionSettings
from custodes.redact import FaceFinder, FacePace, MaskTimeline, Search
from custodes.rules import RuleEngine


@dataclass(frozen=True)
class Models:
    """The models that all cameras of a worker share.

    Attributes:
        objects: Finds persons, vehicles and other things.
        faces: Find faces, for redaction.
    """

    objects: Detector
    faces: FaceDetectors

    @classmethod
    def load(cls, settings: DetectorSettings) -> "Models":
        """Load them, fetching and converting what is not in the cache.

        Raises:
            ModelError: A model cannot be had, is not what it should be, or does not run.
        """
        return cls(load_detector(settings), load_face_detectors())


@dataclass(frozen=True)
class Seen:
    """What one look found.

    Attributes:
        tracks: Tracks in the picture, the lost ones included.
        events: New and changed events.
        looked: False where the motion gate spared the detector.
        moved: Whether something moved.
    """

    tracks: list[Track]
    events: list[Event]
    looked: bool
    moved: bool


class Analyzer:
    """Looks at one camera's pictures, one after another, and tells the mask timeline and the rules what is there.

    While nothing moves, the picture shows what the last one showed: the last detections count as seen again, and the
    detector looks only now and then.

    Args:
        camera: Whose.
        settings: How to look.
        models: What to look with.
        charter_version: Stamped on events.
        classes: Classes that rules may see, as indices into `domain.coco.COCO_CLASSES`; all where None. Persons are
            followed besides, for their faces' sake, and of any other class nothing is kept.
    """

    def __init__(
        self,
        camera: CameraId,
        settings: PerceptionSettings,
        models: Models,
        *,
        charter_version: str = STUB_CHARTER,
        classes: frozenset[int] | None = None,
    ) -> None:
        self.timeline = MaskTimeline(settings.redaction)
        self.rules = RuleEngine(camera, settings.rules, charter_version=charter_version)
        self._classes = classes
        self._models = models
        self._still_ns = int(settings.analysis.still_s * NS_PER_S)
        self._gate = MotionGate(settings.analysis.motion)
        self._tracker = ByteTracker(settings.analysis.tracker)
        self._finder = FaceFinder(models.faces, settings.redaction)
        self._face_pace = FacePace(settings.redaction)
        self._last = Detections()
        self._looked_ns: int | None = None
        self._size = (0, 0)

    def step(self, frame: RawFrame) -> Seen:
        """Look at `frame`, which must not be older than the one before.

        Raises:
            ModelError: A model failed on it.
        """
        now_ns = frame.time.utc_ns
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._tracker.reset()
            self._looked_ns = None
        moved = self._gate.moved(frame.luma())
        look = moved or self._looked_ns is None or now_ns - self._looked_ns >= self._still_ns
        faces = self._look(frame) if look else None
        tracks = self._tracker.update(self._last, now_ns / NS_PER_S)
        self.timeline.observe(now_ns, tracks, self._last, faces, *self._size)
        allowed = tracks if self._classes is None else [one for one in tracks if one.class_id in self._classes]
        return Seen(tracks, self.rules.update(allowed, *self._size, now_ns), look, moved)

    def _look(self, frame: RawFrame) -> Detections | None:
        """Find objects and, when it is their turn, faces; None where faces were not searched for."""
        self._looked_ns = frame.time.utc_ns
        bgr = frame.bgr()
        self._last = self._permitted(self._models.objects.detect(bgr))
        search = self._face_pace.due(frame.time.utc_ns)
        if search is Search.NOWHERE:
            return None
        persons = self._last.xyxy[self._last.class_id == PERSON]
        return self._finder.find(bgr, persons, whole=search is Search.WHOLE)

    def _permitted(self, found: Detections) -> Detections:
        if self._classes is None:
            return found
        return found[np.isin(found.class_id, [PERSON, *self._classes])]

    def close(self) -> list[Event]:
        """End what still lasts and return the ended events."""
        return self.rules.close()
