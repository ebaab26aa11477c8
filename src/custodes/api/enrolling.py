"""What the desk at which people enrol does: a protocol, since whatever looks at photos is out of the API's reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from custodes.charter import RecognitionMode
from custodes.domain.events import CameraId
from custodes.identity import Consent, DataSubject, Identity, Receipt
from custodes.identity.attempts import Result, Tally

LEAST_PHOTOS: Final = 3
"""Good photos that a template is made of at least. On the ORL faces, scores of the same and of different people are 7.3
standard deviations apart with one photo, 8.6 with two, 9.1 with three, 9.5 with four and 9.7 with five."""
MOST_PHOTOS: Final = 6
"""Photos that are taken at once at most."""
LARGEST_PHOTO: Final = 16 << 20
"""Bytes of the largest photo that is taken."""


@dataclass(frozen=True, slots=True)
class PhotoLook:
    """What a photo is like.

    Attributes:
        flaws: Why it will not do, the first to change first; empty if it will.
        advice: What to change, one sentence for each flaw.
    """

    flaws: tuple[Result, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it will do."""
        return not self.flaws


@dataclass(frozen=True, slots=True)
class Offer:
    """A camera at which people may be recognised.

    Attributes:
        camera: Its id.
        modes: In which ways.
        controller: Who answers for it.
        purpose: What for.
        alternative: How whoever does not agree gets the same.
    """

    camera: CameraId
    modes: tuple[RecognitionMode, ...]
    controller: str
    purpose: str
    alternative: str


@dataclass(frozen=True, slots=True, repr=False)
class Welcome:
    """What somebody who has enrolled, or has a new pass, takes home; the pass is nowhere else.

    Attributes:
        receipt: Of the consent.
        pass_png: QR code of the pass; None where the consent is not to verification.
        paper: Pass and receipt for printing, PDF.
        photos: What each photo was like; empty with a new pass.
    """

    receipt: Receipt
    pass_png: bytes | None
    paper: bytes
    photos: tuple[PhotoLook, ...] = ()

    def __repr__(self) -> str:
        return "Welcome()"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody was enrolled.

    Attributes:
        result: Why, as it is counted.
        why: Why, in words.
        fix: What to do.
        photos: What each photo was like.
    """

    result: Result
    why: str
    fix: str
    photos: tuple[PhotoLook, ...]


class EnrolmentDesk(Protocol):
    """Enrols people, and ends enrolments. Thread-safe; any call may block, and raise `StoreError`."""

    def offers(self) -> Sequence[Offer]:
        """Return the cameras at which people may be recognised now, in order."""
        ...

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
        """Return what somebody would agree to; it is for an hour.

        Raises:
            ConfigError: The cameras need consents of their own, or there is no such language.
            IntegrityError: It is not possible, such as for a minor without a guardian.
            PolicyDenied: A charter does not name this recognition.
        """
        ...

    def look(self, photo: bytes) -> PhotoLook:
        """Return what a photo is like. No template is made.

        Raises:
            ModelError: It cannot be looked at.
        """
        ...

    def enrol(self, person: DataSubject, consent: Consent, photos: Sequence[bytes], *, by: str) -> Welcome | Refused:
        """Enrol `person`, who agreed to `consent`, from photos of the person alone, and count the attempt.

        Args:
            person: Name and contact.
            consent: As drafted.
            photos: `LEAST_PHOTOS` to `MOST_PHOTOS` files.
            by: Account of whoever sits at the desk, for the log; may be empty.

        Raises:
            ConfigError: The consent is to something else than today's, or there are too few or too many photos.
            ModelError: The photos cannot be looked at.
            PolicyDenied: The consent does not hold (any more), or a charter does not name this recognition.
        """
        ...

    def give_up(self, cameras: Sequence[str], result: Result) -> None:
        """Count somebody of whom there was no good photo, whatever was tried.

        Raises:
            PolicyDenied: Nobody may be recognised at one of `cameras`.
        """
        ...

    def tallies(self) -> Mapping[str, Tally]:
        """Return attempts to enrol by camera, those of all cameras together under an empty name."""
        ...

    def people(self) -> Sequence[Identity]:
        """Return who is enrolled, in order of enrolment."""
        ...

    def reissue(self, subject: str, old: str, *, by: str) -> Welcome:
        """Make a new pass for somebody; the one so far is worth nothing from then on.

        Args:
            subject: Whose.
            old: Text of the pass so far; may be empty where the person agreed to be recognised without a pass too.
            by: As for `enrol`.

        Raises:
            ConfigError: Nobody has this number.
            IntegrityError: `old` is no pass.
            PolicyDenied: The consent is not to verification, or has ended, or there is no way to the template.
        """
        ...

    def reissue_with(self, old: str) -> bytes:
        """Make a new pass for whoever holds one; that one is worth nothing from then on.

        Args:
            old: Text of the pass so far. A receipt does not do: it would get a pass to whoever found it.

        Returns:
            QR code of the new pass, PNG.

        Raises:
            IntegrityError: It is no pass, or of nobody who is enrolled.
            PolicyDenied: The consent has ended.
        """
        ...

    def withdraw(self, subject: str, *, by: str) -> None:
        """End an enrolment at once.

        Args:
            subject: Whose.
            by: As for `enrol`.

        Raises:
            ConfigError: Nobody has this number.
        """
        ...

    def withdraw_with(self, proof: str) -> None:
        """End the enrolment of whoever holds `proof`, which is the text of a pass or a whole receipt.

        Raises:
            IntegrityError: It is neither, or of nobody who is enrolled.
        """
        ...
