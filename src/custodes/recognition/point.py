"""The recognition point of one camera: where people who enrolled present themselves, and nobody else is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from custodes.capture.raw import RawFrame
from custodes.charter import RecognitionMode
from custodes.domain.coco import PERSON
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track
from custodes.identity import Abstained, Gallery, Outcome, Pass, Reason, Recognised, Template, Verifier
from custodes.identity.template import Vector
from custodes.perceive.embed import FaceLocator, assess
from custodes.recognition.attempt import AttackDetector, Attempt, Sight, Verdict
from custodes.recognition.passes import PassReader
from custodes.recognition.presented import Gate, TemplateMaker
from custodes.recognition.settings import RecognitionSettings
from custodes.recognition.zone import PixelZone, View

_GONE_NS: Final = NS_PER_S
"""A zone that nobody was seen at for so long is empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt comes to.

    Attributes:
        mode: In which way the person presented themselves.
        outcome: Who it is, nobody, or no answer.
        interval_ns: From when to when, nanoseconds since the Unix epoch.
    """

    mode: RecognitionMode
    outcome: Outcome
    interval_ns: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What probes are compared with at one camera.

    Attributes:
        verifier: The template behind a pass.
        gallery: Those of all who agreed to be identified here.
        modes: Ways of recognition that the charter names.
        threshold: Least comparison score of a match, a cosine.
        attacks: Presentation attack detection, None where there is none.
    """

    verifier: Verifier
    gallery: Gallery
    modes: frozenset[RecognitionMode]
    threshold: float
    attacks: AttackDetector | None = None


