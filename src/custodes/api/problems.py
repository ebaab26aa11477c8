"""Errors as `application/problem+json` (RFC 9457), and the same in the OpenAPI document."""

import http
import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from custodes.domain.errors import CustodesError, PolicyDenied

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(default="about:blank", description="Kind of problem; `about:blank` means what `status` means.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="HTTP status code.", ge=400, le=599)
    detail: str = Field(description="What went wrong, why, and what to do.")


def problem_response(status: int, detail: str) -> JSONResponse:
    """Return an answer that says what went wrong."""
    body = Problem(title=http.HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, media_type=MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the problems a route may answer with."""
    return {status: {"model": Problem, "description": http.HTTPStatus(status).phrase} for status in statuses}


def not_found(what: str) -> HTTPException:
    """Return the error for something that does not exist (any more)."""
    return HTTPException(404, f"There is no such {what}")


def install_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        answer = problem_response(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        parts = (f"{'.'.join(str(step) for step in item['loc'][1:])}: {item['msg']}" for item in error.errors())
        return problem_response(422, "; ".join(parts))

    @app.exception_handler(PolicyDenied)
    async def _denied(_request: Request, error: PolicyDenied) -> JSONResponse:
        return problem_response(403, error.diagnostics())

    @app.exception_handler(CustodesError)
    async def _ours(_request: Request, error: CustodesError) -> JSONResponse:
        log.error("request failed: %s", error)
        return problem_response(503, error.diagnostics())


def use_problem_media_type(document: dict[str, Any]) -> None:
    """Change, in an OpenAPI `document`, the media type of every problem to its own."""
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if schema.get("$ref", "").endswith("/Problem"):
                    content[MEDIA_TYPE] = content.pop("application/json")
