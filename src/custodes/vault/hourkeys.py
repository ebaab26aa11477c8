"""Keys that expire: one for each camera and hour, in a folder that no backup may hold.

Envelopes are stored encrypted under them. Once the key of an hour is destroyed, every copy of that hour, in whatever
backup, is noise.
"""

from collections.abc import Iterable
from pathlib import Path

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import hour_start_ns
from custodes.vault.keyfolder import KeyFolder


class HourKeys:
    """The key store.

    Args:
        folder: Of its own; made where it is missing.

    Raises:
        StoreError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._keys = KeyFolder(folder)

    def make(self, camera: str, hour: str) -> bytes:
        """Return the key of an hour, 32 bytes; a new one, on the disk already, where there is none.

        Raises:
            StoreError: It cannot be read or written.
        """
        return self._keys.make(_name(camera, hour))

    def get(self, camera: str, hour: str) -> bytes:
        """Return the key of an hour, 32 bytes.

        Raises:
            IntegrityError: There is none any more: the hour has expired.
            StoreError: It cannot be read.
        """
        key = self._keys.get(_name(camera, hour))
        if key is None:
            raise IntegrityError(
                f"The hour {hour} of {camera} has expired", why="its key was destroyed, so no copy of it opens any more"
            )
        return key

    def hours(self, camera: str) -> list[str]:
        """Return the hours of `camera` that have a key, the earliest first."""
        return self._keys.names(camera)

    def cameras(self) -> list[str]:
        """Return the cameras that have keys."""
        return sorted(path.name for path in self._keys.folder.iterdir() if path.is_dir())

    def destroy(self, camera: str, hours: Iterable[str]) -> None:
        """Destroy the keys of `hours` of `camera`, where there are any.

        Raises:
            StoreError: A key could not be destroyed.
        """
        wanted = list(hours)
        for hour in wanted:
            hour_start_ns(hour)
        self._keys.destroy(wanted, below=camera)


def _name(camera: str, hour: str) -> str:
    hour_start_ns(hour)
    return f"{camera}/{hour}"
