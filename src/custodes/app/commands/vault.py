"""`custodes vault`: keys of custodians, requests for originals, approvals, and opening."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from custodes.app.ceremony import check_announced
from custodes.app.console import out
from custodes.app.opening import export
from custodes.domain.errors import ConfigError
from custodes.domain.time import NS_PER_S, SystemClock, to_iso
from custodes.ledger import Policy
from custodes.vault import SealedFolder
from custodes.vault.approval import Approval, approve
from custodes.vault.keys import PrivateKey, read_key_file
from custodes.vault.request import RequestFile

app = typer.Typer(
    no_args_is_help=True,
    help="Originals under seal: made so that no one person can open them, and nobody off the log.\n\n"
    "A custodian needs `keygen` once and `approve` for each request, on a machine of their own: a custodian's key "
    "never lies on the server. Whoever needs originals uses `request`, sends the request file to custodians, and opens "
    "with their approvals. The operator uses `verify` and `expire`.\n\n"
    "Every command ends with code 0 where all is well, and with code 2 and the reason where anything is not.",
)

RequestPath = Annotated[Path, typer.Argument(metavar="REQUEST", help="File of the request.")]


@app.command()
def keygen(
    name: Annotated[str, typer.Option(help="Your name or role, exactly as the charter names the custodian.")],
    out_file: Annotated[Path, typer.Option("--out", help="File for the private key; never one that exists.")],
) -> None:
    """Make a custodian's key, and print the line to give to the operator.

    The private key is encrypted under a passphrase and stays with you: keep a copy in a safe place, and never on the
    server. Nobody can restore it. The line that is printed is public; compare its fingerprint on the telephone.
    """
    key = PrivateKey.generate(name)
    write_new(out_file, key.encrypted(new_passphrase()))
    out.print(f"Private key: {out_file}", markup=False, soft_wrap=True)
    out.print(f"Fingerprint: {key.public.fingerprint}", markup=False)
    out.print("Public key, one line:", markup=False)
    out.print(str(key.public), markup=False, soft_wrap=True)


@app.command("approve")
def approve_request(
    request: RequestPath,
    key: Annotated[Path, typer.Option(help="Your private key.")],
    policy: Annotated[Path, typer.Option(help="Policy file: the log's and its witnesses' keys, and the quorum.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File for the approval; REQUEST.NAME.approval if not given.")
    ] = None,
) -> None:
    """Check a request, show it in plain words, and approve it if you say yes.

    Works offline. Nothing is approved that has ended, or that is not in the log, word for word, under a checkpoint that
    enough witnesses of your policy cosigned. The approval releases your shares to the key of this one request and is
    useless for any other.
    """
    file = RequestFile.parse(content(request), "The request")
    accepted = check_announced(file.request, file.announced, Policy.parse(content(policy)))
    now_ns = SystemClock().utc_ns()
    file.request.check_time(now_ns)
    show(file)
    witnesses = ", ".join(f"{name} ({to_iso(at * NS_PER_S)})" for name, at in accepted.witnesses.items())
    out.print(f"It is in the log {accepted.checkpoint.origin}, as these witnesses saw: {witnesses}.", markup=False)
    custodian = PrivateKey.decrypted(read_key_file(key), passphrase(f"Passphrase of {key}"))
    if not typer.confirm(f"Do you, {custodian.public.name}, release your share for this?", default=False):
        out.print("Not approved. Nothing was written.")
        raise typer.Exit(1)
    approval = approve(file, custodian, SystemClock().utc_ns())
    target = out_file or request.with_name(f"{request.stem}.{custodian.public.fingerprint}.approval")
    write_new(target, approval.canonical())
    out.print(f"Approval: {target}. Send it to {file.request.requester}.", markup=False, soft_wrap=True)


@app.command("open")
def open_request(
    request: RequestPath,
    approvals: Annotated[list[Path], typer.Argument(metavar="APPROVAL...", help="Approvals of enough custodians.")],
    ceremony_key: Annotated[Path, typer.Option(help="The key file that was made with the request.")],
    sealed: Annotated[Path, typer.Option(help="Folder of sealed hours, or a copy of what is needed of it.")],
    to: Annotated[Path, typer.Option("--out", help="New folder for the clip and its manifest.")],
) -> None:
    """Open what enough custodians released, and write a clip of the interval with a signed manifest.

    Every picture carries the request's id, across it and below with the time. The folder can be handed on as it is:
    `custodes audit verify-export` checks it.
    """
    file = RequestFile.parse(content(request), "The request")
    given = [Approval.parse(content(path), f"The approval {path}") for path in approvals]
    key = PrivateKey.decrypted(read_key_file(ceremony_key), passphrase(f"Passphrase of {ceremony_key}"))
    manifest = export(file, given, ceremony=key, sealed=SealedFolder(sealed), to=to, now_ns=SystemClock().utc_ns())
    pictures = sum(part.pictures for part in manifest.parts)
    out.print(f"{pictures} pictures from {len(manifest.parts)} sealed parts: {to}", markup=False, soft_wrap=True)
    for part in manifest.parts:
        if not part.complete:
            out.print(f"Part {part.part} of hour {part.hour} was cut off: its end is missing.", markup=False)


def show(file: RequestFile) -> None:
    """Print a request in plain words."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for title, text in file.request.words():
        table.add_row(title, text)
    out.print(table, markup=False)


def passphrase(prompt: str) -> str:
    """Ask for a passphrase, without showing it."""
    answer: str = typer.prompt(prompt, hide_input=True)
    return answer


def new_passphrase() -> str:
    """Ask twice for a new passphrase, without showing it."""
    answer: str = typer.prompt("New passphrase, several words", hide_input=True, confirmation_prompt=True)
    return answer


def content(path: Path) -> bytes:
    """Return what is in the file at `path`.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", why=os.strerror(error.errno or 0)) from error


def write_new(path: Path, data: bytes) -> None:
    """Write `data` into a new file that only its owner can read.

    Raises:
        ConfigError: It exists, or cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written", why=os.strerror(error.errno or 0), fix="name a file that does not exist yet"
        ) from error
