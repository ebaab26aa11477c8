"""Requests for originals under seal: asking, and what custodians need. No route here can return a picture."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from custodes.api.desk import Asked, LoggedRequest, Progress, RequestState, UnsealDesk
from custodes.api.models import Answer, Instant
from custodes.api.permissions import Permission, needs
from custodes.api.persons import CurrentPerson
from custodes.api.problems import not_found, responses
from custodes.api.routes.parameters import ULID, CameraPath, Deps, Moment, Words
from custodes.domain.errors import IntegrityError, PolicyDenied
from custodes.domain.events import CameraId
from custodes.domain.time import to_iso
from custodes.vault.approval import Approval
from custodes.vault.keys import PublicKey
from custodes.vault.manifest import SignedManifest
from custodes.vault.request import LONGEST_VALID_NS

router = APIRouter(prefix="/vault", tags=["vault"])

_NEEDS: Final = [needs(Permission.ORIGINALS)]
_LONGEST_VALID_H: Final = LONGEST_VALID_NS // 3_600_000_000_000


class NewRequest(BaseModel):
    """Which originals are needed, why, and for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: CameraPath = Field(description="Whose originals.")
    start: Moment = Field(description="From when.")
    end: Moment = Field(description="Until when, at most a day later.")
    reason: Words = Field(description="Why they are needed.")
    recipient: Words = Field(description="Who gets them; the charter has to name them.")
    valid_hours: int = Field(
        default=72, ge=1, le=_LONGEST_VALID_H, description="Hours after which nothing is approved or opened any more."
    )
    ceremony: str = Field(max_length=400, description="Public key made for this request, one line.")


class RequestItem(Answer):
    """A request for originals."""

    id: str = Field(description="ULID.")
    camera: str = Field(description="Whose originals.")
    start: Instant = Field(description="From when.")
    end: Instant = Field(description="Until when.")
    reason: str = Field(description="Why they are needed.")
    recipient: str = Field(description="Who gets them.")
    requester: str = Field(description="Who asked.")
    made: Instant = Field(description="When it was asked.")
    valid_until: Instant = Field(description="Its end.")
    leaf: int = Field(description="Its leaf in the log.")
    state: RequestState = Field(description="How far it is.")
    reached: RequestState = Field(description="How far it came, also where it has ended.")
    waits_for: str = Field(description="What it waits for, in words; empty where it is over.")
    needed: int = Field(description="How many custodians it takes.")
    custodians: list[str] = Field(description="Their names.")
    approvals: list[str] = Field(description="Names of those whose approvals were handed in.")
    opened: Instant | None = Field(description="When an opening was handed in.")


class RequestList(Answer):
    """Requests for originals."""

    items: list[RequestItem] = Field(description="Newest first.")


def _desk(deps: Deps) -> UnsealDesk:
    if deps.desk is None:
        raise not_found("vault: vault.keys is not set, so nothing is sealed here")
    return deps.desk


Desk = Annotated[UnsealDesk, Depends(_desk)]


def _kept(desk: Desk, request_id: Annotated[str, Path(description="Id of a request.", pattern=ULID)]) -> LoggedRequest:
    kept = desk.get(request_id)
    if kept is None:
        raise not_found("request")
    return kept


Kept = Annotated[LoggedRequest, Depends(_kept)]
Document = Annotated[dict[str, Any], Body(description="The document, as custodes wrote it.")]


@router.get("/requests", dependencies=_NEEDS, summary="Requests for originals", responses=responses(404))
def requests(desk: Desk) -> RequestList:
    """All requests, newest first."""
    return RequestList(items=_items(desk, desk.all()))


@router.post(
    "/requests",
    dependencies=_NEEDS,
    status_code=201,
    summary="Ask for originals",
    responses=responses(403, 404, 409, 422),
)
def new_request(desk: Desk, body: NewRequest, person: CurrentPerson) -> RequestItem:
    """Log the request and return it. Custodians can approve it once the log's witnesses have seen it."""
    asked = Asked(
        camera=CameraId(body.camera),
        start_ns=body.start,
        end_ns=body.end,
        reason=body.reason,
        recipient=body.recipient,
        valid_s=body.valid_hours * 3600,
        ceremony=body.ceremony,
    )
    try:
        return _items(desk, [desk.ask(asked, person.name)])[0]
    except PolicyDenied as error:
        raise HTTPException(403, error.diagnostics()) from error
    except IntegrityError as error:
        raise HTTPException(409, error.diagnostics()) from error


@router.get(
    "/requests/{request_id}",  # noqa: FAST003
    dependencies=_NEEDS,
    summary="A request with all that custodians need",
    responses=responses(404, 409, 422, 425),
)
def one_request(desk: Desk, kept: Kept) -> dict[str, object]:
    """The request file: the request, the proof that the log has it, and the envelopes, sealed to the custodians.

    425 while the log's witnesses have not seen it, 409 where an hour has expired since.
    """
    try:
        file = desk.file(kept)
    except IntegrityError as error:
        raise HTTPException(409, error.diagnostics()) from error
    if file is None:
        raise HTTPException(425, "The log's witnesses have not seen this request yet; try again in a few seconds")
    document: dict[str, object] = file.model_dump(mode="json")
    return document


@router.post(
    "/requests/{request_id}/{kind}",  # noqa: FAST003
    dependencies=_NEEDS,
    status_code=204,
    summary="Have an approval or an opening logged",
    responses=responses(404, 409, 422),
)
def note(
    desk: Desk,
    kept: Kept,
    kind: Annotated[Literal["approvals", "openings"], Path(description="What is handed in.")],
    body: Document,
) -> None:
    """Log that a custodian approved, by the approval, or that originals were opened, by the export's signed manifest.

    The shares in an approval are not kept: they go from custodian to requester.
    """
    data = json.dumps(body).encode()
    try:
        if kind == "approvals":
            desk.note_approval(kept, Approval.parse(data, "The approval"))
        else:
            desk.note_opening(kept, SignedManifest.parse(data, "The manifest"))
    except IntegrityError as error:
        raise HTTPException(409, error.diagnostics()) from error


def _items(desk: UnsealDesk, requests: Sequence[LoggedRequest]) -> list[RequestItem]:
    return [_item(kept, progress) for kept, progress in zip(requests, desk.progress(requests), strict=True)]


def _item(kept: LoggedRequest, progress: Progress) -> RequestItem:
    request = kept.request
    custodians = [PublicKey.parse(line).name for line in request.custodians]
    return RequestItem(
        id=request.id,
        camera=request.camera,
        start=to_iso(request.start),
        end=to_iso(request.end),
        reason=request.reason,
        recipient=request.recipient,
        requester=request.requester,
        made=to_iso(request.made),
        valid_until=to_iso(request.valid_until),
        leaf=kept.index,
        state=progress.state,
        reached=progress.reached,
        waits_for=_waits_for(progress, request.needed, request.requester),
        needed=request.needed,
        custodians=custodians,
        approvals=list(progress.approvals),
        opened=None if progress.opened_ns is None else to_iso(progress.opened_ns),
    )


def _waits_for(progress: Progress, needed: int, requester: str) -> str:
    missing = needed - len(progress.approvals)
    return {
        RequestState.REQUESTED: "Waits for the log's witnesses to see it.",
        RequestState.COSIGNED: f"Waits for {missing} more custodian{'s' if missing > 1 else ''} to approve.",
        RequestState.APPROVED: f"Waits for {requester} to open it and hand in the manifest.",
    }.get(progress.state, "")
