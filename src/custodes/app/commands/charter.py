"""`custodes charter`: what a camera may do, written, checked and compared."""

import hashlib
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from custodes.app.console import err, out
from custodes.app.questions import QUESTIONS
from custodes.charter import (
    TEMPLATES,
    Answers,
    Charter,
    CharterError,
    Direction,
    TemplateName,
    assessed_in,
    compare,
    lapsed,
    load_charter,
    parse_charter,
    render,
    summary,
)
from custodes.disk import write
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.journal.signature import sign_charter, signature_path
from custodes.ledger import KeyKind, SigningKey

app = typer.Typer(
    no_args_is_help=True,
    help="Write, check, sign and compare charters: what a camera may do, for what, by which right, for how long.\n\n"
    "`custodes run` reads every `*.toml` in the folder `charters` beside its configuration. A camera that no valid "
    "charter names stays dark.",
)

_STYLES = {Direction.MORE: "red", Direction.LESS: "green", Direction.OTHER: ""}

_DAY = "%Y-%m-%d"


_NEW_HELP = (
    "Make a charter from a template and a handful of answers; what is not given is asked.\n\n"
    "The file has comments. Read every sentence and make it true: a charter is a public promise.\n\n"
    "Templates:\n\n" + "\n\n".join(f"- {name}: {template.title}" for name, template in TEMPLATES.items())
)


@app.command(help=_NEW_HELP)
def new(  # noqa: PLR0917  one parameter an option
    template: Annotated[TemplateName, typer.Option(help="The common case that comes closest.")],
    camera: Annotated[str, typer.Option(prompt="Id of the camera", help="Id of the camera.")],
    controller: Annotated[
        str, typer.Option(prompt=QUESTIONS["controller"], help="Name of whoever answers for the camera.")
    ],
    contact: Annotated[str, typer.Option(prompt=QUESTIONS["contact"], help="Where people reach the controller.")],
    place: Annotated[str, typer.Option(prompt=QUESTIONS["place"], help="Where the camera hangs.")],
    view: Annotated[str, typer.Option(prompt=QUESTIONS["view"], help="What is in view, and what is not.")],
    baseline: Annotated[
        str,
        typer.Option(
            prompt=QUESTIONS["baseline"],
            help="Why it is needed: how things are without it, with figures where there are any.",
        ),
    ],
    law: Annotated[
        str, typer.Option(help="The law behind a public task, with its article; asked where the template needs it.")
    ] = "",
    dpia: Annotated[Path | None, typer.Option(help="File of the approved impact assessment.")] = None,
    dpia_configuration: Annotated[
        str,
        typer.Option(help="Hash of the configuration that it assessed; read out of the file where that names it."),
    ] = "",
    no_dpia_because: Annotated[str, typer.Option(help="Or why no impact assessment is required.")] = "",
    adopted: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="First day on which the charter holds; today if not given.")
    ] = None,
    out_file: Annotated[Path, typer.Option("--out", help="File to write; never one that exists.")] = Path(
        "charter.toml"
    ),
) -> None:
    """Make a charter from a template and answers."""
    if TEMPLATES[template].needs_law and not law:
        law = typer.prompt(QUESTIONS["law"])
    if dpia is None and not no_dpia_because:
        no_dpia_because = typer.prompt(QUESTIONS["no_dpia_because"])
    answers = Answers(
        camera=camera,
        controller=controller,
        contact=contact,
        place=place,
        view=view,
        baseline=baseline,
        adopted=adopted.date() if adopted else _today(),
        law=law,
        dpia_reference=dpia.name if dpia else "",
        dpia_sha256=_digest(dpia) if dpia else "",
        dpia_configuration=dpia_configuration or (_assessed(dpia) if dpia else ""),
        no_dpia_because=no_dpia_because,
    )
    text = render(template, answers)
    _write(out_file, text)
    out.print(f"Written to {out_file}, version {parse_charter(text).version}.", markup=False, soft_wrap=True)
    out.print(f"Read it, make it true, then: custodes charter check {out_file}", markup=False, soft_wrap=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The charter, TOML.")],
    on: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Day (UTC) to check for; today if not given.")
    ] = None,
    dpia: Annotated[
        Path | None, typer.Option(help="Impact assessment whose hash has to be the one the charter names.")
    ] = None,
    canonical: Annotated[
        bool, typer.Option("--canonical", help="Print the canonical JSON and no more; its SHA-256 is the version.")
    ] = False,
) -> None:
    """Say what is wrong with a charter, or its version and what it says in plain words.

    Exit code 0 if it is valid and holds on that day, 1 if not, 2 if it cannot be read.
    """
    try:
        charter = load_charter(file)
    except CharterError as error:
        _refuse(file, [str(problem) for problem in error.problems])
    if canonical:
        sys.stdout.buffer.write(charter.canonical())
        return
    problems = [lapsed(charter, on.date() if on else _today()), _differs(charter, dpia) if dpia else ""]
    if found := [problem for problem in problems if problem]:
        _refuse(file, found)
    table = Table(show_header=False, box=None, pad_edge=False)
    for row in summary(charter):
        table.add_row(*row)
    out.print(f"{file} is valid.\nversion {charter.version}\n", markup=False, soft_wrap=True)
    out.print(table, markup=False)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The charter so far.")],
    new_file: Annotated[Path, typer.Argument(metavar="NEW", help="The charter to come.")],
) -> None:
    """Say in words what becomes more and what less from one charter to the next.

    What cannot be measured, such as another purpose or another place, counts as more. Exit code 1 if anything becomes
    more, 0 if not, 2 if a charter cannot be read or is not valid.
    """
    changes = compare(load_charter(old), load_charter(new_file))
    for change in changes:
        out.print(f"{change.direction:5}  {change.text}", style=_STYLES[change.direction], markup=False, soft_wrap=True)
    if not changes:
        out.print("Both say the same.")
    if any(change.direction is Direction.MORE for change in changes):
        raise typer.Exit(1)


