"""The people who enrolled at one server: opened for a command or the server, and let go when their consent ends."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from custodes.app.duty import repeating
from custodes.app.logbook import receipt_key
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.domain.errors import ConfigError
from custodes.domain.time import Clock
from custodes.identity import Enrolments, Identities, TemplateSafe
from custodes.journal import Entry
from custodes.ledger import SigningKey
from custodes.vault import check_apart

_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What a server holds about people who enrolled.

    Attributes:
        enrolments: Makes and ends enrolments.
        identities: Names, contacts, consents.
        safe: Templates and keys.
        key: Signs receipts and archives.
    """

    enrolments: Enrolments
    identities: Identities
    safe: TemplateSafe
    key: SigningKey


@contextmanager
def opened_identity(
    settings: Settings, charters: Charters, clock: Clock, log: Callable[[Entry], object]
) -> Iterator[ServerIdentity]:
    """Lend what the server of `settings` holds.

    Args:
        settings: Of the server.
        charters: Of its cameras.
        clock: Wall time.
        log: Returns once an entry is durable.

    Raises:
        ConfigError: `identity.keys` is not set, or lies inside the data folder.
        StoreError: Something cannot be used.
    """
    if settings.identity.keys is None:
        raise ConfigError(
            "Nobody can enrol here", why="identity.keys is not set", fix="name a folder that is in no backup"
        )
    check_apart(settings.identity.keys, settings.data, "identity.keys")
    folders = settings.folders
    folders.make()
    key = receipt_key(folders, settings.log.origin)
    with (
        closing(Identities.open(folders.identities, folders.texts())) as identities,
        closing(TemplateSafe.open(folders.templates, settings.identity.keys)) as safe,
    ):
        enrolments = Enrolments(identities, safe, charters, clock=clock, log=log, key=key)
        yield ServerIdentity(enrolments, identities, safe, key)


@contextmanager
def ending_enrolments(
    settings: Settings, charters: Charters, clock: Clock, log: Callable[[Entry], object]
) -> Iterator[None]:
    """End enrolments whose consent is over as long as the server runs, every minute; nothing without `identity.keys`.

    Args:
        settings: Of the server.
        charters: Of its cameras.
        clock: Wall time.
        log: Returns once an entry is durable.

    Raises:
        ConfigError: `identity.keys` lies inside the data folder.
        StoreError: Something cannot be used.
    """
    if settings.identity.keys is None:
        yield
        return
    with (
        opened_identity(settings, charters, clock, log) as identity,
        repeating(identity.enrolments.sweep, _EVERY_S, name="enrolments", failed="enrolments have not ended yet"),
    ):
        yield
