"""The server itself."""

import shutil

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from custodes import __version__
from custodes.api.models import CameraDisk, DiskUse, Forecast, System
from custodes.api.permissions import Permission, needs
from custodes.api.routes.parameters import Deps
from custodes.domain.time import to_iso
from custodes.record import forecast

router = APIRouter(tags=["system"])
health = APIRouter(tags=["system"])


class Health(BaseModel):
    """The server is up."""

    status: str = Field(default="ok", description="Always `ok`.")


@health.get("/healthz", summary="Whether the server answers", dependencies=[needs(Permission.NOTHING)])
async def healthz() -> Health:
    """Needs no login and says nothing about cameras: those have `/api/v1/cameras` and `/metrics`."""
    return Health()


@router.get("/system", summary="Version, uptime and disk", dependencies=[needs(Permission.HEALTH)])
def system(request: Request, deps: Deps) -> System:
    """What this server is and how much its disk holds."""
    disk = shutil.disk_usage(deps.recordings)
    limits = {camera: info.recording for camera, info in deps.cameras.items()}
    expected = forecast(deps.store, deps.sealed, limits, deps.charters, clock=deps.clock)
    uptime_s = deps.clock.monotonic_s() - request.app.state.started_s
    return System(
        version=__version__,
        started=to_iso(request.app.state.started_ns),
        uptime_s=round(uptime_s, 1),
        now=to_iso(deps.clock.utc_ns()),
        cameras=len(deps.cameras),
        disk=Forecast(
            used_bytes=expected.used_bytes,
            bytes_per_day=expected.bytes_per_day,
            needed_bytes=expected.needed_bytes,
            full_in_s=expected.full_in_s,
            free_bytes=disk.free,
            total_bytes=disk.total,
            cameras=[
                CameraDisk(camera=camera, recordings=DiskUse.of(one.recordings), sealed=DiskUse.of(one.sealed))
                for camera, one in sorted(expected.cameras.items())
            ],
        ),
    )
