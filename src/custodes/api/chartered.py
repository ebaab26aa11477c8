"""What a camera's charter lets people look at."""

from collections.abc import Iterable

from custodes.api.context import ApiContext
from custodes.charter import Playback, Request, Search
from custodes.domain.errors import PolicyDenied
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.store import Segment


def require(deps: ApiContext, request: Request) -> None:
    """Return if the charter of the camera allows `request` now.

    Raises:
        PolicyDenied: It does not; names the clause.
    """
    decision = deps.charters.decide(request, deps.clock.utc_ns())
    if not decision.allowed:
        raise PolicyDenied(
            f"Camera {request.camera} may not be looked at like this", why=f"{decision.reason} ({decision.clause})"
        )


def searchable(deps: ApiContext) -> tuple[CameraId, ...]:
    """Return the cameras whose events may be searched now."""
    now_ns = deps.clock.utc_ns()
    return tuple(camera for camera in deps.cameras if deps.charters.decide(Search(camera), now_ns).allowed)


def playable(deps: ApiContext, segments: Iterable[Segment]) -> list[Segment]:
    """Return those of `segments` that are complete and may be played now.

    Raises:
        PolicyDenied: None of them may, or none of this camera's at all.
    """
    complete = [segment for segment in segments if not segment.open]
    now_ns = deps.clock.utc_ns()
    allowed = [one for one in complete if deps.charters.decide(_playback(one, now_ns), now_ns).allowed]
    if complete and not allowed:
        require(deps, _playback(complete[-1], now_ns))
    return allowed


def _playback(segment: Segment, now_ns: int) -> Playback:
    return Playback(segment.camera, max(0.0, (now_ns - segment.start_ns) / NS_PER_S))
