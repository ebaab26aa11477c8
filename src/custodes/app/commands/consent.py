"""`custodes consent`: what people who enrol agree to."""

from typing import Annotated

import typer

from custodes.identity import languages, wording

app = typer.Typer(
    no_args_is_help=True,
    help="See what people agree to who want to be recognised.\n\n"
    "Consent has to be free: whoever does not agree gets the same in another way, which the charter names.",
)


@app.callback()
def consent() -> None:
    """Keep `template` a command of its own, also while it is the only one."""


@app.command()
def template(
    language: Annotated[str, typer.Option(help=f"Language: {', '.join(languages())}.")] = "en",
) -> None:
    """Print the text that people agree to, and its version.

    The words in braces come from the charter and from what the person chooses. A consent names the version, the SHA-256
    of the text; nobody enrols with a consent to another version. Each language is a version of its own.
    """
    said = wording(language)
    typer.echo(said.template())
    typer.echo(f"Version: {said.version}")
