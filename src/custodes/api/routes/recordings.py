"""Redacted recordings: what there is, and playing it."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import FileResponse, Response

from custodes.api.chartered import playable, require
from custodes.api.models import GapItem, Recordings, SegmentItem
from custodes.api.permissions import Permission, needs
from custodes.api.persons import Consulting
from custodes.api.playlist import MEDIA_TYPE, playlist
from custodes.api.problems import not_found, responses
from custodes.api.routes.parameters import MAX_INTERVAL_NS, MAX_INTERVAL_S, Deps, End, KnownCamera, Start
from custodes.charter import Playback
from custodes.domain.time import to_iso
from custodes.store import Segment

router = APIRouter(tags=["recordings"])

_HLS: Final = {200: {"description": "An HLS playlist.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}
_MP4: Final = {
    200: {
        "description": "A fragmented MP4.",
        "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {"description": "The part of it that was asked for."},
}
_LARGEST_ID: Final = (1 << 63) - 1


@router.get(
    "/cameras/{camera}/recordings",  # noqa: FAST003
    summary="What was recorded",
    dependencies=[needs(Permission.IMAGERY)],
    responses=responses(403, 404, 422),
)
def recordings(known: KnownCamera, deps: Deps, start: Start, end: End) -> Recordings:
    """Complete segments and gaps that overlap the interval. The newest seconds are still being written."""
    camera, _ = known
    require(deps, Playback(camera, 0.0))
    return Recordings(
        segments=[
            SegmentItem(
                id=str(segment.id),
                start=to_iso(segment.start_ns),
                end=to_iso(segment.end_ns or segment.start_ns),
                bytes=segment.bytes,
                url=_url(segment),
            )
            for segment in playable(deps, deps.store.segments.find(camera, start, end))
        ],
        gaps=[
            GapItem(start=to_iso(gap.start_ns), end=to_iso(gap.end_ns), reason=gap.reason)
            for gap in deps.store.gaps.find(camera, start, end)
        ],
    )


@router.get(
    "/cameras/{camera}/hls.m3u8",  # noqa: FAST003
    summary="Play an interval",
    response_class=Response,
    dependencies=[needs(Permission.IMAGERY)],
    responses={**_HLS, **responses(403, 404, 422, 503)},  # type: ignore[dict-item]
)
def hls(known: KnownCamera, deps: Deps, consulting: Consulting, start: Start, end: End) -> Response:
    """An HLS playlist of the interval, at most a day long; it starts and ends with whole segments."""
    if end - start > MAX_INTERVAL_NS:
        raise HTTPException(422, f"end: a playlist covers at most {MAX_INTERVAL_S // 3600} hours")
    require(deps, Playback(known[0], 0.0))
    segments = playable(deps, deps.store.segments.find(known[0], start, end))
    if not segments:
        raise not_found("recording in this interval, or not yet")
    consulting("playback", known[0])
    return Response(playlist(segments, _url), media_type=MEDIA_TYPE)


@router.get(
    "/segments/{segment_id}.mp4",
    summary="One recorded file",
    response_class=FileResponse,
    dependencies=[needs(Permission.IMAGERY)],
    responses={**_MP4, **responses(403, 404, 422, 503)},  # type: ignore[dict-item]
)
def segment(
    deps: Deps,
    consulting: Consulting,
    segment_id: Annotated[int, Path(description="Id of a segment.", ge=1, le=_LARGEST_ID)],
) -> FileResponse:
    """A segment's fragmented MP4, which plays by itself; byte ranges are honoured."""
    found = deps.store.segments.get(segment_id)
    if found is None or found.open or not (path := deps.recordings / found.path).is_file():
        raise not_found("segment")
    playable(deps, [found])
    consulting("playback", found.camera)
    return FileResponse(path, media_type="video/mp4")


def _url(segment: Segment) -> str:
    return f"/api/v1/segments/{segment.id}.mp4"
