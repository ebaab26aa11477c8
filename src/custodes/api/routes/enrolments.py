"""The desk at which people enrol. Photos are looked at in memory and never kept."""

import json
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from custodes.api.enrolling import (
    LARGEST_PHOTO,
    LEAST_PHOTOS,
    MOST_PHOTOS,
    Offer,
    PhotoLook,
    Refused,
    Welcome,
)
from custodes.api.models import Answer, Instant
from custodes.api.permissions import Permission, needs
from custodes.api.persons import CurrentPerson
from custodes.api.problems import responses
from custodes.api.routes.parameters import CameraPath, Deps, Desk
from custodes.charter import RecognitionMode
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.time import to_iso
from custodes.identity import Consent, DataSubject, Identity, languages
from custodes.identity.attempts import FAILURES, Result, Tally
from custodes.identity.consent import SubjectId
from custodes.vault.documents import from_base64, to_base64

router = APIRouter(tags=["enrolment"])

_NEEDS: Final = [needs(Permission.ENROLMENT)]
_LONGEST_PASS: Final = 200
_LONGEST_BASE64: Final = -(-LARGEST_PHOTO // 3) * 4

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Cameras = Annotated[list[CameraPath], Field(min_length=1, max_length=50)]
Modes = Annotated[list[RecognitionMode], Field(min_length=1, max_length=2)]
Photo = Annotated[
    bytes,
    BeforeValidator(lambda text: from_base64(str(text)[: _LONGEST_BASE64 + 1])),
    WithJsonSchema({"type": "string", "format": "byte", "maxLength": _LONGEST_BASE64}),
]
Failure = Annotated[Result, WithJsonSchema({"type": "string", "enum": [result.value for result in FAILURES]})]


class OfferItem(Answer):
    """A camera at which people may be recognised."""

    camera: str = Field(description="Its id.")
    name: str = Field(description="Its name for people.")
    modes: tuple[RecognitionMode, ...] = Field(description="In which ways.")
    controller: str = Field(description="Who answers for it.")
    purpose: str = Field(description="What for.")
    alternative: str = Field(description="How whoever does not agree gets the same.")

    @classmethod
    def of(cls, offer: Offer, name: str) -> Self:
        """Return `offer` as the API shows it."""
        return cls(
            camera=offer.camera,
            name=name,
            modes=offer.modes,
            controller=offer.controller,
            purpose=offer.purpose,
            alternative=offer.alternative,
        )


class OfferList(Answer):
    """What people can enrol for, and what it takes."""

    items: list[OfferItem] = Field(description="Cameras, in order of their ids.")
    languages: tuple[str, ...] = Field(description="Languages of the text, BCP 47.")
    least_photos: int = Field(description="Good photos that it takes.")
    most_photos: int = Field(description="Photos that are taken at once.")
    largest_photo: int = Field(description="Bytes of the largest photo that is taken.")


class NewDraft(BaseModel):
    """Where and how somebody wants to be recognised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: Cameras = Field(description="At which cameras.")
    modes: Modes = Field(description="In which ways.")
    days: int = Field(default=365, ge=1, le=731, description="Days until the consent ends by itself.")
    minor: bool = Field(default=False, description="Whether the person is a minor.")
    guardian: str = Field(default="", max_length=200, description="Who agrees for a minor; empty for others.")
    language: str = Field(default="en", max_length=20, description="Language of the text.")


class Draft(Answer):
    """What somebody would agree to."""

    consent: dict[str, Any] = Field(description="For `POST /enrolments`, as it is, within an hour.")
    text: str = Field(description="The text to be read.")
    version: str = Field(description="SHA-256 of the text before it was filled in.")


class Look(Answer):
    """What a photo is like."""

    good: bool = Field(description="Whether it will do.")
    flaws: tuple[Result, ...] = Field(description="Why not, the first to change first.")
    advice: tuple[str, ...] = Field(description="What to change, a sentence for each.")

    @classmethod
    def of(cls, look: PhotoLook) -> Self:
        """Return `look` as the API shows it."""
        return cls(good=look.good, flaws=look.flaws, advice=look.advice)


class NewEnrolment(BaseModel):
    """Somebody who agreed, and photos of that person alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Line = Field(description="Name of the person.")
    contact: Line = Field(description="How to reach the person, or the guardian of a minor.")
    consent: dict[str, Any] = Field(description="The draft that the person has read and agreed to.")
    photos: list[Photo] = Field(min_length=LEAST_PHOTOS, max_length=MOST_PHOTOS, description="Photos, in base64.")


class Enrolled(Answer):
    """What the person takes home; the server does not keep the pass."""

    number: str = Field(description="Random number of the enrolment.")
    receipt: str = Field(description="The signed receipt, text.")
    paper: str = Field(description="Pass and receipt for printing, PDF, in base64.")
    pass_png: str | None = Field(description="QR code of the pass, PNG, in base64; null where none is needed.")
    photos: list[Look] = Field(description="What each photo was like; empty with a new pass.")

    @classmethod
    def of(cls, welcome: Welcome) -> Self:
        """Return `welcome` as the API shows it."""
        return cls(
            number=welcome.receipt.body.subject,
            receipt=welcome.receipt.note.decode("utf-8"),
            paper=to_base64(welcome.paper),
            pass_png=to_base64(welcome.pass_png) if welcome.pass_png else None,
            photos=[Look.of(look) for look in welcome.photos],
        )


class EnrolmentItem(Answer):
    """Somebody who is enrolled."""

    number: str = Field(description="Random number of the enrolment.")
    name: str = Field(description="Name of the person.")
    contact: str = Field(description="How to reach the person, or the guardian.")
    minor: bool = Field(description="Whether a guardian agreed.")
    cameras: tuple[str, ...] = Field(description="At which cameras.")
    modes: tuple[RecognitionMode, ...] = Field(description="In which ways.")
    enrolled: Instant = Field(description="When.")
    until: Instant = Field(description="When the consent ends by itself.")

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """Return `identity` as the API shows it."""
        person, consent = identity.person, identity.consent
        return cls(
            number=identity.subject,
            name=person.name,
            contact=person.contact,
            minor=consent.minor,
            cameras=consent.cameras,
            modes=consent.modes,
            enrolled=to_iso(identity.enrolled_ns),
            until=to_iso(consent.expires),
        )


class EnrolmentList(Answer):
    """Everybody who is enrolled."""

    items: list[EnrolmentItem] = Field(description="In order of enrolment.")


class NewFailure(BaseModel):
    """Somebody of whom there was no good photo, whatever was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: Cameras = Field(description="Where the person wanted to be recognised.")
    reason: Failure = Field(description="What was wrong with the photos.")


class TallyItem(Answer):
    """Attempts to enrol."""

    camera: str = Field(description="Where; empty for all together.")
    attempts: int = Field(description="Attempts; the failure-to-enrol rate (FTE) is the share that failed.")
    failed: int = Field(description="Failures to enrol.")
    results: dict[Result, int] = Field(description="How often there was each result.")

    @classmethod
    def of(cls, camera: str, tally: Tally) -> Self:
        """Return `tally` as the API shows it."""
        return cls(camera=camera, attempts=tally.attempts, failed=tally.failed, results=dict(tally.times))


class TallyList(Answer):
    """Attempts to enrol, counted."""

    items: list[TallyItem] = Field(description="All together first, then by camera.")


class OldPass(BaseModel):
    """The pass so far of somebody at the desk."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    old: str = Field(
        default="",
        max_length=_LONGEST_PASS,
        description="What the code on the pass so far says; may be empty where the person agreed to `identify` too.",
    )


