"""What people who enrolled do themselves, without a login: a new pass, and the way out."""

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from custodes.api.models import Answer
from custodes.api.permissions import Permission, needs
from custodes.api.problems import responses
from custodes.api.routes.parameters import Desk
from custodes.domain.errors import IntegrityError
from custodes.vault.documents import to_base64

router = APIRouter(tags=["enrolment"])

_LONGEST_PROOF: Final = 20_000


class OwnPass(BaseModel):
    """The pass so far of whoever asks."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    old: str = Field(
        min_length=1, max_length=_LONGEST_PROOF, description="What the code on the pass so far says; no receipt."
    )


class NewPass(Answer):
    """A new pass; the server does not keep it."""

    pass_png: str = Field(description="QR code of the pass, PNG, in base64.")


class Withdrawal(BaseModel):
    """What shows whose consent it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    proof: str = Field(
        min_length=1, max_length=_LONGEST_PROOF, description="The whole receipt, or what the code on the pass says."
    )


@router.post(
    "/withdrawals",
    dependencies=[needs(Permission.NOTHING)],
    status_code=204,
    summary="Withdraw one's own consent",
    responses=responses(404, 413, 422),
)
def withdraw_oneself(desk: Desk, body: Withdrawal) -> None:
    """End the enrolment of whoever holds its receipt or its pass, at once and for good, without a login."""
    try:
        desk.withdraw_with(body.proof)
    except IntegrityError as error:
        raise HTTPException(422, error.diagnostics()) from error


@router.post(
    "/passes",
    dependencies=[needs(Permission.NOTHING)],
    status_code=201,
    summary="Make oneself a new pass",
    responses=responses(403, 404, 413, 422),
)
def new_pass_for_oneself(desk: Desk, body: OwnPass) -> NewPass:
    """Make a new pass for whoever holds one, without a login, and return it once. The one so far is worth nothing then.

    A receipt is not enough: it ends an enrolment, and must not get a pass to whoever found it.
    """
    try:
        return NewPass(pass_png=to_base64(desk.reissue_with(body.old)))
    except IntegrityError as error:
        raise HTTPException(422, error.diagnostics()) from error
