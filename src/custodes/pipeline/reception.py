"""What becomes of the answers of a recognition point: each use is owed to the log first, then there is an event."""

import logging
from collections.abc import Sequence
from typing import Final

from custodes.capture.raw import RawFrame
from custodes.charter import Charter, RecognitionMode
from custodes.domain.coco import COCO_CLASSES, PERSON
from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId, Event, EventKind, new_event_id
from custodes.domain.time import Clock
from custodes.domain.tracks import Track
from custodes.identity import Abstained, Outcome, Recognised, use_entry
from custodes.recognition import Answer, Recogniser, RecognitionSettings
from custodes.rules.book import version_of
from custodes.store import Store

log = logging.getLogger(__name__)

ZONE: Final = "recognition point"
"""The zone that events of recognition are of."""
_TOLD_S: Final = 5.0
"""How long it is told how an attempt ended, seconds."""
_KINDS: Final = {RecognitionMode.VERIFY: EventKind.VERIFIED, RecognitionMode.IDENTIFY: EventKind.IDENTIFIED}


class Reception:
    """The recognition point of one camera, and what is written down about it.

    Args:
        camera: Whose.
        settings: Of the point.
        charter: Of the camera.
        recogniser: Shared with the worker's other cameras.
        store: Where uses are owed to the log.
        clock: Wall time.

    Raises:
        PolicyDenied: The charter does not name recognition, or not how often it errs.
    """

    def __init__(
        self,
        camera: CameraId,
        settings: RecognitionSettings,
        charter: Charter,
        recogniser: Recogniser,
        *,
        store: Store,
        clock: Clock,
    ) -> None:
        self._camera = camera
        self._charter = charter.version
        self._rule_version = version_of(settings)
        self._recogniser = recogniser
        self._point = recogniser.point(camera, settings, charter)
        self._store = store
        self._clock = clock
        self._answer, self._until_s = "", 0.0

    def step(self, frame: RawFrame, tracks: Sequence[Track]) -> list[Event]:
        """Return the event of an answer, if a picture in which `tracks` were seen brings one.

        The use is durably owed to the log by then; where it cannot be, there is no answer.
        """
        try:
            answer = self._point.step(frame, tracks)
            if answer is None:
                return []
            self._owe(answer)
        except CustodesError as error:
            self._point.forget()
            log.error("%s: no answer at the recognition point: %s", self._camera, error)  # noqa: TRY400
            return []
        self._answer, self._until_s = _word(answer.outcome), self._clock.monotonic_s() + _TOLD_S
        return [self._event(answer)]

    @property
    def answer(self) -> str:
        """How the last attempt ended, in one word, for five seconds or until somebody else is asked something."""
        return "" if self.prompt or self._clock.monotonic_s() >= self._until_s else self._answer

    @property
    def prompt(self) -> str:
        """What the person there is asked to do now, empty where nobody is asked anything."""
        return self._point.prompt or ""

    def close(self) -> None:
        """Forget whoever is there."""
        self._point.forget()

    def _owe(self, answer: Answer) -> None:
        outcome = answer.outcome
        entry = use_entry(
            self._camera,
            self._charter,
            answer.mode,
            interval_ns=answer.interval_ns,
            gallery=self._recogniser.gallery_version,
            subject=outcome.subject if isinstance(outcome, Recognised) else "",
        )
        self._store.owed.add(entry.kind, entry.body, self._clock.utc_ns(), camera=self._camera)

    def _event(self, answer: Answer) -> Event:
        """Return an event that says of nobody but the recognised who it was, and of nobody what the face was like."""
        start_ns, end_ns = answer.interval_ns
        outcome = answer.outcome
        kind = EventKind.NOT_RECOGNISED
        if isinstance(outcome, Recognised):
            kind = _KINDS[answer.mode]
        elif isinstance(outcome, Abstained):
            kind = EventKind.ABSTAINED
        return Event(
            event_id=new_event_id(start_ns),
            camera=self._camera,
            kind=kind,
            rule="recognition",
            rule_version=self._rule_version,
            charter_version=self._charter,
            start_ns=start_ns,
            end_ns=end_ns,
            class_name=COCO_CLASSES[PERSON],
            zone=ZONE,
            key_ns=end_ns,
            subject=outcome.subject if isinstance(outcome, Recognised) else None,
            reason=outcome.reason.value if isinstance(outcome, Abstained) else None,
        )


def _word(outcome: Outcome) -> str:
    """Return how an attempt ended: nothing about who it was, and how alike."""
    if isinstance(outcome, Recognised):
        return "recognised"
    return outcome.reason.name.lower() if isinstance(outcome, Abstained) else "not_recognised"
