"""`custodes password`: a new password for a server."""

from pathlib import Path
from typing import Annotated

import typer

from custodes.api import new_password
from custodes.app.console import out
from custodes.app.settings import load_settings
from custodes.pipeline.shard import Folders
from custodes.store import Store


def password(
    config: Annotated[Path, typer.Argument(help="Configuration of the server.")],
) -> None:
    """Make a new password for the server of CONFIG, and show it once.

    From the next start of the server on, everything needs it, on loopback too. The one before is forgotten.
    """
    folders = Folders(data=load_settings(config).data)
    folders.make()
    store = Store.open(folders.database)
    try:
        out.print(f"The new password, shown only now: {new_password(store)}", markup=False)
    finally:
        store.close()
    out.print("Restart the server if it is running.")
