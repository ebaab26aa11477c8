"""Exports that people ask for over HTTP: made one at a time in the background, fetched within an hour, then deleted."""

import logging
import shutil
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from ulid import ULID

from custodes.domain.errors import CustodesError, StoreError
from custodes.domain.persons import Person
from custodes.domain.time import NS_PER_S, Clock
from custodes.record.disclose import Discloser, Selected, Wanted
from custodes.record.sink import Sink
from custodes.vault.manifest import MANIFEST

_log = logging.getLogger(__name__)

KEPT_S: Final = 3600.0
"""How long an export waits to be fetched, seconds."""
_MOST_WAITING: Final = 8
_BLOCK: Final = 1 << 20


class ExportState(StrEnum):
    """How far an export is."""

    MAKING = "making"
    """The recordings are gone through, or others are made first."""
    LOGGING = "logging"
    """It is made; the log has to have it, and its witnesses have to see that, before it can be fetched."""
    READY = "ready"
    """It can be fetched."""
    FAILED = "failed"
    """Nothing was exported."""


@dataclass(slots=True)
class Job:
    """An export that somebody asked for.

    Attributes:
        id: ULID.
        owner: Name of the person who asked.
        wanted: What was asked for.
        size: Bytes of recordings to go through.
        asked_s: When, on a clock that never goes back.
        done: Bytes gone through so far.
        state: How far it is.
        problem: Why it failed, empty where it did not.
        request: Number of the request that the manifest names, empty until it is ready.
        manifest: Says who asked, why and for whom; kept in memory alone, empty until it is ready.
    """

    id: str
    owner: str
    wanted: Wanted
    size: int
    asked_s: float
    done: int = 0
    state: ExportState = ExportState.MAKING
    problem: str = ""
    request: str = ""
    manifest: bytes = field(default=b"", repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more is done for it."""
        return self.state in {ExportState.READY, ExportState.FAILED}


class TooManyExports(CustodesError):  # noqa: N818  a limit, not a fault
    """So many exports wait already that another would be made too late."""


class ExportDesk:
    """Makes exports. Threads may share it.

    Args:
        discloser: Makes and logs them.
        folder: Where they wait; whatever an earlier run left there is deleted.
        clock: Durations, and times of ids.
    """

    def __init__(self, discloser: Discloser, folder: Path, clock: Clock) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._discloser = discloser
        self._folder = folder
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(1, "export")

    def ask(self, wanted: Wanted) -> Job:
        """Begin an export, and return it.

        Raises:
            ConfigError: The interval is none, or longer than a day.
            PolicyDenied: The charter does not let the recipient have any of it.
            TooManyExports: Too many wait already.
        """
        selected = self._discloser.select(wanted)
        self.forget()
        made = ULID.from_timestamp(self._clock.utc_ns() / NS_PER_S)
        job = Job(str(made), wanted.person, wanted, selected.size, self._clock.monotonic_s())
        with self._lock:
            if (
                sum(one.state in {ExportState.MAKING, ExportState.LOGGING} for one in self._jobs.values())
                >= _MOST_WAITING
            ):
                raise TooManyExports("Too many exports wait already", fix="try again once some are made")
            self._jobs[job.id] = job
        self._pool.submit(self._make, job, selected)
        return job

    def get(self, job_id: str, person: Person) -> Job | None:
        """Return the export with this id, None where `person` asked for none such, or it is over."""
        self.forget()
        job = self._jobs.get(job_id)
        return job if job is not None and job.owner == person.name else None

    def archive(self, job: Job) -> Iterator[bytes]:
        """Yield the folder of an export that is ready, as an uncompressed ZIP."""
        folder, sink = self._folder / job.id, _Outlet()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(folder.iterdir()):
                entry = zipfile.ZipInfo.from_file(path, f"{archive_name(job)}/{path.name}")
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    while block := source.read(_BLOCK):
                        target.write(block)
                        yield sink.take()
            made = zipfile.ZipInfo.from_file(folder).date_time
            archive.writestr(zipfile.ZipInfo(f"{archive_name(job)}/{MANIFEST}", made), job.manifest)
        yield sink.take()

    def forget(self) -> None:
        """Delete exports that have waited for an hour."""
        before_s = self._clock.monotonic_s() - KEPT_S
        with self._lock:
            old = [one for one in self._jobs.values() if one.over and one.asked_s < before_s]
            for one in old:
                del self._jobs[one.id]
        for one in old:
            shutil.rmtree(self._folder / one.id, ignore_errors=True)

    def close(self) -> None:
        """Delete all of them; one that is being made ends at the next file."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            jobs, self._jobs = self._jobs, {}
        for one in jobs.values():
            if one.state is ExportState.READY:
                shutil.rmtree(self._folder / one.id, ignore_errors=True)

    def _make(self, job: Job, selected: Selected) -> None:
        def progress(done: int) -> None:
            if self._closed:
                raise StoreError("The server stops", fix="export again once it runs")
            job.done += done
            if job.done >= job.size:
                job.state = ExportState.LOGGING

        try:
            manifest = self._discloser.disclose(selected, self._folder / job.id, progress)
        except CustodesError as error:
            job.problem, job.state = error.diagnostics(), ExportState.FAILED
        except Exception:  # noqa: BLE001  whoever asked has to be told, whatever it was
            _log.exception("an export failed")
            job.problem, job.state = "The export failed. The server's messages say why.", ExportState.FAILED
        else:
            job.request, job.manifest = manifest.disclosure.id, manifest.canonical()
            job.state = ExportState.READY
            end = threading.Timer(KEPT_S + 1, self.forget)
            end.daemon = True
            end.start()


class _Outlet(Sink):
    """A sink as `zipfile` wants it."""

    def flush(self) -> None:
        """Do nothing: there is nothing behind it."""

    def close(self) -> None:
        """Do nothing either."""


def archive_name(job: Job) -> str:
    """Return what the folder of an export is called by whoever fetches it: `export-CAMERA-REQUEST`."""
    return f"export-{job.wanted.camera}-{job.request}"
