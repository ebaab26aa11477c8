"""`custodes models`: what is used, where it came from, under which licence."""

from typing import Annotated

import typer
from rich.table import Table

from custodes.app.console import out
from custodes.perceive.models import ensure, model_table


def models(
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch and convert what is not in the cache yet.")] = False,
) -> None:
    """List the models with purpose, licence, source and digest."""
    if fetch:
        ensure(recognition=True)
    table = Table(title="Models")
    for column in ("model", "purpose", "licence", "source", "SHA-256", "in cache"):
        table.add_column(column, overflow="fold")
    for row in model_table():
        table.add_row(row.name, row.purpose, row.licence, row.source, row.digest, "yes" if row.cached else "no")
    out.print(table)
