"""A folder of keys that no backup may hold: what was encrypted under a key is noise once the key is destroyed."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from custodes.disk import PARTIAL, destroy, make_folder, write
from custodes.domain.errors import ConfigError, IntegrityError, StoreError

KEY_BYTES: Final = 32
"""Length of a key, bytes."""

_SUFFIX: Final = ".key"
_NOTES: Final = {
    # https://bford.info/cachedir/
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Keys of custodes that have to expire. Never back up this folder: a copy of a key outlives its destruction.\n",
    ".nobackup": "",
}


class KeyFolder:
    """Random keys by name. A name may have one slash, for a folder of its own below.

    Args:
        folder: Of its own; made where it is missing.

    Raises:
        StoreError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        try:
            make_folder(folder)
            for name, text in _NOTES.items():
                if not (folder / name).exists():
                    write(folder / name, text.encode("ascii"))
        except OSError as error:
            raise StoreError(f"the key store {folder} cannot be made", why=os.strerror(error.errno or 0)) from error

    def make(self, name: str) -> bytes:
        """Return the key `name`, 32 bytes; a new one, on the disk already, where there is none.

        Raises:
            IntegrityError: It is damaged.
            StoreError: It cannot be read or written.
        """
        path = self._path(name)
        try:
            if not path.exists():
                write(path, os.urandom(KEY_BYTES))
        except OSError as error:
            raise StoreError("A key cannot be written", why=os.strerror(error.errno or 0)) from error
        key = self.get(name)
        if key is None:
            raise StoreError("A key cannot be read", why="it was destroyed just now")
        return key

    def get(self, name: str) -> bytes | None:
        """Return the key `name`, 32 bytes; None where there is none any more.

        Raises:
            IntegrityError: It is damaged.
            StoreError: It cannot be read.
        """
        try:
            key = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError("A key cannot be read", why=os.strerror(error.errno or 0)) from error
        if len(key) != KEY_BYTES:
            raise IntegrityError(f"The key {name} is damaged")
        return key

    def names(self, below: str = "") -> list[str]:
        """Return the names of the keys in the folder, or of those in the folder `below`, in order."""
        try:
            with os.scandir(self.folder / below) as found:
                return sorted(one.name.removesuffix(_SUFFIX) for one in found if one.name.endswith(_SUFFIX))
        except FileNotFoundError:
            return []

    def destroy(self, names: Iterable[str], below: str = "") -> None:
        """Destroy the keys `names` of the folder, or of the folder `below`, where there are any.

        Raises:
            StoreError: A key could not be destroyed.
        """
        try:
            for name in names:
                destroy(self._path(f"{below}/{name}" if below else name))
            for left in (self.folder / below).glob(f"*{_SUFFIX}.*{PARTIAL}"):  # of a crash; never in use
                destroy(left)
        except OSError as error:
            raise StoreError("A key could not be destroyed", why=os.strerror(error.errno or 0)) from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"


def check_apart(keys: Path, data: Path, setting: str = "vault.keys") -> None:
    """Check that a key store does not lie where backups of the data would take it along.

    Args:
        keys: Folder of the keys.
        data: The data folder.
        setting: Which setting names `keys`, for the error.

    Raises:
        ConfigError: One of the folders is inside the other.
    """
    one, other = keys.resolve(), data.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise ConfigError(
            f"{setting} is {keys}, and data is {data}",
            why="a backup of the data would keep keys that have to expire",
            fix=f"choose a folder for {setting} that is outside data, and leave it out of backups",
        )
