"""What is to somebody's disadvantage: proposed by one person, taken only once two have confirmed it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from custodes.api.adverse import AdverseDesk, Proposal
from custodes.api.models import Answer, Instant
from custodes.api.permissions import Permission, needs
from custodes.api.persons import CurrentPerson
from custodes.api.problems import not_found, responses
from custodes.api.routes.parameters import ULID, CameraPath, Deps, Words
from custodes.domain.events import CameraId
from custodes.domain.time import to_iso
from custodes.identity import State
from custodes.identity.consent import SubjectId

router = APIRouter(prefix="/adverse-actions", tags=["adverse actions"])

_NEEDS: Final = [needs(Permission.DECIDE)]
_S_PER_MINUTE: Final = 60


class NewProposal(BaseModel):
    """What is proposed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: CameraPath = Field(description="At which camera the person was recognised, or not.")
    what: Words = Field(description="What would be done, in words.")
    subject: SubjectId | None = Field(default=None, description="Random number of the person's enrolment, if any.")
    valid_minutes: int = Field(default=15, ge=1, le=1440, description="Minutes after which the proposal lapses.")
    lasts_minutes: int = Field(
        default=1440, ge=1, le=43_200, description="For how many minutes it is done once it is confirmed."
    )


class ProposalItem(Answer):
    """Something to somebody's disadvantage, and how far it is."""

    id: str = Field(description="ULID.")
    camera: str = Field(description="At which camera the person was recognised, or not.")
    what: str = Field(description="What would be done, in words.")
    subject: str | None = Field(description="Random number of the person's enrolment; null where there is none.")
    made: Instant = Field(description="When it was proposed.")
    valid_until: Instant = Field(description="When it lapses.")
    lasts_minutes: int = Field(description="For how many minutes it is done once it is confirmed.")
    state: State = Field(description="It may be taken only where this is `confirmed`.")
    confirmed_by: tuple[str, ...] = Field(description="Accounts of those who confirmed.")
    refused_by: str | None = Field(description="Account of who refused; null while nobody has.")


class ProposalList(Answer):
    """Proposals."""

    items: list[ProposalItem] = Field(description="Newest first.")


def _desk(deps: Deps) -> AdverseDesk:
    if deps.adverse is None:
        raise not_found("adverse action: nobody can be recognised here")
    return deps.adverse


Desk = Annotated[AdverseDesk, Depends(_desk)]


def _proposal(desk: Desk, proposal_id: Annotated[str, Path(description="Id of a proposal.", pattern=ULID)]) -> Proposal:
    proposal = desk.get(proposal_id)
    if proposal is None:
        raise not_found("proposal")
    return proposal


Known = Annotated[Proposal, Depends(_proposal)]


@router.get("", dependencies=_NEEDS, summary="Adverse actions", responses=responses(404))
def proposals(desk: Desk, deps: Deps) -> ProposalList:
    """What was proposed in the last day, newest first."""
    return ProposalList(items=[_item(one, deps.clock.utc_ns()) for one in desk.all()])


@router.post("", dependencies=_NEEDS, status_code=201, summary="Propose one", responses=responses(403, 404, 422))
def propose(desk: Desk, deps: Deps, body: NewProposal, person: CurrentPerson) -> ProposalItem:
    """Propose something to somebody's disadvantage; two people with accounts have to confirm it first."""
    if CameraId(body.camera) not in deps.cameras:
        raise not_found("camera")
    made = desk.propose(
        CameraId(body.camera),
        body.what,
        person,
        subject=body.subject or "",
        valid_s=body.valid_minutes * _S_PER_MINUTE,
        lasts_s=body.lasts_minutes * _S_PER_MINUTE,
    )
    return _item(made, deps.clock.utc_ns())


@router.post(
    "/{proposal_id}/confirmations",  # noqa: FAST003
    dependencies=_NEEDS,
    summary="Confirm one",
    responses=responses(403, 404, 422),
)
def confirm(desk: Desk, deps: Deps, proposal: Known, person: CurrentPerson) -> ProposalItem:
    """Confirm it, having looked at it yourself. The second one who does makes it `confirmed`."""
    return _item(desk.confirm(proposal, person), deps.clock.utc_ns())


@router.post(
    "/{proposal_id}/refusals",  # noqa: FAST003
    dependencies=_NEEDS,
    summary="Refuse one",
    responses=responses(403, 404, 422),
)
def refuse(desk: Desk, deps: Deps, proposal: Known, person: CurrentPerson) -> ProposalItem:
    """Refuse it, which ends it."""
    return _item(desk.refuse(proposal, person), deps.clock.utc_ns())


def _item(proposal: Proposal, now_ns: int) -> ProposalItem:
    action = proposal.action
    return ProposalItem(
        id=proposal.proposal_id,
        camera=proposal.camera,
        what=action.what,
        subject=proposal.subject or None,
        made=to_iso(proposal.made_ns),
        valid_until=to_iso(action.until_ns),
        lasts_minutes=proposal.lasts_s // _S_PER_MINUTE,
        state=action.state(now_ns),
        confirmed_by=action.confirmed_by,
        refused_by=action.refused_by or None,
    )
