"""What a server does with its vault: takes requests, and lets sealed hours expire. It cannot open anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from custodes.api.desk import UnsealDesk
from custodes.app.duty import repeating
from custodes.app.sealed_retention import SealedRetention
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.domain.time import NS_PER_S, Clock
from custodes.journal import Journal
from custodes.store import PrivateTexts, Store
from custodes.vault import HourKeys, SealedFolder, check_apart

_EVERY_S: Final = 60.0
_S_PER_DAY: Final = 86_400


class ServerVault:
    """The vault of one server; it does nothing where `vault.keys` is not set.

    Args:
        settings: Of the server.
        journal: The log.
        charters: Of the cameras that run.
        clock: Wall time.
        texts: Encrypts requests.

    Raises:
        ConfigError: The keys lie inside the data folder.
        StoreError: The key store cannot be made.
    """

    def __init__(
        self, settings: Settings, journal: Journal, charters: Charters, clock: Clock, texts: PrivateTexts
    ) -> None:
        folders = settings.folders
        self._folder = SealedFolder(folders.sealed)
        self._journal = journal
        self._clock = clock
        self._body_ns = settings.log.body_days * _S_PER_DAY * NS_PER_S
        self._keys: HourKeys | None = None
        self.desk: UnsealDesk | None = None
        """Takes requests; None where nothing is sealed."""
        if settings.vault.keys is not None:
            check_apart(settings.vault.keys, settings.data)
            self._keys = HourKeys(settings.vault.keys)
            self.desk = UnsealDesk(
                folders.unseal,
                sealed=self._folder,
                keys=self._keys,
                journal=journal,
                charters=charters,
                clock=clock,
                texts=texts,
            )

    @contextmanager
    def expiring(self, charters: Charters, store: Store) -> Iterator[None]:
        """Every minute, let go of hours and requests whose time is over.

        Args:
            charters: Of all cameras that ever had one, the last ones.
            store: Has the holds.
        """
        keys, desk = self._keys, self.desk
        if keys is None or desk is None:
            yield
            return
        retention = SealedRetention(
            self._folder, keys, charters, store.holds, clock=self._clock, report=self._journal.log_soon
        )

        def expire() -> None:
            retention.apply()
            desk.forget(self._clock.utc_ns() - self._body_ns)

        with repeating(expire, _EVERY_S, name="vault", failed="what is over in the vault is not deleted yet"):
            yield
