"""The folder where fetched and converted files are kept, verified."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from custodes.domain.errors import ModelError


def cache_folder() -> Path:
    """Return the cache folder: CUSTODES_CACHE, or `custodes` in the user's cache folder."""
    named = os.environ.get("CUSTODES_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("custodes"))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(path: Path, sha256: str) -> bool:
    """Return whether `path` is there and has the digest it should have."""
    return path.is_file() and sha256_of(path) == sha256


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process: of two that want the same files, one fetches and the other finds them there.

    Raises:
        ModelError: The folder cannot be made, or written while it is held.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise ModelError(
            f"the cache folder {folder} cannot be written",
            why=error.strerror or str(error),
            fix="free some space, or set CUSTODES_CACHE to a folder that can be written",
        ) from error
