"""The recognition point of one camera: where people who enrolled present themselves, and nobody else is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from custodes.capture.raw import RawFrame
from custodes.charter import Recognition, RecognitionMode
from custodes.domain.coco import PERSON
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track
from custodes.identity import Abstained, Gallery, Outcome, Pass, Reason, Recognised, Template, Verifier
from custodes.identity.template import Vector
from custodes.perceive.embed import Assessment, FaceLocator, Flaw, PointedFaces, assess
from custodes.perceive.pad import Challenge, Eyes, Prompt, Sight, Verdict
from custodes.recognition.attempt import Attempt
from custodes.recognition.passes import PassReader
from custodes.recognition.presented import Gate, TemplateMaker
from custodes.recognition.settings import RecognitionSettings
from custodes.recognition.zone import PixelZone, View

_GONE_NS: Final = NS_PER_S
_GONE_LOOKS: Final = 2
"""A zone that nobody was seen at for so long, in so many pictures at least, is empty: a busy machine looks seldom."""
_WHEN_ACTING: Final = frozenset({Flaw.TURNED_AWAY, Flaw.BLURRED})
"""What a face may be like while its owner does what is asked; it is made no numbers of then."""
_FAILED: Final = {
    Verdict.ATTACK: Reason.ATTACK,
    Verdict.CHANGED: Reason.CHANGED,
    Verdict.UNMOVED: Reason.UNMOVED,
}


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
        allowed: What the charter says of recognition.
        threshold: Least comparison score of a match, a cosine.
    """

    verifier: Verifier
    gallery: Gallery
    allowed: Recognition
    threshold: float


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
        draw: Draws what a person is asked to do.
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
        draw: Callable[[], Challenge],
    ) -> None:
        self._camera = camera
        self._settings = settings
        self._gate = gate
        self._locator = locator
        self._maker = maker
        self._with = comparison
        self._draw = draw
        self._reader = PassReader()
        self._attempt = Attempt(settings, comparison.allowed)
        self._shown: Pass | None = None
        self._challenge: Challenge | None = None
        self._eyes = Eyes()
        self._vectors: list[Vector] = []
        self._answered: frozenset[int] = frozenset()
        self._only_passes = False
        self._occupied_ns: int | None = None
        self._empty_looks = 0

    @property
    def computed(self) -> int:
        """How many embeddings were computed so far, at all points that share the embedder."""
        return self._maker.computed

    @property
    def prompt(self) -> Prompt | None:
        """What the person at the zone is asked to do now, None where nobody is asked anything."""
        return self._challenge.prompt if self._challenge is not None else None

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
        self._occupied_ns, self._empty_looks = now_ns, 0
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
        self._drop()
        self._shown = None
        self._attempt = Attempt(self._settings, self._with.allowed)

    def _drop(self) -> None:
        """Overwrite what was taken of a face."""
        for vector in self._vectors:
            vector.fill(0)
        self._vectors.clear()
        if self._challenge is not None:
            self._challenge.wipe()
        self._challenge = None
        self._eyes.wipe()

    def _nobody(self, now_ns: int) -> Answer | None:
        self._empty_looks += 1
        since_ns = self._occupied_ns
        if since_ns is not None and (0 <= now_ns - since_ns < _GONE_NS or self._empty_looks < _GONE_LOOKS):
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
        self._only_passes = held_still and RecognitionMode.VERIFY in self._with.allowed.modes
        return Answer(presenting.mode, outcome, (min(presenting.since_ns, now_ns), now_ns))

    def _look(self, frame: RawFrame, zone: PixelZone, view: View) -> Outcome | None:
        now_ns = frame.time.utc_ns
        if (refused := self._read_pass(zone, view, now_ns)) is not None:
            return refused
        if not self._attempt.wants_faces or (self._only_passes and self._shown is None):
            return None
        before = self._attempt.presenting
        sight = self._sight(zone, view, now_ns)
        good = sight if sight is not None and sight.good else None
        self._attempt.see(good, now_ns)
        if self._attempt.presenting is not before and (refused := self._begin()) is not None:
            return refused
        if self._attempt.overdue(now_ns):
            return Abstained(Reason.UNSEEN)
        if self._challenge is not None and (reason := _FAILED.get(self._challenge.see(sight, now_ns))):
            return Abstained(reason)
        return self._compare() if good is not None and self._took(frame, good) else None

    def _read_pass(self, zone: PixelZone, view: View, now_ns: int) -> Abstained | None:
        """Look for a pass where none was shown; return why the one that is shown is worth nothing."""
        if self._shown is not None or RecognitionMode.VERIFY not in self._with.allowed.modes:
            return None
        shown = self._reader.read(view, zone, now_ns)
        if shown is None:
            return None
        self.forget()
        self._shown = shown
        self._attempt.show_pass(now_ns)
        if self._attempt.challenged:
            self._challenge = self._draw()
        return self._with.verifier.refusal(shown, self._camera)

    def _begin(self) -> Abstained | None:
        """Drop what was taken of whoever was there before; return why searching for anybody is in vain."""
        self._drop()
        if self._attempt.challenged:
            self._challenge = self._draw()
        presenting = self._attempt.presenting
        if presenting is None or presenting.mode is RecognitionMode.VERIFY:
            return None
        return self._with.gallery.refusal(self._camera)

    def _sight(self, zone: PixelZone, view: View, now_ns: int) -> Sight | None:
        """Return the face of whoever is alone in the zone, where it is good enough, at least to be followed."""
        faces = self._locator.locate(view.bgr)
        assessment = assess(view.bgr, faces)
        try:
            return self._followed(zone, view, now_ns, faces, assessment)
        finally:
            if assessment.face is not None:
                assessment.face.fill(0)

    def _followed(
        self, zone: PixelZone, view: View, now_ns: int, faces: PointedFaces, assessment: Assessment
    ) -> Sight | None:
        if not _WHEN_ACTING.issuperset(assessment.flaws):
            return None
        offset = view.corner.astype(np.float32)
        allowed, measures = self._with.allowed, assessment.measures
        aside = allowed.turned is not None and measures is not None and abs(measures.yaw) > allowed.turned
        good = not assessment.flaws and not aside
        xyxy, points = faces.found.xyxy[0] + np.tile(offset, 2), faces.points[0] + offset
        if xyxy[3] - xyxy[1] < allowed.height_px or not zone.holds(xyxy):
            return None
        return Sight(now_ns, xyxy, points, good, self._closed(assessment) if good else 0.0)

    def _closed(self, assessment: Assessment) -> float:
        """Return how far the eyes are closed of whoever is asked something; others' are not looked at."""
        if self._challenge is None or assessment.face is None:
            return 0.0
        return self._eyes.look(assessment.face, ahead=self._challenge.prompt is Prompt.AHEAD)

    def _took(self, frame: RawFrame, sight: Sight) -> bool:
        """Take the face of whoever presents themselves where it is wanted; return whether there are enough.

        Of whoever is asked to act, one is taken in each act and the last one afterwards, so that it is seen to be the
        same face.
        """
        presenting, challenge = self._attempt.presenting, self._challenge
        if presenting is None:
            return False
        passed = challenge is None or challenge.verdict is Verdict.BONA_FIDE
        wanted = passed or (challenge is not None and challenge.shows)
        if wanted or len(self._vectors) < self._settings.frames - 1:
            face = self._gate.present(frame, sight, presenting)
            if face is not None:
                self._vectors.append(self._maker.vector_of(face))
        return passed and len(self._vectors) >= self._settings.frames

    def _compare(self) -> Outcome:
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
