"""The web page: its documents and their assets, built into the package."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from custodes.api.permissions import Permission, needs
from custodes.domain.errors import ConfigError

LOG: Final = "/log"
"""Where the public log is."""
REGISTER: Final = "/register"
"""Where the public register is."""
DESK: Final = "/desk"
"""Where people enrol: the one page that may use a camera of its own."""
WITHDRAW: Final = "/withdraw"
"""Where people end their enrolment themselves."""
STATIC: Final = Path(__file__).parent / "static"
_PAGES: Final = {
    "/": ("index.html", Permission.LOGIN),
    "/login": ("login.html", Permission.NOTHING),
    "/docs": ("docs.html", Permission.LOGIN),
    "/point/{camera}": ("point.html", Permission.HEALTH),
    "/originals": ("originals.html", Permission.ORIGINALS),
    DESK: ("desk.html", Permission.ENROLMENT),
    WITHDRAW: ("withdraw.html", Permission.NOTHING),
}


def add_pages(app: FastAPI) -> None:
    """Serve the pages and their assets from `app`.

    Raises:
        ConfigError: The page was never built.
    """
    if not (STATIC / "index.html").exists():
        raise ConfigError(
            "the web page is missing", why="it was not built into the package", fix="build it with `make web`"
        )
    for path, (name, permission) in _PAGES.items():
        _add_page(app, path, STATIC / name, permission)
    app.mount("/assets", StaticFiles(directory=STATIC / "assets"))


def add_public_folders(app: FastAPI, folders: Mapping[str, Path]) -> None:
    """Serve folders of plain files that everybody may read, by the path at which each appears, such as `/log`."""
    for path, folder in folders.items():
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        app.mount(path, StaticFiles(directory=folder, html=True))


def _add_page(app: FastAPI, path: str, file: Path, permission: Permission) -> None:
    @app.get(path, include_in_schema=False, response_class=FileResponse, dependencies=[needs(permission)])
    async def page() -> FileResponse:
        return FileResponse(file)
