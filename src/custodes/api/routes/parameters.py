"""Parameters that several routes share."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, HTTPException, Path, Query, params
from fastapi.dependencies.utils import get_flat_params
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import HTTPConnection

from custodes.api.context import ApiContext, CameraInfo
from custodes.api.enrolling import EnrolmentDesk
from custodes.api.problems import not_found
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S

_NS_PER_MS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS: Final = 9_000_000_000_000
"""Milliseconds since the Unix epoch (in the year 2255) that still fit 64-bit nanoseconds."""
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}.*")


def to_ns(text: Any) -> int:
    """Return nanoseconds since the Unix epoch of milliseconds or ISO 8601 (UTC where it names no offset).

    Raises:
        ValueError: `text` is neither, or not between 1970 and 2255.
    """
    value = str(text).strip().replace(" ", "+" if "T" in str(text) else " ")  # an unescaped plus arrives as a space
    if value.isascii() and value.isdigit() and len(value) <= len(str(_LATEST_MS)):
        ns = int(value) * _NS_PER_MS
    elif _ISO.fullmatch(value):
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        ns = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    else:
        msg = "must be milliseconds since 1970 or ISO 8601"
        raise ValueError(msg)
    if not 0 <= ns <= _LATEST_MS * _NS_PER_MS:
        msg = "must lie between the years 1970 and 2255"
        raise ValueError(msg)
    return ns


_INSTANT: Final = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "integer", "minimum": 0, "maximum": _LATEST_MS},
        ]
    }
)

_START: Final = Query(
    description="Start of the interval: ISO 8601, or milliseconds since 1970.", examples=["2026-01-31T12:00:00Z"]
)
_END: Final = Query(
    description="End of the interval: ISO 8601, or milliseconds since 1970.", examples=["2026-01-31T12:05:00Z"]
)
Start = Annotated[int, BeforeValidator(to_ns), _INSTANT, _START]
End = Annotated[int, BeforeValidator(to_ns), _INSTANT, _END]
ULID: Final = "^[0-9A-HJKMNP-TV-Z]{26}$"
"""Pattern of ids that sort by time."""
Moment = Annotated[int, BeforeValidator(to_ns), WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant in the body of a request."""
Words = Annotated[str, Field(min_length=2, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A short text of one line in the body of a request."""
AnyStart = Annotated[int | None, BeforeValidator(to_ns), _INSTANT, _START]
AnyEnd = Annotated[int | None, BeforeValidator(to_ns), _INSTANT, _END]


_PLAYED: Final = (".m3u8", ".mp4")


def no_other_parameters(connection: HTTPConnection) -> None:
    """Refuse a GET with a query parameter that its route does not have: unfiltered would be more than was asked.

    What players fetch is left out, as they append parameters of their own.

    Raises:
        HTTPException: There is one (422); says which, and which there are.
    """
    scope = connection.scope
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].endswith(_PLAYED):
        return
    known = {one.alias for one in get_flat_params(scope["route"].dependant) if isinstance(one.field_info, params.Query)}
    if unknown := sorted(set(connection.query_params) - known):
        there_are = f"there are {', '.join(sorted(known))}" if known else "it takes none"
        raise HTTPException(422, f"{', '.join(unknown)}: no parameter of this route; {there_are}")


def context(connection: HTTPConnection) -> ApiContext:
    """Return what the application was made with."""
    deps: ApiContext = connection.app.state.context
    return deps


Deps = Annotated[ApiContext, Depends(context)]

CameraPath = Annotated[
    str, Path(description="Id of a camera.", pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["entrance"])
]


def known_camera(camera: CameraPath, deps: Deps) -> tuple[CameraId, CameraInfo]:
    """Return id and settings of a configured camera.

    Raises:
        HTTPException: There is no such camera (404).
    """
    info = deps.cameras.get(CameraId(camera))
    if info is None:
        raise not_found("camera")
    return CameraId(camera), info


def desk_of(deps: Deps) -> EnrolmentDesk:
    """Return the desk at which people enrol.

    Raises:
        HTTPException: Nobody can enrol at this server (404).
    """
    if deps.enrolment is None:
        raise not_found("desk: identity.keys is not set, so nobody can enrol here")
    return deps.enrolment


Desk = Annotated[EnrolmentDesk, Depends(desk_of)]
KnownCamera = Annotated[tuple[CameraId, CameraInfo], Depends(known_camera)]


MAX_INTERVAL_S: Final = 24 * 3600
"""Longest interval that one playlist covers, seconds."""
MAX_INTERVAL_NS: Final = MAX_INTERVAL_S * NS_PER_S
