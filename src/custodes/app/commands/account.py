"""`custodes account`: who may use a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from custodes.api import add_account, new_password
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.settings import load_settings
from custodes.domain.errors import ConfigError
from custodes.domain.persons import Role
from custodes.domain.time import SystemClock, to_iso
from custodes.journal import Kind
from custodes.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="Say who may use a server: one account a person, so that it can be logged who looked at what.\n\n"
    "Passwords are made here and shown once. Changes hold at once, also for a server that is running. From the first "
    "account on, everything needs a login, on loopback too.\n\n"
    "Roles: *operator* sees and searches what charters allow; *auditor* sees how cameras are doing, no imagery and no "
    "events; *admin* does what an operator does, and answers for accounts and configuration. Whoever can write the "
    "data folder can do all this, so protect that folder.",
)

Name = Annotated[str, typer.Argument(help="Name of the account.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name of the person: 1-40 of a-z, 0-9, '.', '-' and '_'.")],
    role: Annotated[Role, typer.Option(help="What that person is here for.")] = Role.OPERATOR,
    config: Config = CONFIG,
) -> None:
    """Make an account, and show its password once."""
    with opened_store(config) as store:
        secret = add_account(store, name, role, SystemClock())
        note_change(store, name, f"made, {role}")
    _show(name, secret)


@app.command("list")
def show(config: Config = CONFIG) -> None:
    """List all accounts."""
    table = Table("name", "role", "made", "state")
    with opened_store(config) as store:
        for one in store.accounts.all():
            table.add_row(one.name, one.role, to_iso(one.created_ns), "disabled" if one.disabled else "in use")
    out.print(table)


@app.command()
def disable(name: Name, config: Config = CONFIG) -> None:
    """Close an account for good: its sessions, live views and tokens end at once.

    The name stays taken, as what was logged under it must stay that person's.
    """
    with opened_store(config) as store:
        if not store.accounts.disable(name):
            raise ConfigError(f"there is no account {name[:80]!r}", fix="`custodes account list` shows all")
        note_change(store, name, "disabled")
    out.print(f"{name} is disabled.", markup=False)


@app.command()
def password(name: Name, config: Config = CONFIG) -> None:
    """Give an account a new password, and show it once. Its sessions end; its tokens stay."""
    with opened_store(config) as store:
        secret = new_password(store, name)
        note_change(store, name, "new password")
    _show(name, secret)


@contextmanager
def opened_store(config: Path) -> Iterator[Store]:
    """Lend the store of the server that `config` describes.

    Raises:
        ConfigError: `config` cannot be read or is wrong.
        StoreError: The data folder or the database cannot be used.
    """
    folders = load_settings(config).folders
    folders.make()
    store = Store.open(folders.database, folders.texts())
    try:
        yield store
    finally:
        store.close()


def note_change(store: Store, account: str, change: str) -> None:
    """Have the server log that `account` changed, as soon as it runs."""
    store.owed.add(Kind.ACCOUNT_CHANGED, {"account": account, "change": change}, SystemClock().utc_ns())


def _show(name: str, secret: str) -> None:
    out.print(f"The password of {name}, shown only now: {secret}", markup=False, soft_wrap=True)