@app.command()
def keygen(
    name: Annotated[str, typer.Option(help="Who signs, without spaces, such as city.example/data-protection-officer.")],
    out_file: Annotated[Path, typer.Option("--out", help="File for the private key; never one that exists.")],
) -> None:
    """Make a key to sign charters with, and print its verifier key, which goes into `charter_signers`.

    Whoever has the file can sign in that name: keep it away from the server.
    """
    key = SigningKey.generate(name, KeyKind.LOG)
    if out_file.exists():
        raise ConfigError(f"{out_file} exists", fix="give another --out")
    try:
        write(out_file, f"{key.private_text()}\n".encode())
    except OSError as error:
        raise ConfigError(f"{out_file} cannot be written", why=error.strerror or "") from error
    typer.echo(f"Private key: {out_file}")
    typer.echo(f"Verifier key, for charter_signers: {key.verifier}")


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="The charter, TOML.")],
    key: Annotated[Path, typer.Option(help="File with the private key; `custodes charter keygen` makes it.")],
) -> None:
    """Sign a charter: exactly this version of it. The signature is written to FILE.sig, beside those of others.

    A change of the charter, be it of one word, makes all signatures void.
    """
    charter, signatures = load_charter(file), signature_path(file)
    try:
        signing = SigningKey.parse(key.read_text(encoding="utf-8").strip())
        signed = signatures.read_bytes() if signatures.exists() else None
        signatures.write_bytes(sign_charter(charter, signing, signed))
    except IntegrityError as error:
        raise ConfigError(f"{file} was not signed", why=error.what, fix=f"see {key} and {signatures}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} was not signed", why=getattr(error, "strerror", "") or str(error)) from error
    out.print(f"{signing.verifier.name} signed version {charter.version}: {signatures}", markup=False, soft_wrap=True)


def _today() -> date:
    return datetime.fromtimestamp(SystemClock().utc_ns() / NS_PER_S, UTC).date()


def _digest(file: Path) -> str:
    return hashlib.sha256(_content(file)).hexdigest()


def _assessed(file: Path) -> str:
    found = assessed_in(_content(file))
    if not found:
        raise ConfigError(
            f"{file} does not say which configuration it assessed",
            why="it names no hash, or several",
            fix="give --dpia-configuration; `custodes dpia` prints the hash",
        )
    return found


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the impact assessment {file} cannot be read",
            why=error.strerror or type(error).__name__,
            fix="give the file that was approved",
        ) from error


def _differs(charter: Charter, file: Path) -> str:
    found = _digest(file)
    if found == charter.dpia.sha256:
        return ""
    return (
        f'dpia.sha256 = "{charter.dpia.sha256}": {file} has {found}, so it is not what was approved; have it approved '
        "again, and write the new hash"
    )


def _refuse(file: Path, problems: list[str]) -> NoReturn:
    err.print(f"{file} is refused:", style="bold red", markup=False, soft_wrap=True)
    for problem in problems:
        err.print(f"- {problem}", markup=False, soft_wrap=True)
    raise typer.Exit(1)


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ConfigError(f"{file} exists", fix="give another --out") from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(f"{file} cannot be written", why=why, fix="give another --out") from error
