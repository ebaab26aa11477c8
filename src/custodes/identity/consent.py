"""Consent: who may recognise a person, at which cameras, in which way, for what, and until when. Pure."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from custodes.charter import Charter, Charters, Recognise, RecognitionMode
from custodes.domain.errors import ConfigError, PolicyDenied
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, to_iso
from custodes.identity.wording import ENGLISH, is_known, wording, wording_of
from custodes.vault.documents import Camera, Digest, Document, Moment, Name

LONGEST_NS: Final = 731 * 86_400 * NS_PER_S
"""From consent to its end at most, nanoseconds: two years, as long as a charter may hold without a review."""
MOST_CAMERAS: Final = 50
"""Cameras that one consent may name."""

SubjectId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Names one enrolment: 16 random bytes, hexadecimal. Never a name."""
Modes = Annotated[tuple[RecognitionMode, ...], Field(min_length=1, max_length=len(RecognitionMode))]
Cameras = Annotated[tuple[Camera, ...], Field(min_length=1, max_length=MOST_CAMERAS)]


def moment(utc_ns: int) -> str:
    """Return a time, nanoseconds since the Unix epoch, as people read it: to the minute, UTC.

    >>> moment(1_767_268_800_000_000_000)
    '2026-01-01 12:00 UTC'
    """
    return f"{to_iso(utc_ns)[:16].replace('T', ' ')} UTC"


def new_subject() -> str:
    """Return the random id of a new enrolment."""
    return secrets.token_hex(16)


class DataSubject(Document):
    """Who enrols, as far as that has to be known.

    Attributes:
        name: Of the person.
        contact: How to reach the person, or the guardian of a minor.
    """

    name: Name
    contact: Name

    def __repr__(self) -> str:
        return "DataSubject()"

    __str__ = __repr__


class Consent(Document):
    """What was agreed to. A date of birth is not kept: only whether the person is a minor.

    Attributes:
        v: Version of the format.
        kind: What it is.
        text: SHA-256 of the text that was agreed to.
        controller: Who answers for the cameras.
        contact: Where people reach the controller.
        purpose: What for.
        cameras: At which cameras, in order.
        modes: In which ways, in order.
        alternative: How whoever does not agree gets the same.
        given: When it was given.
        expires: When it ends by itself.
        minor: Whether the person is a minor.
        guardian: Who agreed for the minor, or where the proof of it is; empty for others.
    """

    v: Literal[1] = 1
    kind: Literal["custodes consent"] = "custodes consent"
    text: Digest
    controller: Name
    contact: Name
    purpose: Annotated[str, Field(min_length=1, max_length=2000)]
    cameras: Cameras
    modes: Modes
    alternative: Annotated[str, Field(min_length=1, max_length=2000)]
    given: Moment
    expires: Moment
    minor: bool
    guardian: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if list(self.cameras) != sorted(set(self.cameras)) or list(self.modes) != sorted(set(self.modes)):
            msg = "cameras and modes have to be in order, each once"
            raise ValueError(msg)
        if not 0 < self.expires - self.given <= LONGEST_NS:
            msg = "it has to end, two years after it was given at the latest"
            raise ValueError(msg)
        if self.minor and not self.guardian.strip():
            msg = "a minor needs the consent of a guardian"
            raise ValueError(msg)
        if self.guardian and not self.minor:
            msg = "nobody else consents for an adult"
            raise ValueError(msg)
        return self

    def holds(self, now_ns: int) -> bool:
        """Return whether it has been given and has not ended at `now_ns`, nanoseconds since the Unix epoch."""
        return self.given <= now_ns < self.expires

    def words(self) -> str:
        """Return the text that was agreed to, filled in, in the language in which it was.

        Raises:
            IntegrityError: Its version is not among those known here.
        """
        said = wording_of(self.text)
        return said.text.format(
            controller=self.controller,
            contact=self.contact,
            purpose=self.purpose,
            cameras=", ".join(self.cameras),
            modes="; ".join(said.modes[mode] for mode in self.modes),
            expires=moment(self.expires),
            guardian=said.guardian.format(guardian=self.guardian) if self.minor else "",
            alternative=self.alternative,
        )

    def __repr__(self) -> str:
        return "Consent()"

    __str__ = __repr__


