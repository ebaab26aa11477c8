"""`custodes witness`: what an outsider runs to keep a log honest."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from custodes.domain.errors import ConfigError, CustodesError, IntegrityError
from custodes.domain.time import SystemClock
from custodes.ledger.keys import KeyKind, SigningKey, VerifierKey
from custodes.witness.http import create_app
from custodes.witness.witness import Witness

_MOST_BYTES: Final = 4096
_OTHERS: Final = 0o077

app = typer.Typer(
    name="witness",
    no_args_is_help=True,
    help="Keep a log of somebody else honest: cosign its checkpoints, each only if it goes on from the one before.\n\n"
    "A witness is worth something only where whoever runs it is independent of whoever runs the log. It needs a "
    "name, a key, the log's verifier key from a source you trust, a folder that is never lost, and an address that "
    "the log can reach. It sees sizes and hashes, never what is in the log.",
)


@app.command()
def keygen(
    name: Annotated[
        str,
        typer.Option(help="Name of the witness, best an address of yours without https://, such as ngo.example/w1."),
    ],
    out_file: Annotated[Path, typer.Option("--out", help="File to write the private key to; never one that exists.")],
) -> None:
    """Make the key of a new witness, and print its verifier key, which goes into policies.

    Whoever reads the file can cosign in your name. A witness that forgot what it cosigned has to be retired: where
    the state folder is lost, make a new key with a new name.
    """
    key = SigningKey.generate(name, KeyKind.WITNESS)
    try:
        handle = os.open(out_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{key.private_text()}\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise ConfigError(f"{out_file} exists", fix="give another --out") from error
    except OSError as error:
        raise ConfigError(f"{out_file} cannot be written", why=os.strerror(error.errno or 0)) from error
    typer.echo(f"Private key: {out_file}")
    typer.echo(f"Verifier key, to be published: {key.verifier}")


@app.command()
def run(
    key: Annotated[Path, typer.Option(help="File with the private key; `custodes witness keygen` makes it.")],
    log: Annotated[list[str], typer.Option(help="Verifier key of a log, name+id+base64; may be given several times.")],
    state: Annotated[
        Path,
        typer.Option(help="Folder with what was cosigned last; made where it is missing. Lose it, and retire the key."),
    ],
    host: Annotated[str, typer.Option(help="Listen here; 0.0.0.0 for all addresses.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Listen on this port.", min=1, max=65535)] = 8470,
) -> None:
    """Answer POST /add-checkpoint for the given logs, until stopped.

    What was cosigned is on the disk before a log gets the cosignature. A checkpoint that contradicts an earlier one is
    refused, written to the error output, and kept in the state folder, as evidence.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    with Witness(_key(key), [VerifierKey.parse(one) for one in log], state, SystemClock()) as witness:
        typer.echo(f"Witness {witness.verifier} on http://{host}:{port}", err=True)
        uvicorn.run(
            create_app(witness),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=200,
            timeout_graceful_shutdown=3,
        )


def main() -> None:
    """Run the command; errors that custodes foresees become one clear line and exit code 2."""
    try:
        app()
    except CustodesError as error:
        typer.echo(f"custodes witness: {error.diagnostics()}", err=True)
        sys.exit(2)


def _key(path: Path) -> SigningKey:
    try:
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(f"Others can read {path}", fix=f"chmod 600 {path}")
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read", why=getattr(error, "strerror", "") or "it is no text") from error
    try:
        return SigningKey.parse(text.strip())
    except IntegrityError as error:
        raise ConfigError(f"{path} holds no private key", why=error.what) from error
