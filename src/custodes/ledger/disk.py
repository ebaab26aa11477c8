"""The files of a log: public, written many at a time by the one process that has the folder locked."""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from custodes.disk import sync_folder
from custodes.domain.errors import StoreError

PARTIAL: Final = ".partial"
"""Name of the file that is being written, in the folder that is written to."""


_LOCK: Final = "lock"


def write_durably(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` below `folder`, in order, each whole or not at all; return once all survive a power loss.

    Args:
        folder: Made where it is missing.
        files: Contents by paths relative to `folder`.

    Raises:
        StoreError: A file cannot be written; those before it may be there.
    """
    touched: set[Path] = set()
    try:
        for name, content in files.items():
            path = folder / name
            touched |= _make_folder(path.parent)
            partial = folder / PARTIAL
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            touched.add(path.parent)
        for one in touched:
            sync_folder(one)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written to", why=os.strerror(error.errno or 0), fix="free space or mend the disk"
        ) from error


def make_private_folder(folder: Path) -> None:
    """Make `folder`, where it is missing, so that it survives a power loss and only its owner can look into it.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        touched = _make_folder(folder)
        if touched:
            folder.chmod(0o700)
        for one in touched:
            sync_folder(one)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made", why=os.strerror(error.errno or 0)) from error


def lock_folder(folder: Path, what: str) -> int:
    """Lock the private `folder`, made where it is missing, until the returned handle is closed or the process ends.

    Args:
        folder: Of one process at a time.
        what: Whose folder it is, for the error.

    Raises:
        StoreError: Another process has it locked, or it cannot be used.
    """
    make_private_folder(folder)
    return lock_file(folder / _LOCK, what)


def lock_file(path: Path, what: str) -> int:
    """Lock the file `path`, made where it is missing, until the returned handle is closed or the process ends.

    Args:
        path: In a folder that exists.
        what: What the lock is for, for the error.

    Raises:
        StoreError: Another process has it locked, or it cannot be used.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be used", why=os.strerror(error.errno or 0)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise StoreError(f"{what} is in use", why="another process has it open", fix="stop that one first") from None
    return handle


def _make_folder(folder: Path) -> set[Path]:
    """Make `folder` and those above it, and return the ones that got a new entry."""
    if folder.is_dir():
        return set()
    touched = _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    return touched | {folder.parent}