def draft(
    charters: Charters,
    cameras: Iterable[CameraId],
    modes: Iterable[RecognitionMode],
    *,
    given_ns: int,
    expires_ns: int,
    minor: bool,
    guardian: str = "",
    language: str = ENGLISH,
) -> Consent:
    """Return the consent that the charters of `cameras` ask for: controller, purpose and alternative are theirs.

    Args:
        charters: Of the cameras.
        cameras: Where the person is to be recognised.
        modes: In which ways.
        given_ns: Now, nanoseconds since the Unix epoch; rounded to milliseconds.
        expires_ns: Its end.
        minor: Whether the person is a minor.
        guardian: Who agrees for a minor.
        language: Of the text that is agreed to, a tag such as `sr-Cyrl`.

    Raises:
        ConfigError: The cameras are for different purposes or controllers, so each needs a consent of its own; or there
            is no such language.
        IntegrityError: A field is not possible, such as a minor without a guardian.
        PolicyDenied: A charter does not name this recognition.
    """
    wanted, ways = sorted(set(cameras)), tuple(sorted(set(modes)))
    if not wanted:
        raise ConfigError("no camera was named", fix="name those at which the person is to be recognised")
    check_chartered(charters, wanted, ways, given_ns)
    said = {_said(charter) for camera in wanted if (charter := charters.of(camera))}
    if len(said) > 1:
        raise ConfigError(
            f"one consent cannot cover {', '.join(wanted)}",
            why="their charters differ in controller, purpose or alternative",
            fix="ask for a consent for each purpose",
        )
    controller, contact, purpose, alternative = said.pop()
    fields = {
        "text": wording(language).version, "controller": controller, "contact": contact, "purpose": purpose,
        "cameras": tuple(wanted), "modes": ways, "alternative": alternative, "given": given_ns, "expires": expires_ns,
        "minor": minor, "guardian": guardian,
    }  # fmt: skip
    return Consent.build(fields, "This consent")


def check_chartered(charters: Charters, cameras: Sequence[str], modes: Iterable[RecognitionMode], now_ns: int) -> None:
    """Check that the charter of each of `cameras` names each of `modes` at `now_ns`.

    Raises:
        PolicyDenied: One does not.
    """
    for camera in cameras:
        for mode in modes:
            decision = charters.decide(Recognise(CameraId(camera), mode), now_ns)
            if not decision.allowed:
                raise PolicyDenied(
                    f"Nobody may be recognised at {camera} by {mode}", why=f"{decision.reason} ({decision.clause})"
                )


def check_current(consent: Consent, charters: Charters, now_ns: int) -> None:
    """Check that `consent` holds at `now_ns`, to today's text, and says what the charters say.

    Raises:
        ConfigError: It is to another text, or to another controller, purpose or alternative.
        PolicyDenied: It does not hold, or a charter does not name this recognition.
    """
    if not consent.holds(now_ns):
        raise PolicyDenied("The consent does not hold", why="it has ended, or begins later")
    check_chartered(charters, consent.cameras, consent.modes, now_ns)
    asked = {_said(charter) for camera in consent.cameras if (charter := charters.of(CameraId(camera)))}
    given = consent.controller, consent.contact, consent.purpose, consent.alternative
    if not is_known(consent.text) or asked != {given}:
        raise ConfigError(
            "The consent is to something else",
            why="its text, controller, purpose or alternative is not what the charters say",
            fix="ask anew, with today's text",
        )


def _said(charter: Charter) -> tuple[str, str, str, str]:
    alternative = charter.recognition.alternative if charter.recognition else ""
    said = charter.controller.name, charter.controller.contact, charter.purpose.statement, alternative
    name, contact, purpose, other = (" ".join(text.split()) for text in said)
    return name, contact, purpose, other
