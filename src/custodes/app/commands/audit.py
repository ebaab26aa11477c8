"""`custodes audit`: what an outsider can check of a published log, without asking its operator."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from custodes.app.ceremony import VerifiedDisclosure, VerifiedExport
from custodes.app.ceremony import verify_export as check_export
from custodes.app.console import err, out
from custodes.app.register_diff import compare_registers, load_register
from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.time import NS_PER_S, to_iso
from custodes.ledger import (
    Accepted,
    Checkpoint,
    FolderReader,
    Leaf,
    Policy,
    check_commitment,
    mirror,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger import prove_inclusion as prove_leaf
from custodes.ledger.audit import check_leaf
from custodes.ledger.leaf import SALT_BYTES
from custodes.ledger.note import Note
from custodes.ledger.remote import WebReader, connect
from custodes.ledger.text import to_base64

_TIMEOUT_S: Final = 30.0
_CONNECTIONS: Final = 8

app = typer.Typer(
    no_args_is_help=True,
    help="Check a published log, offline: with a copy of its folder and a policy file, and nothing else. Only `fetch`, "
    "which makes the copy, connects to anything.\n\n"
    "The policy (C2SP tlog-policy) names the log's key, the witnesses' keys, and how many of them have to have "
    "cosigned. Get the keys from someone you trust, not from the folder. Every command ends with code 0 where all is "
    "well, and with code 2 and the reason where anything is not.",
)

Folder = Annotated[
    Path, typer.Argument(help="Copy of the published log: the folder that holds `checkpoint` and `tile`.")
]
PolicyFile = Annotated[Path, typer.Option("--policy", help="Policy file: log and witness keys, and the quorum.")]


@app.command()
def fetch(
    url: Annotated[str, typer.Argument(help="Address of the published log: of the folder that holds `checkpoint`.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The copy; made where it is missing.")],
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="Policy file; without one, nobody's signature is checked until later."),
    ] = None,
) -> None:
    """Copy a published log, or bring the copy up to date, checking all that is added against the checkpoint.

    What is there is not fetched again, and a copy that was interrupted goes on. Every checkpoint seen is kept in
    DIR/checkpoints. A log that was rolled back or rewritten since, or shows you something else than before, is refused:
    the copy stays as it was, and the checkpoint is kept in DIR/refused.
    """
    trust = _policy(policy) if policy is not None else None

    def accept(data: bytes) -> Checkpoint:
        return trust.accept(data).checkpoint if trust else Checkpoint.parse(Note.parse(data).text)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with connect(_TIMEOUT_S, _CONNECTIONS) as client, Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("files", total=None)
        done = mirror(
            WebReader(url, client), folder, accept, lambda there, total: bar.update(task, completed=there, total=total)
        )
    size = done.checkpoint.size
    out.print(f"Log: {_printable(done.checkpoint.origin)}", markup=False, soft_wrap=True)
    out.print(f"Leaves: {size}, {size - done.before} of them new; {done.files} files fetched.")
    if done.before:
        out.print(f"It begins with all {done.before} leaves that were seen before.")
    out.print(f"Checkpoint kept: {done.kept}", markup=False, soft_wrap=True)
    if trust is None:
        out.print("Nobody's signature was checked: give --policy, or use `custodes audit verify-checkpoint`.")


@app.command()
def verify_checkpoint(folder: Folder, policy: PolicyFile) -> None:
    """Check who signed and cosigned the checkpoint, and that this is enough for the policy."""
    _print_checkpoint(_accepted(folder, _policy(policy)))


@app.command()
def prove_inclusion(
    folder: Folder,
    index: Annotated[int, typer.Argument(help="Which leaf, counted from 0.", min=0)],
    policy: PolicyFile,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Where to write the proof (C2SP tlog-proof), to be passed on.")
    ] = None,
) -> None:
    """Prove that a leaf is in the log, and show it."""
    accepted = _accepted(folder, _policy(policy))
    entry, proof = prove_leaf(FolderReader(folder), accepted, index)
    _print_checkpoint(accepted)
    out.print(f"Leaf {index} is in it: {entry.decode('utf-8', 'backslashreplace')!r}", markup=False, soft_wrap=True)
    if out_file is not None:
        try:
            out_file.write_bytes(bytes(proof))
        except OSError as error:
            raise ConfigError(f"{out_file} cannot be written", why=os.strerror(error.errno or 0)) from error
        out.print(f"Proof: {out_file}", markup=False, soft_wrap=True)


@app.command("prove-consistency")
def consistency(
    folder: Folder,
    earlier: Annotated[Path, typer.Argument(help="A checkpoint that you or somebody else kept from before.")],
    policy: PolicyFile,
) -> None:
    """Prove that the log still begins with all that was in it at an earlier checkpoint.

    Finds a log that was rolled back or rewritten, and one that shows different people different things. Keep a copy of
    the checkpoint each time you look, and compare with others.
    """
    trust = _policy(policy)
    accepted = _accepted(folder, trust)
    _print_checkpoint(accepted)
    _print_consistency(folder, trust, accepted, earlier)


@app.command("verify-all")
def everything(
    folder: Folder,
    policy: PolicyFile,
    earlier: Annotated[
        Path | None, typer.Option("--earlier", help="A checkpoint from before, to be proved consistent as well.")
    ] = None,
) -> None:
    """Check the checkpoint, every tile, every bundle and every leaf."""
    trust = _policy(policy)
    accepted = _accepted(folder, trust)
    _print_checkpoint(accepted)
    audited = verify_all(FolderReader(folder), accepted.checkpoint)
    out.print(f"All {audited.leaves} leaves and every tile are what the checkpoint says.")
    if audited.beyond:
        out.print(
            f"{audited.beyond} files belong to a larger tree and were not checked: leaves that are not cosigned yet, "
            "or the log was rolled back. Look again later: the checkpoint has to grow.",
            soft_wrap=True,
        )
    if earlier is not None:
        _print_consistency(folder, trust, accepted, earlier)


@app.command()
def open_commitment(
    folder: Folder,
    index: Annotated[int, typer.Argument(help="Which leaf, counted from 0.", min=0)],
    body: Annotated[Path, typer.Option(help="File with the private body that was disclosed, JSON.")],
    salt: Annotated[str, typer.Option(help="The salt that was disclosed with it: 64 hexadecimal digits, or a file.")],
    policy: PolicyFile,
) -> None:
    """Check that a disclosed private body is what a leaf commits to, and show both.

    Leaves say what happened; by whom, why and for whom is in bodies that are not published. Whoever is shown one, such
    as a court, can check here that it was not made up afterwards.
    """
    accepted = _accepted(folder, _policy(policy))
    entry, _ = prove_leaf(FolderReader(folder), accepted, index)
    check_leaf(index, entry)
    leaf = Leaf.parse(entry)
    content = _canonical(body)
    check_commitment(leaf.commit, _salt(salt), content)
    _print_checkpoint(accepted)
    where = f" at {leaf.camera}" if leaf.camera else ""
    out.print(f"Leaf {index}: {leaf.type}{where}, {_when(leaf.t)}", markup=False, soft_wrap=True)
    out.print(f"It commits to: {_printable(content.decode('utf-8'))}", markup=False, soft_wrap=True)


@app.command()
def register_diff(
    old: Annotated[Path, typer.Argument(help="The register so far: register.json, or the folder that holds it.")],
    new: Annotated[Path, typer.Argument(help="The register to come.")],
    folder: Folder,
    policy: PolicyFile,
) -> None:
    """Say which cameras were added, removed or changed from one published register to the next, and by which leaf.

    Then everything is listed in which the newer register contradicts the log: a camera whose charter no leaf adopted,
    one that the log knows and the register does not, a charter that is not what its version says.
    """
    findings = compare_registers(load_register(old), load_register(new), FolderReader(folder), _policy(policy))
    for line in findings.changes:
        out.print(_printable(line), markup=False, soft_wrap=True)
    if not findings.changes:
        out.print("Both registers say the same.")
    for line in findings.contradictions:
        out.print(f"wrong    {_printable(line)}", markup=False, soft_wrap=True)
    if findings.contradictions:
        raise IntegrityError(
            f"The register contradicts the log in {len(findings.contradictions)} places",
            fix="ask whoever publishes it, and keep both as evidence",
        )


@app.command()
def verify_export(
    folder: Annotated[Path, typer.Argument(help="The export: the folder that holds `manifest.json`.")],
    policy: PolicyFile,
) -> None:
    """Check an export, of redacted recordings or of originals: that the log has it, and that its files are unchanged.

    Of originals, who approved is checked as well. What cannot be told is whether the pictures were made of those
    originals or recordings: for that, trust whoever opened or exported them.
    """
    verified = check_export(folder, _policy(policy))
    _print_checkpoint(verified.accepted)
    if not verified.accepted.witnesses:
        out.print("No witness has cosigned it: that the log has it, only the log's own operator says.")
    if isinstance(verified, VerifiedDisclosure):
        lines, files = _told(verified.disclosure.words()), verified.disclosure.files
    else:
        lines, files = _opened(verified), verified.manifest.files
    lines += [f"{file.name}: unchanged, SHA-256 {file.sha256}" for file in files]
    out.print("\n".join(lines), markup=False, soft_wrap=True)


def _opened(verified: VerifiedExport) -> list[str]:
    manifest = verified.manifest
    lines = _told(manifest.request.words())
    lines += [f"approved by: {', '.join(verified.custodians)}", f"opened: {to_iso(manifest.opened)}"]
    return lines + [
        f"sealed part {part.part} of hour {part.hour} was cut off" for part in manifest.parts if not part.complete
    ]


def _told(words: Iterable[tuple[str, str]]) -> list[str]:
    return [_printable(f"{title}: {text}") for title, text in words]


def _canonical(path: Path) -> bytes:
    """Return what the JSON file at `path` says, as canonical JSON."""
    try:
        return canonical_json(json.loads(_content(path), object_pairs_hook=_without_repetition))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is no private body", why=f"it is not JSON: {error}") from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        msg = "a name is in it twice"
        raise ValueError(msg)
    return dict(pairs)


def _salt(text: str) -> bytes:
    """Return the salt that `text` is, or that is in the file it names, in hexadecimal or as it is."""
    if len(text) != 2 * SALT_BYTES:
        data = _content(Path(text))
        if len(data) == SALT_BYTES:
            return data
        text = data.decode("ascii", "replace").strip()
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ConfigError("The salt cannot be read", why=f"it is not {2 * SALT_BYTES} hexadecimal digits") from error


def _printable(text: str) -> str:
    """Return `text` without what would steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _policy(path: Path) -> Policy:
    return Policy.parse(_content(path))


def _accepted(folder: Path, policy: Policy) -> Accepted:
    return policy.accept(read_checkpoint(FolderReader(folder)))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", why=os.strerror(error.errno or 0)) from error


def _print_checkpoint(accepted: Accepted) -> None:
    checkpoint = accepted.checkpoint
    lines = [
        f"Log: {checkpoint.origin}",
        f"Leaves: {checkpoint.size}",
        f"Root: {to_base64(checkpoint.root)}",
        f"Signed by: {accepted.log}",
        *(f"Cosigned by: {name} at {_when(time_s)}" for name, time_s in accepted.witnesses.items()),
    ]
    out.print("\n".join(lines), markup=False, soft_wrap=True)


def _when(time_s: int) -> str:
    try:
        return to_iso(time_s * NS_PER_S)
    except (OverflowError, ValueError, OSError):
        return f"{time_s} seconds after 1970"


def _print_consistency(folder: Path, policy: Policy, accepted: Accepted, earlier: Path) -> None:
    before = policy.accept(_content(earlier)).checkpoint
    prove_consistency(FolderReader(folder), before, accepted.checkpoint)
    out.print(f"It begins with all {before.size} leaves of {earlier}.", markup=False, soft_wrap=True)
