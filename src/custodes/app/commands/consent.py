"""`custodes consent`: what people who enrol agree to."""

import typer

from custodes.identity import TEXT, TEXT_VERSION

app = typer.Typer(
    no_args_is_help=True,
    help="See what people agree to who want to be recognised.\n\n"
    "Consent has to be free: whoever does not agree gets the same in another way, which the charter names.",
)


@app.callback()
def consent() -> None:
    """Keep `template` a command of its own, also while it is the only one."""


@app.command()
def template() -> None:
    """Print the text that people agree to, and its version.

    The words in braces come from the charter and from what the person chooses. A consent names the version, the SHA-256
    of the text; nobody enrols with a consent to another version.
    """
    typer.echo(TEXT)
    typer.echo(f"Version: {TEXT_VERSION}")
