"""`custodes audit`: what an outsider can check of a published log, without asking its operator."""

import os
from pathlib import Path
from typing import Annotated

import typer

from custodes.app.ceremony import verify_export as check_export
from custodes.app.console import out
from custodes.domain.errors import ConfigError
from custodes.domain.time import NS_PER_S, to_iso
from custodes.ledger import (
    Accepted,
    FolderReader,
    Policy,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger import prove_inclusion as prove_leaf
from custodes.ledger.text import to_base64

app = typer.Typer(
    no_args_is_help=True,
    help="Check a published log, offline: with a copy of its folder and a policy file, and nothing else.\n\n"
    "The policy (C2SP tlog-policy) names the log's key, the witnesses' keys, and how many of them have to have "
    "cosigned. Get the keys from someone you trust, not from the folder. Every command ends with code 0 where all is "
    "well, and with code 2 and the reason where anything is not.",
)

Folder = Annotated[
    Path, typer.Argument(help="Copy of the published log: the folder that holds `checkpoint` and `tile`.")
]
PolicyFile = Annotated[Path, typer.Option("--policy", help="Policy file: log and witness keys, and the quorum.")]


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
def verify_export(
    folder: Annotated[Path, typer.Argument(help="The export: the folder that holds `manifest.json`.")],
    policy: PolicyFile,
) -> None:
    """Check an export of originals: who approved it, that the log has its request, and that its files are unchanged.

    What it cannot tell is whether the clip was made of those originals: for that, trust whoever opened them, or have
    the custodians open them again.
    """
    verified = check_export(folder, _policy(policy))
    manifest = verified.manifest
    _print_checkpoint(verified.accepted)
    lines = [f"{title}: {text}" for title, text in manifest.request.words()]
    lines += [f"approved by: {', '.join(verified.custodians)}", f"opened: {to_iso(manifest.opened)}"]
    lines += [
        f"sealed part {part.part} of hour {part.hour} was cut off" for part in manifest.parts if not part.complete
    ]
    lines += [f"{file.name}: unchanged, SHA-256 {file.sha256}" for file in manifest.files]
    out.print("\n".join(lines), markup=False, soft_wrap=True)


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
