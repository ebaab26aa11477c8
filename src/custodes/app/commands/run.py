"""`custodes run`: the server."""

from pathlib import Path
from typing import Annotated

import typer

from custodes.app.serve import serve
from custodes.app.settings import load_settings


def run(
    config: Annotated[Path, typer.Argument(help="Configuration file (TOML); `custodes add` writes one.")],
    host: Annotated[
        str | None, typer.Option(help="Listen here instead; anything but loopback needs an account.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port instead.", min=1, max=65535)] = None,
    data: Annotated[Path | None, typer.Option(help="Keep recordings and database here instead.")] = None,
) -> None:
    """Watch the cameras of CONFIG: record, redacted; make events; serve the API and the web page on one port."""
    settings = load_settings(config)
    server = settings.server
    if host is not None:
        server = server.model_copy(update={"host": host})
    if port is not None:
        server = server.model_copy(update={"port": port})
    updates = {"server": server} if data is None else {"server": server, "data": data.resolve()}
    serve(settings.model_copy(update=updates))
