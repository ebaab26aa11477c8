"""Files beside the database: redacted thumbnails."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from custodes.domain.errors import StoreError
from custodes.domain.imagery import RedactedStill

_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}/[A-Za-z0-9_-]{1,64}\.jpg")


class FileBlobs:
    """Keeps redacted stills in a folder under keys such as `gate/01ARZ3NDEKTSV4RRFFQ69G5FAV.jpg`.

    A still is there whole or not at all: it is written beside its place and renamed into it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put_still(self, key: str, still: RedactedStill) -> None:
        """Keep `still` under `key`, replacing what is there.

        Raises:
            StoreError: It cannot be written.
        """
        path = self._path(key)
        partial = path.with_suffix(".partial")
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            partial.write_bytes(still.jpeg)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise StoreError(f"The thumbnail {key} was not kept", why=os.strerror(error.errno or 0)) from error

    def read(self, key: str) -> bytes | None:
        """Return the JPEG under `key`, None where there is none."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        """Forget `key`; an unknown one is ignored."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, camera: str) -> Iterator[str]:
        """Yield the keys of `camera`'s stills, in no order."""
        for path in (self._root / camera).glob("*.jpg"):
            yield f"{camera}/{path.name}"

    def discard_partial(self, camera: str) -> None:
        """Delete what a crash left half-written of `camera`'s stills."""
        for path in (self._root / camera).glob("*.partial"):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f"{key!r} is not a key of a thumbnail")
        return self._root / key
