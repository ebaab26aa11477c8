"""Cameras and how they are doing."""

from fastapi import APIRouter

from custodes.api.models import Camera, CameraList
from custodes.api.permissions import Permission, needs
from custodes.api.problems import responses
from custodes.api.routes.parameters import Deps, KnownCamera

router = APIRouter(prefix="/cameras", tags=["cameras"])


@router.get("", summary="All cameras", dependencies=[needs(Permission.HEALTH)])
async def cameras(deps: Deps) -> CameraList:
    """Every configured camera with its zones, tripwires, charter and present status."""
    return CameraList(
        items=[
            Camera.of(id_, deps.cameras[id_], deps.charters.of(id_), deps.hub.status(id_))
            for id_ in sorted(deps.cameras)
        ]
    )


@router.get(
    "/{camera}",  # noqa: FAST003  a dependency takes it
    summary="One camera",
    dependencies=[needs(Permission.HEALTH)],
    responses=responses(404, 422),
)
async def camera(known: KnownCamera, deps: Deps) -> Camera:
    """A configured camera with its zones, tripwires, charter and present status."""
    id_, info = known
    return Camera.of(id_, info, deps.charters.of(id_), deps.hub.status(id_))
