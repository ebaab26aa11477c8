"""The person behind a request, and what is noted before that person is shown anything."""

import logging
from typing import Annotated, Final

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Scope

from custodes.api.context import ApiContext, ConsultationKind
from custodes.api.sessions import Admission
from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.domain.persons import Person

log = logging.getLogger(__name__)

_ADMISSION: Final = "admission"
_NOTED_EVERY_S: Final = 60.0
_LOOKED_EVERY_S: Final = 1.0
"""How long a view may outlast the account of who looks."""


def set_admission(scope: Scope, admission: Admission) -> None:
    """Make `admission` the one of the request with this `scope`."""
    scope["state"] = {**scope.get("state", {}), _ADMISSION: admission}


def admission_of(connection: HTTPConnection) -> Admission:
    """Return how the person behind `connection` was let in.

    Raises:
        HTTPException: Nobody was (401), which is so on routes that are open to everyone.
    """
    admission: Admission | None = connection.scope.get("state", {}).get(_ADMISSION)
    if admission is None:
        raise HTTPException(401, "Log in first")
    return admission


def person_of(connection: HTTPConnection) -> Person:
    """Return who asks.

    Raises:
        HTTPException: As `admission_of`.
    """
    return admission_of(connection).person


CurrentPerson = Annotated[Person, Depends(person_of)]


class Noting:
    """Notes, for the person behind a request, what that person is about to be shown."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._context: ApiContext = connection.app.state.context
        self._admission = admission_of(connection)

    def __call__(self, kind: ConsultationKind, camera: CameraId | None) -> None:
        """Note it, before anything is shown; may block.

        Raises:
            HTTPException: It could not be noted, so it must not be shown (503).
        """
        try:
            self._context.consultations.note(self._admission.person, kind, camera)
        except Exception as error:
            log.exception("a consultation could not be noted")
            raise HTTPException(503, "Nothing is shown while it cannot be logged who looks") from error

    async def begin(self, kind: ConsultationKind | None, camera: CameraId | None = None) -> "Watching":
        """Note that a view begins which lasts; nothing is noted where it is of no `kind`.

        Raises:
            HTTPException: As for calling.
        """
        if kind is not None:
            await run_in_threadpool(self, kind, camera)
        return Watching(self, kind, camera)

    def still(self) -> bool:
        """Return whether the person is still let in; may block."""
        return self._admission.still()

    def now_s(self) -> float:
        """Return seconds of a clock that never goes back."""
        return self._context.clock.monotonic_s()


class Watching:
    """A view that lasts: noted anew each minute, over as soon as the person is no longer let in.

    Args:
        noting: For whom.
        kind: What is looked at; None for what need not be noted.
        camera: Of which camera; None for all.
    """

    def __init__(self, noting: Noting, kind: ConsultationKind | None, camera: CameraId | None) -> None:
        self._noting = noting
        self._kind = kind
        self._camera = camera
        self._noted_s = self._looked_s = noting.now_s()

    async def may_go_on(self) -> bool:
        """Return whether more may be shown; ask before each thing."""
        now_s = self._noting.now_s()
        if now_s - self._looked_s < _LOOKED_EVERY_S:
            return True
        self._looked_s = now_s
        try:
            return await run_in_threadpool(self._look, now_s)
        except (HTTPException, StoreError):
            return False

    def _look(self, now_s: float) -> bool:
        if not self._noting.still():
            return False
        if self._kind is not None and now_s - self._noted_s >= _NOTED_EVERY_S:
            self._noting(self._kind, self._camera)
            self._noted_s = now_s
        return True


Consulting = Annotated[Noting, Depends(Noting)]
"""For routes that show something."""
