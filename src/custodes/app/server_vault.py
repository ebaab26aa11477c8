"""What a server does with its vault: takes requests, and lets sealed hours expire. It cannot open anything."""

from contextlib import AbstractContextManager, nullcontext

from custodes.api.desk import UnsealDesk
from custodes.app.sealed_retention import SealedRetention
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.domain.time import Clock
from custodes.journal import Journal
from custodes.pipeline.shard import Folders
from custodes.store import Store
from custodes.vault import HourKeys, SealedFolder, check_apart


class ServerVault:
    """The vault of one server; it does nothing where `vault.keys` is not set.

    Args:
        settings: Of the server.
        clock: Wall time.

    Raises:
        ConfigError: The keys lie inside the data folder.
        StoreError: The key store cannot be made.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        folders = Folders(data=settings.data)
        self._requests = folders.unseal
        self._folder = SealedFolder(folders.sealed)
        self._clock = clock
        self._keys: HourKeys | None = None
        if settings.vault.keys is not None:
            check_apart(settings.vault.keys, settings.data)
            self._keys = HourKeys(settings.vault.keys)

    def desk(self, journal: Journal, charters: Charters) -> UnsealDesk | None:
        """Return who takes requests, None where nothing is sealed."""
        if self._keys is None:
            return None
        return UnsealDesk(
            self._requests, sealed=self._folder, keys=self._keys, journal=journal, charters=charters, clock=self._clock
        )

    def retention(self, charters: Charters, store: Store, journal: Journal) -> SealedRetention | None:
        """Return what lets hours expire, None where nothing is sealed.

        Args:
            charters: Of all cameras that ever had one.
            store: Has the holds.
            journal: Told what was destroyed.
        """
        if self._keys is None:
            return None
        return SealedRetention(
            self._folder, self._keys, charters, store.holds, clock=self._clock, report=journal.log_soon
        )

    def expiring(self, charters: Charters, store: Store, journal: Journal) -> AbstractContextManager[None]:
        """Let hours expire as long as the server runs."""
        retention = self.retention(charters, store, journal)
        return retention.running() if retention is not None else nullcontext()
