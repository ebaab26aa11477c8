"""Logging in and out, and who one is."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from custodes.api.accounts import LONGEST_NAME
from custodes.api.guard import check_password, session_token
from custodes.api.models import Answer
from custodes.api.permissions import GRANTS, Permission, needs
from custodes.api.persons import CurrentPerson
from custodes.api.problems import responses
from custodes.api.routes.parameters import Deps
from custodes.api.sessions import COOKIE, Gatekeeper
from custodes.domain.persons import PersonKind, Role

router = APIRouter(prefix="/session", tags=["session"])

_S_PER_HOUR: Final = 3600


class Login(BaseModel):
    """What proves who somebody is."""

    name: str = Field(description="Name of the account.", min_length=1, max_length=LONGEST_NAME)
    password: str = Field(description="Its password.", min_length=1, max_length=1024)


class Me(Answer):
    """Who one is to this server."""

    name: str = Field(description="Name of the account, `local` on a server that has none.")
    kind: PersonKind = Field(description="How the server knows: by account, by API token, or as `local`.")
    role: Role = Field(description="What one is here for.")
    permissions: list[Permission] = Field(description="What one may do here, in order of names.")


@router.get("", summary="Who one is", dependencies=[needs(Permission.LOGIN)], responses=responses(401))
async def me(person: CurrentPerson, deps: Deps) -> Me:
    """The person that the session, the password or the token of the request belongs to, and what that person may do."""
    granted = GRANTS[person.role] - ({Permission.ENROLMENT} if deps.enrolment is None else set())
    return Me(name=person.name, kind=person.kind, role=person.role, permissions=sorted(granted))


@router.post(
    "",
    status_code=204,
    summary="Log in",
    dependencies=[needs(Permission.NOTHING)],
    responses=responses(401, 422, 429),
    response_class=Response,
)
async def log_in(request: Request, login: Login, deps: Deps) -> Response:
    """Exchange name and password for a session cookie.

    Wrong ones make the address and the name wait, longer each time.
    """
    keeper: Gatekeeper = request.app.state.keeper
    account = await check_password(keeper, request.scope, login.name, login.password)
    if isinstance(account, Response):
        return account
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        keeper.open_session(account),
        max_age=round(deps.settings.session_hours * _S_PER_HOUR),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.delete(
    "", status_code=204, summary="Log out", dependencies=[needs(Permission.NOTHING)], response_class=Response
)
async def log_out(request: Request) -> Response:
    """End the session of the cookie that came with the request."""
    keeper: Gatekeeper = request.app.state.keeper
    token = session_token(request.headers)
    if token:
        keeper.close_session(token)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
