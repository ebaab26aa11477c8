"""Exports of redacted recordings to recipients that a charter names: asking, progress, and fetching."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from custodes.api.exports import ExportDesk, ExportState, Job, TooManyExports, archive_name
from custodes.api.models import Answer, Instant
from custodes.api.permissions import Permission, needs
from custodes.api.persons import CurrentPerson
from custodes.api.problems import not_found, responses
from custodes.api.routes.parameters import ULID, Deps, KnownCamera, Moment, Words
from custodes.domain.errors import ConfigError
from custodes.domain.time import to_iso
from custodes.record.disclose import Wanted

router = APIRouter(tags=["exports"])

_NEEDS = [needs(Permission.EXPORT)]
_ZIP = {
    200: {"description": "A ZIP.", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


class NewExport(BaseModel):
    """What is to be exported, to whom, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Moment = Field(description="From when.")
    end: Moment = Field(description="Until when, at most a day later.")
    recipient: Words = Field(description="Who gets it; the charter has to name them.")
    reason: Words = Field(description="Why; in the log's private part.")


class ExportItem(Answer):
    """An export."""

    id: str = Field(description="ULID.")
    camera: str = Field(description="Whose recordings.")
    start: Instant = Field(description="From when.")
    end: Instant = Field(description="Until when.")
    recipient: str = Field(description="Who gets it.")
    reason: str = Field(description="Why.")
    state: ExportState = Field(description="How far it is.")
    done_bytes: int = Field(description="Bytes of recordings gone through so far.")
    total_bytes: int = Field(description="Bytes of recordings to go through.")
    problem: str = Field(description="Why nothing was exported; empty where it was not so.")
    url: str | None = Field(description="Where to fetch it, for an hour; null until it is ready.")

    @classmethod
    def of(cls, job: Job) -> "ExportItem":
        """Return the export as the API shows it."""
        wanted = job.wanted
        return cls(
            id=job.id,
            camera=wanted.camera,
            start=to_iso(wanted.start_ns),
            end=to_iso(wanted.end_ns),
            recipient=wanted.recipient,
            reason=wanted.reason,
            state=job.state,
            done_bytes=min(job.done, job.size),
            total_bytes=job.size,
            problem=job.problem,
            url=f"/api/v1/exports/{job.id}/archive.zip" if job.state is ExportState.READY else None,
        )


def _desk(deps: Deps) -> ExportDesk:
    if deps.exports is None:
        raise not_found("export: this server makes none")
    return deps.exports


Desk = Annotated[ExportDesk, Depends(_desk)]


def _job(
    desk: Desk,
    person: CurrentPerson,
    export_id: Annotated[str, Path(description="Id of an export.", pattern=ULID)],
) -> Job:
    job = desk.get(export_id, person)
    if job is None:
        raise not_found("export of yours; one can be fetched for an hour")
    return job


OwnJob = Annotated[Job, Depends(_job)]


@router.post(
    "/cameras/{camera}/exports",  # noqa: FAST003
    dependencies=_NEEDS,
    status_code=202,
    summary="Export recordings to a recipient",
    responses=responses(403, 404, 409, 422),
)
def ask(known: KnownCamera, desk: Desk, person: CurrentPerson, body: Annotated[NewExport, Body()]) -> ExportItem:
    """Begin an export of redacted recordings and events. It is in the log before it can be fetched."""
    wanted = Wanted(
        known[0], body.start, body.end, body.recipient.strip(), body.reason, person.name, known_by=person.kind.value
    )
    try:
        return ExportItem.of(desk.ask(wanted))
    except ConfigError as error:
        raise HTTPException(422, error.diagnostics()) from error
    except TooManyExports as error:
        raise HTTPException(409, error.diagnostics()) from error


@router.get(
    "/exports/{export_id}",  # noqa: FAST003
    dependencies=_NEEDS,
    summary="How far an export is",
    responses=responses(404, 422),
)
def one(job: OwnJob) -> ExportItem:
    """An export that one asked for oneself, while it is made and for an hour."""
    return ExportItem.of(job)


@router.get(
    "/exports/{export_id}/archive.zip",  # noqa: FAST003
    dependencies=_NEEDS,
    summary="Fetch an export",
    response_class=StreamingResponse,
    responses={**_ZIP, **responses(404, 409, 422)},  # type: ignore[dict-item]
)
def fetch(job: OwnJob, desk: Desk) -> StreamingResponse:
    """The recording, the events and the signed manifest, as an uncompressed ZIP. 409 until it is ready."""
    if job.state is not ExportState.READY:
        raise HTTPException(409, job.problem or "The export is not ready yet")
    name = f'attachment; filename="{archive_name(job)}.zip"'
    return StreamingResponse(desk.archive(job), media_type="application/zip", headers={"Content-Disposition": name})
