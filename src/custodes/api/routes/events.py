"""Events and their thumbnails."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from custodes.api.chartered import require, searchable
from custodes.api.models import EventItem, EventPage
from custodes.api.permissions import Permission, needs
from custodes.api.persons import Consulting
from custodes.api.problems import not_found, responses
from custodes.api.routes.parameters import AnyEnd, AnyStart, Deps
from custodes.charter import Search
from custodes.domain.events import CameraId, EventKind
from custodes.store import EventQuery

router = APIRouter(prefix="/events", tags=["events"])

_JPEG: Final = {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}}
_MOST: Final = 200
_CURSOR: Final = r"^[0-9]{1,19}-[0-7][0-9A-HJKMNP-TV-Z]{25}$"
_LAST_NS: Final = (1 << 63) - 1

EventPath = Annotated[str, Path(description="Id of an event.", pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]


@router.get("", summary="Find events", dependencies=[needs(Permission.EVENTS)], responses=responses(403, 422, 503))
def find(
    deps: Deps,
    consulting: Consulting,
    *,
    camera: Annotated[str | None, Query(description="Only of this camera.", max_length=40)] = None,
    class_name: Annotated[
        str | None, Query(alias="class", description="Only of this COCO class.", max_length=40, examples=["person"])
    ] = None,
    kind: Annotated[EventKind | None, Query(description="Only of this kind.")] = None,
    rule: Annotated[str | None, Query(description="Only of this rule.", max_length=80)] = None,
    zone: Annotated[str | None, Query(description="Only of this zone or tripwire.", max_length=80)] = None,
    start: AnyStart = None,
    end: AnyEnd = None,
    limit: Annotated[int, Query(description="Most events of one page.", ge=1, le=_MOST)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.", pattern=_CURSOR)] = None,
) -> EventPage:
    """Events that fit all filters, newest first, a page at a time. An event fits an interval that it overlaps.

    Without `camera`, of all cameras whose charters allow searching.
    """
    if camera is not None:
        require(deps, Search(CameraId(camera)))
    consulting("search", CameraId(camera) if camera is not None else None)
    page = deps.store.events.find(
        EventQuery(
            cameras=(CameraId(camera),) if camera is not None else searchable(deps),
            class_name=class_name,
            kind=kind,
            rule=rule,
            zone=zone,
            start_ns=start,
            end_ns=end,
            limit=limit,
            before=_position(cursor) if cursor is not None else None,
        )
    )
    return EventPage(
        items=[EventItem.of(one.event, thumbnail=one.thumbnail is not None) for one in page.items],
        next_cursor=f"{page.next[0]}-{page.next[1]}" if page.next else None,
    )


def _position(cursor: str) -> tuple[int, str]:
    start_ns, _, event_id = cursor.partition("-")
    return min(int(start_ns), _LAST_NS), event_id


@router.get(
    "/{event_id}", summary="One event", dependencies=[needs(Permission.EVENTS)], responses=responses(403, 404, 422, 503)
)
def get(deps: Deps, consulting: Consulting, event_id: EventPath) -> EventItem:
    """An event by its id."""
    found = deps.store.events.get(event_id)
    if found is None:
        raise not_found("event")
    require(deps, Search(found.event.camera))
    consulting("search", found.event.camera)
    return EventItem.of(found.event, thumbnail=found.thumbnail is not None)


@router.get(
    "/{event_id}/thumbnail.jpg",
    summary="An event's redacted thumbnail",
    response_class=Response,
    dependencies=[needs(Permission.IMAGERY)],
    responses={**_JPEG, **responses(403, 404, 422, 503)},  # type: ignore[dict-item]
)
def thumbnail(deps: Deps, consulting: Consulting, event_id: EventPath) -> Response:
    """A JPEG of the event's key moment, redacted. It appears a second or two after the event itself."""
    found = deps.store.events.get(event_id)
    if found is None or found.thumbnail is None:
        raise not_found("thumbnail")
    require(deps, Search(found.event.camera))
    jpeg = deps.blobs.read(found.thumbnail)
    if jpeg is None:
        raise not_found("thumbnail")
    consulting("thumbnail", found.event.camera)
    return Response(jpeg, media_type="image/jpeg")
