"""Files that are whole and on the disk before anybody relies on them, and files that are gone for good."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PARTIAL: Final = ".partial"
"""Suffix of a file that is being written."""


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all, for its owner only; return once it survives a power loss.

    Raises:
        OSError: It cannot be written.
    """
    with _beside(path, content) as partial:
        partial.replace(path)
    sync_folder(path.parent)


def create(path: Path, content: bytes) -> bool:
    """Write `content` to `path` as `write` does, unless something is there; return whether nothing was.

    Raises:
        OSError: It cannot be written.
    """
    with _beside(path, content) as partial:
        try:
            os.link(partial, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def destroy(path: Path) -> None:
    """Overwrite the small file at `path` and delete it; return once that survives a power loss.

    File systems that copy on write and flash memory may keep the old blocks for a while.

    Raises:
        OSError: The disk failed.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.pwrite(handle, os.urandom(os.fstat(handle).st_size), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it, where they are missing, for their owner only; survives a power loss.

    Raises:
        OSError: It cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return once the names in `folder` survive a power loss.

    Raises:
        OSError: The disk failed.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """Lend a file beside `path` that holds `content` and survives a power loss; it is gone afterwards, or renamed."""
    make_folder(path.parent)
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}{PARTIAL}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        partial.unlink(missing_ok=True)
