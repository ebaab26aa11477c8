"""Logging in and out."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from custodes.api.guard import check_password, session_token
from custodes.api.problems import responses
from custodes.api.routes.parameters import Deps
from custodes.api.sessions import COOKIE, Gatekeeper

router = APIRouter(prefix="/session", tags=["session"])

_S_PER_HOUR: Final = 3600


class Login(BaseModel):
    """What proves that someone may come in."""

    password: str = Field(description="The server's password.", min_length=1, max_length=1024)


@router.post("", status_code=204, summary="Log in", responses=responses(401, 422, 429), response_class=Response)
async def log_in(request: Request, login: Login, deps: Deps) -> Response:
    """Exchange the password for a session cookie. Wrong passwords make the address wait, longer each time."""
    keeper: Gatekeeper = request.app.state.keeper
    refusal = await check_password(keeper, request.scope, login.password)
    if refusal is not None:
        return refusal
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        keeper.open_session(),
        max_age=round(deps.settings.session_hours * _S_PER_HOUR),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.delete("", status_code=204, summary="Log out", response_class=Response)
async def log_out(request: Request) -> Response:
    """End the session of the cookie that came with the request."""
    keeper: Gatekeeper = request.app.state.keeper
    token = session_token(request.headers)
    if token:
        keeper.close_session(token)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