Subject = Annotated[SubjectId, Path(description="Random number of an enrolment.")]


@router.get("/enrolments/offers", dependencies=_NEEDS, summary="What people can enrol for", responses=responses(404))
def offers(desk: Desk, deps: Deps) -> OfferList:
    """The cameras whose charters name recognition, the languages, and how many photos it takes."""
    names = {camera: info.name for camera, info in deps.cameras.items()}
    return OfferList(
        items=[OfferItem.of(offer, names.get(offer.camera, offer.camera)) for offer in desk.offers()],
        languages=languages(),
        least_photos=LEAST_PHOTOS,
        most_photos=MOST_PHOTOS,
        largest_photo=LARGEST_PHOTO,
    )


@router.post(
    "/enrolments/drafts",
    dependencies=_NEEDS,
    summary="What somebody would agree to",
    responses=responses(403, 404, 422),
)
def new_draft(desk: Desk, body: NewDraft) -> Draft:
    """The text to be read before anything else, filled in from the charters. Nothing is kept."""
    try:
        consent = desk.draft(
            body.cameras,
            body.modes,
            days=body.days,
            minor=body.minor,
            guardian=body.guardian,
            language=body.language,
        )
    except (ConfigError, IntegrityError) as error:
        raise HTTPException(422, error.diagnostics()) from error
    return Draft(consent=consent.model_dump(mode="json"), text=consent.words(), version=consent.text)


