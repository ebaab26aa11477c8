"""`custodes key`: the key of private texts, when it is lost."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from custodes.api.desk import UnsealDesk
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.settings import load_settings
from custodes.domain.time import SystemClock
from custodes.identity import Identities
from custodes.journal import Kind
from custodes.ledger.disk import lock_folder
from custodes.pipeline.shard import Folders
from custodes.store import Bodies, PrivateTexts, Store
from custodes.store.keyfile import give_up_lost

app = typer.Typer(
    no_args_is_help=True,
    help="Look after the key that names, reasons and the log's private bodies are encrypted under.\n\n"
    "It is made at the first start, in the file that `private_key` names. Back it up apart from the data: without it "
    "nobody can read what it encrypted, and the server does not start. `custodes doctor` checks it.",
)


@app.command()
def replace(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = CONFIG,
) -> None:
    """Make a new key in place of one that is lost for good, and erase what the lost one encrypted.

    First look for a backup: this cannot be undone. The log stays whole, and every proof holds; who, why and for whom of
    what was logged is gone. Accounts are closed, and new ones have to be made. Enrolments end. Holds stay, without
    their reasons. The server has to be stopped; that it happened is logged when it runs again. With a key that is not
    lost, only what it does not open is erased, which is nothing if all is well.
    """
    folders = load_settings(config).folders
    with _stopped(folders):
        if not folders.key.exists():
            if not yes:
                typer.confirm("Erase everything that was encrypted under the lost key?", abort=True)
            give_up_lost(folders.key, folders.known_key)
        erased = _erase(folders, folders.texts())
    for what, count in erased.items():
        out.print(f"{what}: {count}", markup=False)
    out.print(f"The key is {folders.key}. Back it up apart from the data.", markup=False, soft_wrap=True)


@contextmanager
def _stopped(folders: Folders) -> Iterator[None]:
    """Keep the server, which would go on with the old key, from running meanwhile."""
    folders.make()
    handle = lock_folder(folders.journal / "state", "The log")
    try:
        yield
    finally:
        os.close(handle)


def _erase(folders: Folders, texts: PrivateTexts) -> dict[str, int]:
    erased = {"requests for originals erased": UnsealDesk.erase_unreadable(folders.unseal, texts)}
    if (bodies := folders.journal / "bodies.db").exists():
        with closing(Bodies.open(bodies, texts)) as opened:
            erased["private bodies of the log erased"] = opened.erase_unreadable()
    if folders.identities.exists():
        with closing(Identities.open(folders.identities, texts)) as identities:
            erased["enrolments ended"] = identities.erase_unreadable()
    with closing(Store.open(folders.database, texts)) as store:
        erased["accounts closed"] = store.accounts.close_unreadable()
        erased["holds without a reason"] = store.holds.mend_unreadable()
        erased["entries lost before they were logged"] = store.owed.erase_unreadable()
        if any(erased.values()):
            fields = {"what": "a lost key of private texts was replaced", **{k: str(v) for k, v in erased.items()}}
            store.owed.add(Kind.CONFIGURATION_CHANGED, fields, SystemClock().utc_ns())
    return erased
