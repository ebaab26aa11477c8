"""`custodes vault`: keys of custodians, requests for originals, approvals, and opening."""

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from custodes.app.ceremony import check_announced
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.logbook import log_key
from custodes.app.opening import export
from custodes.app.sealed_retention import SealedRetention
from custodes.app.settings import Settings, load_settings
from custodes.app.vault_check import SealedLog, check_sealed
from custodes.app.vault_client import VaultClient
from custodes.domain.errors import ConfigError
from custodes.domain.time import NS_PER_S, SystemClock, to_iso
from custodes.journal import CharterArchive, Entry
from custodes.ledger import FolderReader, Policy, read_checkpoint
from custodes.store import Bodies, Store
from custodes.vault import HourKeys, SealedFolder
from custodes.vault.approval import Approval
from custodes.vault.custody import approve
from custodes.vault.manifest import MANIFEST, SignedManifest
from custodes.vault.private import PrivateKey, read_key_file
from custodes.vault.request import RequestFile

app = typer.Typer(
    no_args_is_help=True,
    help="Originals under seal: made so that no one person can open them, and nobody off the log.\n\n"
    "A custodian needs `keygen` once and `approve` for each request, on a machine of their own: a custodian's key "
    "never lies on the server. Whoever needs originals uses `request`, sends the request file to custodians, and opens "
    "with their approvals. The operator uses `verify` and `expire`.\n\n"
    "Every command ends with code 0 where all is well, and with code 2 and the reason where anything is not.",
)

Server = Annotated[str, typer.Option(help="Address of the server.")]
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


@app.command("request")
def ask(  # noqa: PLR0917  one parameter an option
    camera: Annotated[str, typer.Option(help="Whose originals.")],
    start: Annotated[str, typer.Option(help="From when: ISO 8601, such as 2026-01-31T12:00:00Z.")],
    end: Annotated[str, typer.Option(help="Until when, at most a day later.")],
    reason: Annotated[str, typer.Option(help="Why they are needed, in a sentence.")],
    recipient: Annotated[str, typer.Option(help="Who gets them: a recipient of `sealed` in the camera's charter.")],
    ceremony_key: Annotated[Path, typer.Option(help="File for the key made for this request; never one that exists.")],
    out_file: Annotated[Path, typer.Option("--out", help="File for the request, to be sent to custodians.")],
    server: Server = "http://127.0.0.1:8787",
    valid_hours: Annotated[int, typer.Option(help="Hours until it ends.", min=1, max=744)] = 72,
    wait_s: Annotated[float, typer.Option(help="Seconds to wait until the log's witnesses have seen it.")] = 60.0,
) -> None:
    """Ask a running server for originals, and fetch what custodians need to approve.

    The server logs the request before anything else; who asks, why and for whom is in the log's private part. The
    ceremony key is yours alone: what custodians release is sealed to it. An API token (`custodes token new`) is asked
    for, or taken from the environment variable CUSTODES_TOKEN; who asks is the token's account.
    """
    key = PrivateKey.generate("ceremony")
    write_new(ceremony_key, key.encrypted(new_passphrase()))
    fields = {
        "camera": camera, "start": start, "end": end, "reason": reason, "recipient": recipient,
        "valid_hours": valid_hours, "ceremony": str(key.public),
    }  # fmt: skip
    with VaultClient(server, server_token(), SystemClock()) as client:
        request_id = client.ask(fields)
        out.print(f"Request {request_id} is in the log.")
        _fetch(client, request_id, out_file, wait_s)


@app.command()
def fetch(
    request_id: Annotated[str, typer.Argument(help="Id of the request.")],
    out_file: Annotated[Path, typer.Option("--out", help="File for the request, to be sent to custodians.")],
    server: Server = "http://127.0.0.1:8787",
    wait_s: Annotated[float, typer.Option(help="Seconds to wait until the log's witnesses have seen it.")] = 60.0,
) -> None:
    """Fetch a request that was made before, with all that custodians need."""
    with VaultClient(server, server_token(), SystemClock()) as client:
        _fetch(client, request_id, out_file, wait_s)


