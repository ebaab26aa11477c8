"""What happens now: video over a WebSocket, events and camera states as server-sent events."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Final

from anyio import CancelScope, create_task_group, move_on_after
from fastapi import APIRouter, Path, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from custodes.api.chartered import searchable
from custodes.api.context import ApiContext
from custodes.api.hub import Notice, Viewer
from custodes.api.models import EventItem, Status
from custodes.api.permissions import Permission, allowed, needs
from custodes.api.persons import Consulting, CurrentPerson, Watching
from custodes.api.problems import responses
from custodes.api.routes.parameters import Deps
from custodes.charter import ShowLive
from custodes.domain.events import CameraId, Event

router = APIRouter(tags=["live"])

_SEND_TIMEOUT_S: Final = 10.0
"""A viewer whose connection takes nothing for so long is cut off."""
_MOST_DROPPED: Final = 30
"""A viewer that lost so many fragments since its last complete second is cut off: its link is too slow."""
_HEARTBEAT_S: Final = 15.0
_POLL_S: Final = 1.0
_NO_CAMERA, _DENIED, _NOT_NOTED, _OVER, _TOO_SLOW = 4404, 4403, 4503, 4401, 1013
_DENIED_TEXT: Final = "the camera's charter does not allow watching live"

_STREAM_RESPONSE: Final = {
    200: {
        "description": "An endless stream: `status` whenever a camera's status changes, `event` for each new or "
        "changed event, and a comment every 15 seconds.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events/stream",
    summary="Events and camera states as they happen",
    response_class=StreamingResponse,
    dependencies=[needs(Permission.HEALTH)],
    responses={**_STREAM_RESPONSE, **responses(503)},  # type: ignore[dict-item]
)
async def stream(deps: Deps, consulting: Consulting, person: CurrentPerson) -> StreamingResponse:
    """Server-sent events, beginning with the present status of every camera.

    The stream holds nothing of the past: after a reconnection, ask `/events` for what was missed. For a person who may
    not see events there are none in it; there are none of cameras whose charters do not allow searching.
    """
    watching = await consulting.begin("search" if allowed(person, Permission.EVENTS) else None)
    notices = _notices(deps, watching, events=allowed(person, Permission.EVENTS))
    return StreamingResponse(notices, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _notices(deps: ApiContext, watching: Watching, *, events: bool) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    with deps.hub.listen() as listener:
        while not listener.closed:
            notices = await listener.next(_HEARTBEAT_S)
            if not await watching.may_go_on():
                return
            cameras = searchable(deps) if events else ()
            shown = [notice for notice in notices if not isinstance(notice, Event) or notice.camera in cameras]
            yield "".join(map(_as_sse, shown)) if shown else ": still here\n\n"


def _as_sse(notice: Notice) -> str:
    if isinstance(notice, Event):
        return f"event: event\ndata: {EventItem.of(notice, thumbnail=False).model_dump_json()}\n\n"
    data = json.dumps({"camera": notice.camera, "status": Status.of(notice).model_dump(mode="json")})
    return f"event: status\ndata: {data}\n\n"


@router.websocket("/cameras/{camera}/live", dependencies=[needs(Permission.IMAGERY)])
async def live(socket: WebSocket, deps: Deps, consulting: Consulting, camera: Annotated[str, Path()]) -> None:
    """Send a camera's redacted video for Media Source Extensions.

    For each stream: a text message `{"mime", "codec", "stream"}`, the init fragment, then media fragments of about a
    second as they are made. A late joiner gets the newest fragment at once.
    """
    await socket.accept()
    if CameraId(camera) not in deps.cameras:
        await socket.close(_NO_CAMERA, "there is no such camera")
        return
    if not _chartered(deps, CameraId(camera)):
        await socket.close(_DENIED, _DENIED_TEXT)
        return
    try:
        watching = await consulting.begin("live", CameraId(camera))
    except HTTPException as error:
        await socket.close(_NOT_NOTED, error.detail)
        return
    with deps.hub.view(CameraId(camera)) as viewer:
        async with create_task_group() as tasks:
            tasks.start_soon(_until_closed, socket, tasks.cancel_scope)
            with suppress(WebSocketDisconnect):
                closing = await _send(socket, viewer, watching, lambda: _chartered(deps, CameraId(camera)))
                await socket.close(*closing)
            tasks.cancel_scope.cancel()


async def _until_closed(socket: WebSocket, scope: CancelScope) -> None:
    """Read until the viewer goes, then end everything else in `scope`: nothing that the viewer says matters."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue
    scope.cancel()


def _chartered(deps: ApiContext, camera: CameraId) -> bool:
    return deps.charters.decide(ShowLive(camera), deps.clock.utc_ns()).allowed


async def _send(
    socket: WebSocket, viewer: Viewer, watching: Watching, chartered: Callable[[], bool]
) -> tuple[int, str]:
    """Send fragments until the viewer turns out too slow or gone, or may not see more; return how to close."""
    forgiven = 0
    while viewer.dropped - forgiven < _MOST_DROPPED:
        fragment = await viewer.next(_POLL_S)
        if not await watching.may_go_on():
            return _OVER, "log in again"
        if not chartered():
            return _DENIED, _DENIED_TEXT
        if fragment is None:
            forgiven = viewer.dropped
            continue
        with move_on_after(_SEND_TIMEOUT_S) as sending:
            if fragment.number == 0:
                mime = f'video/mp4; codecs="{fragment.codec}"'
                await socket.send_json({"mime": mime, "codec": fragment.codec, "stream": fragment.stream})
            await socket.send_bytes(fragment.data)
        if sending.cancelled_caught:
            break
    return _TOO_SLOW, "this connection is too slow for live video"