class RecognitionPoint:
    """Follows who presents themselves at one camera. Used by one thread.

    While nobody is at the zone it does nothing. What it holds of an attempt is overwritten when that ends.

    Args:
        camera: Whose.
        settings: Of the point.
        gate: Lets presented faces through.
        locator: Finds the face in the zone.
        maker: Makes numbers of presented faces.
        comparison: What they are compared with.
    """

    def __init__(
        self,
        camera: CameraId,
        settings: RecognitionSettings,
        *,
        gate: Gate,
        locator: FaceLocator,
        maker: TemplateMaker,
        comparison: Comparison,
    ) -> None:
        self._camera = camera
        self._settings = settings
        self._gate = gate
        self._locator = locator
        self._maker = maker
        self._with = comparison
        self._reader = PassReader()
        self._attempt = Attempt(settings, comparison.modes)
        self._shown: Pass | None = None
        self._vectors: list[Vector] = []
        self._answered: frozenset[int] = frozenset()
        self._only_passes = False
        self._occupied_ns: int | None = None

    @property
    def computed(self) -> int:
        """How many embeddings were computed so far, at all points that share the embedder."""
        return self._maker.computed

    def step(self, frame: RawFrame, tracks: Sequence[Track]) -> Answer | None:
        """Look at a picture in which `tracks` were seen; return an answer when there is one.

        Whoever got one is not looked at again before leaving the zone; but who held still in vain may show a pass yet.

        Raises:
            ModelError: A model failed.
            PolicyDenied: The charter allows no recognition any more.
        """
        now_ns = frame.time.utc_ns
        zone = PixelZone.of(self._settings.zone, (frame.width, frame.height))
        here = frozenset(one.track_id for one in tracks if one.class_id == PERSON and zone.reached_by(one))
        if not here:
            return self._nobody(now_ns)
        self._occupied_ns = now_ns
        if not here <= self._answered:
            self._only_passes = False
        elif not self._only_passes:
            return None
        view = zone.view(frame)
        try:
            outcome = self._look(frame, zone, view)
        except BaseException:
            self.forget()
            raise
        finally:
            view.wipe()
        return None if outcome is None else self._answer(outcome, now_ns, here)

    def forget(self) -> None:
        """Overwrite everything about whoever is at the zone; an attempt that goes on begins anew."""
        for vector in self._vectors:
            vector.fill(0)
        self._vectors.clear()
        self._shown = None
        self._attempt = Attempt(self._settings, self._with.modes)

    def _nobody(self, now_ns: int) -> Answer | None:
        if self._occupied_ns is not None and 0 <= now_ns - self._occupied_ns < _GONE_NS:
            return None
        self._answered, self._only_passes, self._occupied_ns = frozenset(), False, None
        presented = self._attempt.presenting is not None
        if presented:
            return self._answer(Abstained(Reason.UNSEEN), now_ns, frozenset())
        self.forget()
        return None

    def _answer(self, outcome: Outcome, now_ns: int, here: frozenset[int]) -> Answer | None:
        presenting = self._attempt.presenting
        self._answered = here
        self.forget()
        if presenting is None:
            return None
        held_still = presenting.mode is RecognitionMode.IDENTIFY and not isinstance(outcome, Recognised)
        self._only_passes = held_still and RecognitionMode.VERIFY in self._with.modes
        return Answer(presenting.mode, outcome, (min(presenting.since_ns, now_ns), now_ns))

    def _look(self, frame: RawFrame, zone: PixelZone, view: View) -> Outcome | None:
        now_ns = frame.time.utc_ns
        if (refused := self._read_pass(zone, view, now_ns)) is not None:
            return refused
        if not self._attempt.wants_faces or (self._only_passes and self._shown is None):
            return None
        before = self._attempt.presenting
        sight = self._sight(zone, view, now_ns)
        self._attempt.see(sight, now_ns)
        if self._attempt.presenting is not before and (refused := self._begin()) is not None:
            return refused
        if self._attempt.overdue(now_ns):
            return Abstained(Reason.UNSEEN)
        return self._compare() if sight is not None and self._took(frame, sight) else None

    def _read_pass(self, zone: PixelZone, view: View, now_ns: int) -> Abstained | None:
        """Look for a pass where none was shown; return why the one that is shown is worth nothing."""
        if self._shown is not None or RecognitionMode.VERIFY not in self._with.modes:
            return None
        shown = self._reader.read(view, zone, now_ns)
        if shown is None:
            return None
        self.forget()
        self._shown = shown
        self._attempt.show_pass(now_ns)
        return self._with.verifier.refusal(shown, self._camera)

    def _begin(self) -> Abstained | None:
        """Drop what was taken of whoever was there before; return why searching for anybody is in vain."""
        for vector in self._vectors:
            vector.fill(0)
        self._vectors.clear()
        presenting = self._attempt.presenting
        if presenting is None or presenting.mode is RecognitionMode.VERIFY:
            return None
        return self._with.gallery.refusal(self._camera)

    def _sight(self, zone: PixelZone, view: View, now_ns: int) -> Sight | None:
        """Return the face of whoever is alone in the zone, where it is good enough to be compared."""
        faces = self._locator.locate(view.bgr)
        assessment = assess(view.bgr, faces)
        if assessment.face is not None:
            assessment.face.fill(0)
        if assessment.flaws:
            return None
        offset = view.corner.astype(np.float32)
        sight = Sight(now_ns, faces.found.xyxy[0] + np.tile(offset, 2), faces.points[0] + offset)
        good = sight.height >= self._settings.height_px and zone.holds(sight.xyxy)
        return sight if good else None

    def _took(self, frame: RawFrame, sight: Sight) -> bool:
        """Take the face of whoever presents themselves; return whether there are enough."""
        presenting = self._attempt.presenting
        if presenting is None:
            return False
        if len(self._vectors) < self._settings.frames:
            face = self._gate.present(frame, sight, presenting)
            if face is not None:
                self._vectors.append(self._maker.vector_of(face))
        return len(self._vectors) == self._settings.frames

    def _compare(self) -> Outcome | None:
        verdict = self._with.attacks.judge(self._attempt.course) if self._with.attacks else Verdict.BONA_FIDE
        if verdict is not Verdict.BONA_FIDE:
            return Abstained(Reason.ATTACK) if verdict is Verdict.ATTACK else None
        if not _are_alike(self._vectors, self._with.threshold):
            return Abstained(Reason.CHANGED)
        probe = _mean(self._vectors)
        try:
            if self._shown is not None:
                return self._with.verifier.verify(self._shown, probe, self._camera)
            return self._with.gallery.search(probe, self._camera)
        finally:
            probe.wipe()


def _mean(vectors: Sequence[Vector]) -> Template:
    """Return the mean of `vectors`, of length 1; added up in place, as `np.mean` would leave copies."""
    total = vectors[0].copy()
    for vector in vectors[1:]:
        total += vector
    total /= np.sqrt(total @ total)
    probe = Template(total)
    total.fill(0)
    return probe


def _are_alike(vectors: Sequence[Vector], threshold: float) -> bool:
    """Return whether each two of `vectors` in a row may be of one person."""
    return all(float(one @ other) >= threshold for one, other in pairwise(vectors))