@app.command()
def note(
    files: Annotated[list[Path], typer.Argument(help="Approvals, or the `manifest.json` of an export.")],
    server: Server = "http://127.0.0.1:8787",
) -> None:
    """Have approvals and openings logged by the server, so that outsiders can count them."""
    with VaultClient(server, server_token(), SystemClock()) as client:
        for path in files:
            data = content(path)
            if path.name == MANIFEST:
                request_id = SignedManifest.parse(data, f"The manifest {path}").manifest.request.id
                client.note("openings", request_id, data)
            else:
                request_id = Approval.parse(data, f"The approval {path}").signed.statement.id
                client.note("approvals", request_id, data)
            out.print(f"Logged: {path}", markup=False, soft_wrap=True)


@app.command()
def verify(config: Config = CONFIG) -> None:
    """Check that what lies under seal is what was logged. Nothing is opened, and no custodian is needed.

    Finds parts and envelopes that were changed, moved, cut off or sealed off the log. Exit code 1 if anything is wrong.
    """
    settings = load_settings(config)
    folders = settings.folders
    keys = _hour_keys(settings)
    reader = FolderReader(folders.log)
    key = log_key(folders, settings.log.origin).verifier
    size = Policy(logs=(key,)).accept(read_checkpoint(reader)).checkpoint.size
    log = SealedLog(Bodies.open(folders.journal / "bodies.db", folders.texts()), reader, size)
    wrong = count = 0
    for finding in check_sealed(SealedFolder(folders.sealed), keys, log):
        count += 1
        wrong += finding.wrong
        style = "bold red" if finding.wrong else ""
        out.print(f"{finding.what}: {finding.text}", style=style, markup=False, soft_wrap=True)
    out.print(f"{count} envelopes and parts, {wrong} of them wrong.")
    if wrong:
        raise typer.Exit(1)


@app.command()
def expire(config: Config = CONFIG) -> None:
    """Destroy now what has reached the end of its period, as the running server does every minute; say what went.

    For a server that is stopped for long; it logs what went when it runs again. Nothing goes before its time: the
    periods are those of the charters that each camera had last.
    """
    settings = load_settings(config)
    folders = settings.folders
    keys = _hour_keys(settings)
    clock = SystemClock()
    charters = CharterArchive(folders.charters).last()
    with closing(Store.open(folders.database, folders.texts())) as store:

        def report(entry: Entry) -> None:
            store.owed.add(entry.kind, entry.body, clock.utc_ns(), camera=entry.camera)

        retention = SealedRetention(
            SealedFolder(folders.sealed), keys, charters, store.holds, clock=clock, report=report
        )
        expired = retention.apply()
    for camera, hours in expired.items():
        out.print(f"{camera}: {len(hours)} hours, {hours[0]} to {hours[-1]}", markup=False)
    out.print(f"{sum(map(len, expired.values()))} sealed hours have expired.")


def _fetch(client: VaultClient, request_id: str, out_file: Path, wait_s: float) -> None:
    file = client.fetch(request_id, wait_s)
    if file is None:
        raise ConfigError(
            "The log's witnesses have not seen the request yet",
            fix=f"`custodes vault fetch {request_id} --out {out_file}` fetches it later",
        )
    write_new(out_file, file.canonical())
    show(file)
    out.print(f"Request: {out_file}. Send it to the custodians.", markup=False, soft_wrap=True)


def _hour_keys(settings: Settings) -> HourKeys:
    if settings.vault.keys is None:
        raise ConfigError("Nothing is sealed here", why="vault.keys is not set")
    return HourKeys(settings.vault.keys)


def server_token() -> str:
    """Return an API token of the server, empty where it has no accounts."""
    given = os.environ.get("CUSTODES_TOKEN")
    if given is not None:
        return given
    answer: str = typer.prompt(
        "API token of the server, empty if it has no accounts", default="", hide_input=True, show_default=False
    )
    return answer


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
