"""The file of the key of private texts: made once, known again, never replaced in silence."""

import base64
import os
from pathlib import Path
from typing import Final

from custodes.disk import create
from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.store.private import KEY_BYTES, PrivateTexts

_PREFIX: Final = "custodes-private-1 "
_LOST: Final = (
    "restore it from its backup; if it is lost for good, `custodes key replace` erases what it encrypted and "
    "makes a new one"
)


def open_texts(key: Path, known: Path) -> PrivateTexts:
    """Return the cipher of a data folder's private texts; its key is made where there never was one.

    Args:
        key: File of the key, outside the data folder; readable by its owner only.
        known: File in the data folder that says which key it is.

    Raises:
        ConfigError: The key lies inside the data folder.
        IntegrityError: The file holds no key.
        StoreError: The key is gone or another one, or a file cannot be read or written.
    """
    check_outside(key, known.parent)
    try:
        wanted = _read(known)
        content = _read(key)
        if content is None:
            if wanted is not None:
                raise StoreError(f"The key of private texts, {key}, is gone", why="it was made once", fix=_LOST)
            content = _make(key, f"{_PREFIX}{base64.b64encode(os.urandom(KEY_BYTES)).decode('ascii')}\n")
        texts = PrivateTexts(_parsed(content, key))
        wanted = wanted if wanted is not None else _make(known, f"{texts.id}\n")
    except OSError as error:
        raise StoreError(
            f"The key of private texts, {key}, cannot be used",
            why=os.strerror(error.errno or 0),
            fix="give its folder to the user that custodes runs as, or set private_key",
        ) from error
    if wanted.strip() != texts.id:
        raise StoreError(
            f"{key} is not the key of the private texts in {known.parent}", why="it is another one", fix=_LOST
        )
    return texts


def give_up_lost(key: Path, known: Path) -> None:
    """Forget which key a data folder had, where it is gone, so that `open_texts` makes a new one.

    Raises:
        ConfigError: There is a key, or there never was one.
        StoreError: The file that says which it was cannot be deleted.
    """
    if key.exists() or not known.exists():
        raise ConfigError(
            f"{key} is not lost",
            why="there is a file" if key.exists() else "no key was made for this data yet",
            fix="move a file that is not the right key out of the way",
        )
    try:
        known.unlink()
    except OSError as error:
        raise StoreError(f"{known} cannot be deleted", why=os.strerror(error.errno or 0)) from error


def check_outside(key: Path, data: Path) -> None:
    """Check that whoever copies the data folder does not copy the key along.

    Raises:
        ConfigError: The key lies inside it.
    """
    if key.resolve().is_relative_to(data.resolve()):
        raise ConfigError(
            f"private_key is {key}, and data is {data}",
            why="whoever copies the data would have the key with it",
            fix="choose a file for private_key that is outside data",
        )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _parsed(content: str, path: Path) -> bytes:
    _, prefix, key = content.strip().partition(_PREFIX)
    try:
        return base64.b64decode(key, validate=True) if prefix else b""
    except ValueError:
        raise IntegrityError(f"{path} holds no key of private texts", why="it is damaged", fix=_LOST) from None


def _make(path: Path, content: str) -> str:
    """Write `content` to `path`, whole and on the disk; return what is there: another process may have been faster."""
    return content if create(path, content.encode()) else path.read_text(encoding="utf-8")
