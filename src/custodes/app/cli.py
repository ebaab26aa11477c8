"""The `custodes` command."""

import sys
from typing import Annotated

import typer

from custodes import __version__
from custodes.app.commands import (
    account,
    add,
    analyze,
    audit,
    charter,
    consent,
    demo,
    doctor,
    dpia,
    evaluate,
    export,
    key,
    log,
    models,
    register,
    retention,
    ropa,
    run,
    subject,
    token,
    vault,
)
from custodes.app.console import complain
from custodes.domain.errors import CustodesError
from custodes.witness import command as witness

app = typer.Typer(
    name="custodes",
    help="Smart cameras that answer to the people they watch.\n\n"
    "New here? `custodes demo` shows everything on real footage; `custodes analyze VIDEO --out DIR` works on yours.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("demo")(demo.demo)
app.command("analyze")(analyze.analyze)
app.command("run")(run.run)
app.command("add")(add.add)
app.add_typer(charter.app, name="charter")
app.add_typer(account.app, name="account")
app.add_typer(token.app, name="token")
app.add_typer(register.app, name="register")
app.command("dpia")(dpia.dpia)
app.command("ropa")(ropa.ropa)
app.command("doctor")(doctor.doctor)
app.command("models")(models.models)
app.add_typer(evaluate.app, name="evaluate")
app.command("export")(export.export)
app.add_typer(retention.app, name="retention")
app.add_typer(log.app, name="log")
app.add_typer(key.app, name="key")
app.add_typer(audit.app, name="audit")
app.add_typer(vault.app, name="vault")
app.add_typer(consent.app, name="consent")
app.add_typer(subject.app, name="subject")
app.add_typer(witness.app, name="witness")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"custodes {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Smart cameras that answer to the people they watch."""


def main() -> None:
    """Run the command; errors that custodes foresees become one clear line and exit code 2."""
    try:
        app()
    except CustodesError as error:
        complain(error)
        sys.exit(2)
