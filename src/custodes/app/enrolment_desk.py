"""The desk: consent, photos and enrolment put together, for the command line and for the web page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Final, Protocol

from custodes.api.enrolling import LEAST_PHOTOS, MOST_PHOTOS, Offer, PhotoLook, Refused, Welcome
from custodes.app.enrolment_paper import enrolment_pdf
from custodes.app.face_photos import FacePhotos, Taken
from custodes.app.server_identity import ServerIdentity, opened_identity
from custodes.app.settings import Settings
from custodes.charter import Charters, Recognise, RecognitionMode
from custodes.domain.errors import ConfigError, IntegrityError, PolicyDenied, StoreError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.identity import (
    Abstained,
    Consent,
    DataSubject,
    Enrolled,
    Gallery,
    Identity,
    Pass,
    Reason,
    Receipt,
    Recognised,
    Template,
    draft,
)
from custodes.identity.attempts import Attempts, Result, Tally
from custodes.identity.consent import check_current
from custodes.journal import Entry

_DRAFT_NS: Final = 3600 * NS_PER_S
"""How long after it was drafted a consent is for somebody who reads it, nanoseconds."""
_DAY_NS: Final = 86_400 * NS_PER_S


class _AlikeError(PolicyDenied):
    """Somebody is enrolled whose face is too alike."""


class Photos(Protocol):
    """Judges photos and makes templates of them, as `FacePhotos` does."""

    @property
    def model(self) -> str:
        """SHA-256 of the model that makes templates."""
        ...

    def look(self, photo: bytes) -> PhotoLook:
        """Return what a photo is like."""
        ...

    def take(self, photos: Sequence[bytes], threshold: float) -> Taken:
        """Return the template of the person that photos are of."""
        ...


class Desk:
    """`EnrolmentDesk` of a server. Threads may share it.

    Args:
        held: What the server holds about people who enrolled.
        attempts: Counts.
        charters: What cameras may do.
        photos: Judges photos and makes templates.
        clock: Wall time.
    """

    def __init__(
        self,
        held: ServerIdentity,
        attempts: Attempts,
        charters: Charters,
        photos: Photos,
        *,
        clock: Clock,
    ) -> None:
        self._held = held
        self._attempts = attempts
        self._charters = charters
        self._photos = photos
        self._clock = clock

    def offers(self) -> list[Offer]:
        """See `EnrolmentDesk`."""
        found = []
        for camera, charter in sorted(self._charters.by_camera.items()):
            said = charter.recognition
            measured = said is not None and said.capability is not None
            modes = tuple(mode for mode in sorted(said.modes) if self._may(camera, mode)) if said and measured else ()
            if said and modes:
                who, what = charter.controller.name, charter.purpose.statement
                found.append(Offer(camera, modes, who, what, said.alternative))
        return found

    def draft(
        self,
        cameras: Sequence[str],
        modes: Sequence[RecognitionMode],
        *,
        days: int,
        minor: bool,
        guardian: str,
        language: str,
    ) -> Consent:
        """See `EnrolmentDesk`."""
        now_ns = self._clock.utc_ns()
        return draft(
            self._charters,
            [CameraId(camera) for camera in cameras],
            modes,
            given_ns=now_ns,
            expires_ns=now_ns + days * _DAY_NS,
            minor=minor,
            guardian=guardian,
            language=language,
        )

    def look(self, photo: bytes) -> PhotoLook:
        """See `EnrolmentDesk`."""
        return self._photos.look(photo)

    def enrol(
        self, person: DataSubject, consent: Consent, photos: Sequence[bytes], *, by: str = ""
    ) -> Welcome | Refused:
        """See `EnrolmentDesk`."""
        if not LEAST_PHOTOS <= len(photos) <= MOST_PHOTOS:
            raise ConfigError(
                f"{len(photos)} photos were given", fix=f"give {LEAST_PHOTOS} to {MOST_PHOTOS}, better one too many"
            )
        model = self._photos.model
        thresholds = self._checked(consent, model)
        taken = self._photos.take(photos, max(thresholds.values()))
        if taken.template is None:
            return self._refused(consent, taken)
        try:
            alone = partial(self._check_alone, taken.template, consent, model, thresholds)
            enrolled = self._held.enrolments.enrol(person, consent, taken.template, model, by=by, first=alone)
        except _AlikeError:
            self._attempts.count(consent.cameras, Result.TOO_ALIKE)
            return Refused(Result.TOO_ALIKE, _ALIKE, _END_FIRST, taken.looks)
        finally:
            taken.template.wipe()
        return self._welcome(enrolled, taken)

    def give_up(self, cameras: Sequence[str], result: Result) -> None:
        """See `EnrolmentDesk`."""
        offered = {offer.camera for offer in self.offers()}
        if not cameras or not offered.issuperset(cameras):
            raise PolicyDenied("Nobody could be enrolled there", why="a charter does not name recognition")
        self._attempts.count(cameras, result)

    def tallies(self) -> Mapping[str, Tally]:
        """See `EnrolmentDesk`."""
        return {camera: self._attempts.at(camera) for camera in ("", *self._attempts.cameras())}

    def people(self) -> list[Identity]:
        """See `EnrolmentDesk`."""
        return self._held.identities.all()

    def reissue(self, subject: str, old: str, *, by: str = "") -> Welcome:
        """See `EnrolmentDesk`."""
        so_far = Pass.parse(old) if old.strip() else None
        receipt = self._held.enrolments.receipt(subject)
        made: list[Welcome] = []

        def hand(shown: Pass) -> None:
            made.append(Welcome(receipt, shown.png(), enrolment_pdf(Enrolled(receipt, shown))))

        self._held.enrolments.reissue(subject, so_far, hand=hand, by=by)
        return made[0]

    def reissue_with(self, old: str) -> bytes:
        """See `EnrolmentDesk`."""
        if "\n" in old.strip():
            raise IntegrityError("A receipt makes no pass", why="whoever found it would get one", fix=_SHOW_OLD)
        shown, made = Pass.parse(old), list[bytes]()
        subject = self._behind(shown)
        try:
            self._held.enrolments.reissue(subject, shown, hand=lambda new: made.append(new.png()))
        except ConfigError as error:
            raise IntegrityError("Nobody is enrolled by this", why=_NO_MORE) from error
        return made[0]

    def withdraw(self, subject: str, *, by: str = "") -> None:
        """See `EnrolmentDesk`."""
        self._held.enrolments.withdraw(subject, by=by)

    def withdraw_with(self, proof: str) -> None:
        """See `EnrolmentDesk`."""
        try:
            self._held.enrolments.withdraw(self._shown_by(proof))
        except ConfigError as error:
            raise IntegrityError("Nobody is enrolled by this", why=_NO_MORE) from error

    def _shown_by(self, proof: str) -> str:
        if "\n" not in proof.strip():
            return self._behind(Pass.parse(proof))
        lines = [line.rstrip("\r") for line in proof.strip().split("\n")]
        note = "\n".join(lines) + "\n"
        return Receipt.verified(note.encode(), self._held.key.verifier).body.subject

    def _behind(self, shown: Pass) -> str:
        held = self._held.safe.behind(shown)
        if held is None:
            raise IntegrityError("Nobody is enrolled by this", why=_NO_MORE)
        return held.subject

    def _checked(self, consent: Consent, model: str) -> dict[CameraId, float]:
        """Return the threshold of each camera, once it is clear that `consent` holds and that its charters do."""
        now_ns = self._clock.utc_ns()
        check_current(consent, self._charters, now_ns)
        if now_ns - consent.given > _DRAFT_NS:
            raise PolicyDenied(
                "The consent does not hold any more", why="it was drafted over an hour ago", fix="ask once more"
            )
        thresholds = {}
        for camera in map(CameraId, consent.cameras):
            for mode in consent.modes:
                decision = self._charters.decide(Recognise(camera, mode, model), now_ns)
                if not decision.allowed:
                    raise PolicyDenied(
                        f"Nobody can be enrolled at {camera}", why=f"{decision.reason} ({decision.clause})"
                    )
            charter = self._charters.of(camera)
            if charter and charter.recognition and charter.recognition.capability:
                thresholds[camera] = charter.recognition.capability.threshold
        return thresholds

    def _welcome(self, enrolled: Enrolled, taken: Taken) -> Welcome:
        """Return what the person takes home; whoever could not be given it is not enrolled."""
        body = enrolled.receipt.body
        try:
            code = enrolled.shown.png() if enrolled.shown else None
            welcome = Welcome(enrolled.receipt, code, enrolment_pdf(enrolled), taken.looks)
            self._attempts.count(body.consent.cameras, Result.ENROLLED)
        except BaseException:
            self._held.enrolments.withdraw(body.subject)
            raise
        return welcome

    def _refused(self, consent: Consent, taken: Taken) -> Refused:
        result = taken.failure or Result.UNREADABLE
        self._attempts.count(consent.cameras, result)
        if result is Result.DIFFERENT_PEOPLE and taken.odd is not None:
            why = f"the photos do not match each other; photo {taken.odd + 1} is least like the others"
            return Refused(
                result, why, "take all of one person alone, in the same light, one after another", taken.looks
            )
        good = sum(look.good for look in taken.looks)
        why = f"{good} of {len(taken.looks)} photos will do, and it takes {LEAST_PHOTOS}"
        return Refused(result, why, "take the others again, as said", taken.looks)

    def _check_alone(
        self, template: Template, consent: Consent, model: str, thresholds: Mapping[CameraId, float]
    ) -> None:
        if RecognitionMode.IDENTIFY not in consent.modes:
            return
        found = []
        for camera, threshold in thresholds.items():
            gallery = Gallery(self._held.safe, self._charters, clock=self._clock, model=model, threshold=threshold)
            try:
                found.append(gallery.search(template, camera))
            finally:
                gallery.close()
        if Abstained(Reason.UNREADABLE) in found:
            raise StoreError("The templates cannot be read", why="the folder of keys cannot be seen")
        if any(isinstance(one, Recognised) or one == Abstained(Reason.TOO_ALIKE) for one in found):
            raise _AlikeError(_ALIKE)

    def _may(self, camera: CameraId, mode: RecognitionMode) -> bool:
        return self._charters.decide(Recognise(camera, mode), self._clock.utc_ns()).allowed


_NO_MORE: Final = "the pass or receipt is of another server, the enrolment has ended, or there is a newer pass"
_SHOW_OLD: Final = "give the text of the pass so far, or ask whoever enrolled you"
_ALIKE: Final = "somebody is enrolled at one of these cameras whose face is too alike: neither would be recognised"
_END_FIRST: Final = (
    "if it is the same person, end the enrolment there is first; two people who are that alike can be verified "
    "by their passes (mode verify)"
)


@contextmanager
def opened_desk(
    settings: Settings, charters: Charters, clock: Clock, log: Callable[[Entry], object]
) -> Iterator[Desk | None]:
    """Lend the desk of the server of `settings`; None where `identity.keys` is not set.

    Args:
        settings: Of the server.
        charters: What its cameras may do.
        clock: Wall time.
        log: Returns once an entry is durable.

    Raises:
        ConfigError: `identity.keys` lies inside the data folder.
        StoreError: Something cannot be used.
    """
    if settings.identity.keys is None:
        yield None
        return
    with (
        opened_identity(settings, charters, clock, log) as held,
        closing(Attempts.open(settings.folders.identities)) as attempts,
    ):
        yield Desk(held, attempts, charters, FacePhotos(), clock=clock)
