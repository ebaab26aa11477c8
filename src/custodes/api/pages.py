"""The web page: three documents and their assets, built into the package."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from custodes.domain.errors import ConfigError

STATIC: Final = Path(__file__).parent / "static"
_PAGES: Final = {"/": "index.html", "/login": "login.html", "/docs": "docs.html"}


def add_pages(app: FastAPI) -> None:
    """Serve the pages and their assets from `app`.

    Raises:
        ConfigError: The page was never built.
    """
    if not (STATIC / "index.html").exists():
        raise ConfigError(
            "the web page is missing", why="it was not built into the package", fix="build it with `make web`"
        )
    for path, name in _PAGES.items():
        _add_page(app, path, STATIC / name)
    app.mount("/assets", StaticFiles(directory=STATIC / "assets"))


def _add_page(app: FastAPI, path: str, file: Path) -> None:
    @app.get(path, include_in_schema=False, response_class=FileResponse)
    async def page() -> FileResponse:
        return FileResponse(file)