@router.post(
    "/enrolments/photos",
    dependencies=_NEEDS,
    summary="Whether a photo will do",
    responses=responses(404, 413),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def look(desk: Desk, request: Request) -> Look:
    """Whether the photo in the body will do, and what to change. No template is made, and nothing is kept."""
    photo = await request.body()
    return Look.of(await run_in_threadpool(desk.look, photo))


@router.post(
    "/enrolments",
    dependencies=_NEEDS,
    status_code=201,
    summary="Enrol somebody",
    responses=responses(403, 404, 409, 413, 422),
)
def new_enrolment(desk: Desk, body: NewEnrolment, person: CurrentPerson) -> Enrolled:
    """Make a template of the photos, enrol the person, and return receipt and pass, once. Photos are not kept.

    422 where the photos will not do, with what to change; 409 where the consent is to something else than today's, or
    somebody too alike is enrolled.
    """
    try:
        consent = Consent.parse(json.dumps(body.consent).encode(), "The consent")
        who = DataSubject(name=body.name, contact=body.contact)
        answer = desk.enrol(who, consent, body.photos, by=person.name)
    except IntegrityError as error:
        raise HTTPException(422, error.diagnostics()) from error
    except ConfigError as error:
        raise HTTPException(409, error.diagnostics()) from error
    if isinstance(answer, Refused):
        raise HTTPException(409 if answer.result is Result.TOO_ALIKE else 422, _told(answer))
    return Enrolled.of(answer)


@router.get("/enrolments", dependencies=_NEEDS, summary="Who is enrolled", responses=responses(404))
def enrolments(desk: Desk) -> EnrolmentList:
    """Everybody who is enrolled, without templates."""
    return EnrolmentList(items=[EnrolmentItem.of(identity) for identity in desk.people()])


@router.post(
    "/enrolments/{subject}/pass",
    dependencies=_NEEDS,
    status_code=201,
    summary="Make a new pass for somebody",
    responses=responses(403, 404, 422),
)
def new_pass(desk: Desk, subject: Subject, body: OldPass, person: CurrentPerson) -> Enrolled:
    """Make a new pass, and return it with the receipt, once. The pass so far is worth nothing from then on.

    403 where only the pass so far opens the template, and it was not given: the person has to enrol anew.
    """
    try:
        return Enrolled.of(desk.reissue(subject, body.old, by=person.name))
    except IntegrityError as error:
        raise HTTPException(422, error.diagnostics()) from error
    except ConfigError as error:
        raise HTTPException(404, error.diagnostics()) from error


@router.delete(
    "/enrolments/{subject}",
    dependencies=_NEEDS,
    status_code=204,
    summary="Withdraw for somebody",
    responses=responses(404, 422),
)
def withdraw(desk: Desk, subject: Subject, person: CurrentPerson) -> None:
    """End an enrolment at once and for good: key destroyed, template, pass, name, contact and consent deleted."""
    try:
        desk.withdraw(subject, by=person.name)
    except ConfigError as error:
        raise HTTPException(404, error.diagnostics()) from error


@router.post(
    "/enrolments/failures",
    dependencies=_NEEDS,
    status_code=204,
    summary="Count a failure to enrol",
    responses=responses(403, 404, 422),
)
def new_failure(desk: Desk, body: NewFailure) -> None:
    """Count somebody of whom there was no good photo, whatever was tried. Nothing about the person is kept."""
    if body.reason not in FAILURES:
        raise HTTPException(422, "reason: it is no failure to enrol")
    desk.give_up(body.cameras, body.reason)


@router.get("/enrolments/figures", dependencies=_NEEDS, summary="How often enrolling fails", responses=responses(404))
def figures(desk: Desk) -> TallyList:
    """Attempts to enrol by result: counts of attempts, and nothing about anybody."""
    return TallyList(items=[TallyItem.of(camera, tally) for camera, tally in desk.tallies().items()])


def _told(refused: Refused) -> str:
    photos = "; ".join(
        f"photo {number}: {', '.join(look.advice)}" for number, look in enumerate(refused.photos, 1) if look.advice
    )
    text = f"Nobody is enrolled, because {refused.why}. {refused.fix[0].upper()}{refused.fix[1:]}."
    return f"{text} {photos[0].upper()}{photos[1:]}." if photos else text
