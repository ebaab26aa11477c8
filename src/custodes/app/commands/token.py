"""`custodes token`: API tokens, with which programs act for an account."""

from typing import Annotated

import typer
from rich.table import Table

from custodes.api import new_token
from custodes.app.commands.account import note_change, opened_store
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock, to_iso
from custodes.store import Token

app = typer.Typer(
    no_args_is_help=True,
    help="Make and revoke API tokens: a program sends one as `Authorization: Bearer TOKEN` and may do what its account "
    "may.\n\nA token is shown once. It ends on its day, when it is revoked, and when its account is disabled.",
)


@app.command()
def new(
    account: Annotated[str, typer.Argument(help="Account that the token acts for.")],
    days: Annotated[int, typer.Option(help="Days after which it expires.", min=1, max=366)] = 90,
    config: Config = CONFIG,
) -> None:
    """Make a token for an account, and show it once."""
    with opened_store(config) as store:
        token, secret = new_token(store, account, days, SystemClock())
        note_change(store, account, f"token {token.id} made, for {days} days")
    out.print(
        f"Token {token.id} of {account}, valid until {to_iso(token.expires_ns)}, shown only now:\n{secret}",
        markup=False,
        soft_wrap=True,
    )


@app.command("list")
def show(config: Config = CONFIG) -> None:
    """List all tokens, without the secrets, which nobody has but whoever was shown them."""
    now_ns = SystemClock().utc_ns()
    table = Table("id", "account", "made", "expires", "state")
    with opened_store(config) as store:
        for token in store.accounts.tokens():
            table.add_row(
                token.id, token.account, to_iso(token.created_ns), to_iso(token.expires_ns), _state(token, now_ns)
            )
    out.print(table)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, as `custodes token list` shows it.")],
    config: Config = CONFIG,
) -> None:
    """Take a token back, at once and for good."""
    with opened_store(config) as store:
        if not store.accounts.revoke(token_id):
            raise ConfigError(f"there is no token {token_id[:80]!r}", fix="`custodes token list` shows all")
        note_change(store, "", f"token {token_id} revoked")
    out.print(f"Token {token_id} is revoked.", markup=False)


def _state(token: Token, now_ns: int) -> str:
    if token.revoked:
        return "revoked"
    return "expired" if token.expires_ns <= now_ns else "in use"
