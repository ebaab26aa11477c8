"""Puts the API and the web page together."""

from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from custodes import __version__
from custodes.api.context import ApiContext
from custodes.api.guard import Guard
from custodes.api.pages import LOG, REGISTER, add_pages, add_public_folders
from custodes.api.permissions import Permission, needs
from custodes.api.problems import install_handlers, use_problem_media_type
from custodes.api.routes import (
    adverse,
    cameras,
    enrolments,
    events,
    exports,
    live,
    metrics,
    oneself,
    recordings,
    session,
    system,
    vault,
)
from custodes.api.routes.parameters import no_other_parameters
from custodes.api.sessions import Gatekeeper
from custodes.api.weight import Scales
from custodes.domain.errors import ConfigError

OPENAPI_URL: Final = "/api/v1/openapi.json"
_S_PER_HOUR: Final = 3600
_DESCRIPTION: Final = (
    "Redacted live video, recordings and events of this server's cameras. Everything is redacted before it gets here: "
    "no route can return a picture that is not. Times are UTC. Errors are `application/problem+json`."
)


def create_app(context: ApiContext) -> FastAPI:
    """Return the ASGI application that serves the API and the web page on one port.

    Raises:
        ConfigError: Others could reach the server but it has no account, or the web page was never built.
    """
    if not context.settings.loopback and not context.store.accounts.any():
        raise ConfigError(
            f"the server would be open to everyone who reaches {context.settings.host}",
            why="it has no account",
            fix="call ensure_account first",
        )
    app = _Api(title="custodes", version=__version__, description=_DESCRIPTION)
    app.state.context = context
    app.state.keeper = Gatekeeper(
        context.store, context.settings.session_hours * _S_PER_HOUR, context.clock, context.on_login_burst
    )
    app.state.started_ns = context.clock.utc_ns()
    app.state.started_s = context.clock.monotonic_s()
    install_handlers(app)
    app.include_router(_versioned())
    app.include_router(system.health)
    app.include_router(metrics.router)
    add_pages(app)
    add_public_folders(app, {LOG: context.log, REGISTER: context.register})
    _add_document(app)
    return app


def _add_document(app: FastAPI) -> None:
    @app.get(OPENAPI_URL, include_in_schema=False, dependencies=[needs(Permission.LOGIN)])
    async def document() -> JSONResponse:
        return JSONResponse(app.openapi())


def _versioned() -> APIRouter:
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(no_other_parameters)])
    for module in (
        cameras,
        live,
        events,
        recordings,
        exports,
        system,
        session,
        vault,
        enrolments,
        oneself,
        adverse,
    ):  # live before events: `stream` is no event's id
        router.include_router(module.router)
    return router


class _Api(FastAPI):
    """FastAPI behind the guard, with problems under their own media type and no documentation from a CDN."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, **kwargs)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            use_problem_media_type(super().openapi())
        return super().openapi()

    def build_middleware_stack(self) -> ASGIApp:
        """Put the guard outside everything else, so that even errors pass it."""
        return Guard(Scales(super().build_middleware_stack()), self.state.keeper, self.state.context.on_token_use)
