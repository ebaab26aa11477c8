"""`custodes log`: the operator's side of the log, beside a running server."""

from pathlib import Path
from typing import Annotated

import typer

from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.logbook import log_key
from custodes.app.settings import Settings, load_settings
from custodes.disk import write
from custodes.domain.errors import ConfigError
from custodes.domain.time import to_iso
from custodes.journal.entry import body_bytes
from custodes.store import Bodies, Body

app = typer.Typer(
    no_args_is_help=True,
    help="Look into a server's log as its operator: give others the policy, see who did what, disclose leaves.\n\n"
    "What everybody can see of the log is in the folder `log` of the server's data; `custodes audit` checks it.",
)


@app.command()
def policy(config: Config = CONFIG) -> None:
    """Print the policy that auditors and witnesses need: the log's key, the witnesses' keys, and the quorum.

    The log's key is made if there is none yet, so witnesses can be set up before the first start. Hand it over in a
    way that leaves no doubt that it is yours: not only on the server that it is for.
    """
    settings = load_settings(config)
    folders = settings.folders
    folders.make()
    key = log_key(folders, settings.log.origin)
    typer.echo(settings.log.policy_text(key.verifier), nl=False)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option("--type", help="Only of this type, such as consultation or camera.gap.")] = "",
    limit: Annotated[int, typer.Option(help="Most leaves.", min=1, max=10_000)] = 50,
    config: Config = CONFIG,
) -> None:
    """List what was logged lately, with the private bodies that are not erased yet, newest first."""
    for body in _bodies(load_settings(config)).find(kind, limit=limit):
        line = f"{body.seq:>8}  {to_iso(body.at_ns)}  {body.type:24} {body.camera:12} {_told(body)}"
        out.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)


@app.command()
def disclose(
    index: Annotated[int, typer.Argument(help="Which leaf, counted from 0.", min=0)],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to write body.json and salt.txt to.")],
    config: Config = CONFIG,
) -> None:
    """Write what leaf INDEX commits to, for somebody who may know it.

    They check it with `custodes audit open-commitment`.
    """
    body = _bodies(load_settings(config)).get(index)
    if body is None:
        raise ConfigError(
            f"there is no private body of leaf {index}", why="it was erased, or there is no such leaf yet"
        )
    out_folder.mkdir(parents=True, exist_ok=True)
    write(out_folder / "body.json", body_bytes(body.fields))
    write(out_folder / "salt.txt", f"{body.salt}\n".encode())
    out.print(
        f"Written to {out_folder}. To check it: custodes audit open-commitment LOG {index} --body body.json "
        "--salt salt.txt --policy policy.txt",
        markup=False,
        soft_wrap=True,
    )


def _bodies(settings: Settings) -> Bodies:
    folders = settings.folders
    path = folders.journal / "bodies.db"
    if not path.exists():
        raise ConfigError(f"there is no log in {settings.data}", fix="`custodes run` starts one")
    return Bodies.open(path, folders.texts())


def _told(body: Body) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(body.fields.items()))
