"""Keys that expire: one for each camera and hour, in a folder that no backup may hold.

Envelopes are stored encrypted under them. Once the key of an hour is destroyed, every copy of that hour, in whatever
backup, is noise.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.vault.disk import PARTIAL, destroy, make_folder, write
from custodes.vault.documents import hour_start_ns

_BYTES: Final = 32
_SUFFIX: Final = ".key"
_NOTES: Final = {
    # https://bford.info/cachedir/
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Keys of custodes that have to expire. Never back up this folder: a copy of a key outlives its destruction.\n",
    ".nobackup": "",
}


class HourKeys:
    """The key store.

    Args:
        folder: Of its own; made where it is missing.

    Raises:
        StoreError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            make_folder(folder)
            for name, text in _NOTES.items():
                if not (folder / name).exists():
                    write(folder / name, text.encode("ascii"))
        except OSError as error:
            raise StoreError(f"the key store {folder} cannot be made", why=os.strerror(error.errno or 0)) from error

    def make(self, camera: str, hour: str) -> bytes:
        """Return the key of an hour, 32 bytes; a new one, on the disk already, where there is none.

        Raises:
            StoreError: It cannot be read or written.
        """
        path = self._path(camera, hour)
        try:
            if not path.exists():
                write(path, os.urandom(_BYTES))
        except OSError as error:
            raise StoreError("A key cannot be written", why=os.strerror(error.errno or 0)) from error
        return self.get(camera, hour)

    def get(self, camera: str, hour: str) -> bytes:
        """Return the key of an hour, 32 bytes.

        Raises:
            IntegrityError: There is none any more: the hour has expired.
            StoreError: It cannot be read.
        """
        try:
            key = self._path(camera, hour).read_bytes()
        except FileNotFoundError:
            raise IntegrityError(
                f"The hour {hour} of {camera} has expired", why="its key was destroyed, so no copy of it opens any more"
            ) from None
        except OSError as error:
            raise StoreError("A key cannot be read", why=os.strerror(error.errno or 0)) from error
        if len(key) != _BYTES:
            raise IntegrityError(f"The key of the hour {hour} of {camera} is damaged")
        return key

    def hours(self, camera: str) -> list[str]:
        """Return the hours of `camera` that have a key, the earliest first."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in (self._folder / camera).glob(f"*{_SUFFIX}"))

    def cameras(self) -> list[str]:
        """Return the cameras that have keys."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())

    def destroy(self, camera: str, hours: Iterable[str]) -> None:
        """Destroy the keys of `hours` of `camera`, where there are any.

        Raises:
            StoreError: A key could not be destroyed.
        """
        try:
            for hour in hours:
                destroy(self._path(camera, hour))
            for left in (self._folder / camera).glob(f"*{PARTIAL}"):  # of a crash; never in use
                destroy(left)
        except OSError as error:
            raise StoreError("A key could not be destroyed", why=os.strerror(error.errno or 0)) from error

    def _path(self, camera: str, hour: str) -> Path:
        hour_start_ns(hour)
        return self._folder / camera / f"{hour}{_SUFFIX}"


def check_apart(keys: Path, data: Path) -> None:
    """Check that the key store does not lie where backups of the data would take it along.

    Raises:
        ConfigError: One of the folders is inside the other.
    """
    one, other = keys.resolve(), data.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise ConfigError(
            f"vault.keys is {keys}, and data is {data}",
            why="a backup of the data would keep keys that have to expire",
            fix="choose a folder for vault.keys that is outside data, and leave it out of backups",
        )
