"""The safe: sealed templates, the keys of their subjects, and the rotation, used together."""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from custodes.charter import RecognitionMode
from custodes.disk import make_folder
from custodes.domain.errors import IntegrityError, StoreError
from custodes.identity.passes import Pass
from custodes.identity.rotation import Rotation
from custodes.identity.sealing import Held, pass_key, seal, unseal
from custodes.identity.table import TemplateTable
from custodes.identity.template import Template, Vector
from custodes.vault.keyfolder import KeyFolder

State = tuple[int, int]
"""What changes when any template or key does."""

_TABLE: Final = "templates.db"
_ROTATION: Final = "rotation"
_LOCK: Final = "lock"


class TemplateSafe:
    """Templates that only the keys in another folder open. Threads may share it; processes open their own.

    Args:
        table: Sealed templates.
        keys: A key for each subject.
        rotation: Of this deployment.
        lock: A file that whoever changes anything locks.
    """

    def __init__(self, table: TemplateTable, keys: KeyFolder, rotation: Rotation, lock: Path) -> None:
        self._table = table
        self._keys = keys
        self._rotation = rotation
        self._lock = lock

    @classmethod
    def open(cls, folder: Path, keys: Path) -> Self:
        """Open the safe, or make it.

        Args:
            folder: Of sealed templates.
            keys: Of keys and the rotation; in no backup.

        Raises:
            IntegrityError: The rotation is damaged.
            StoreError: Something cannot be used, or the keys are not those of these templates.
        """
        try:
            make_folder(folder)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made", why=os.strerror(error.errno or 0)) from error
        held, path = KeyFolder(keys), keys / _ROTATION
        with _locked(folder / _LOCK):
            table = TemplateTable.open(folder / _TABLE)
            if not path.exists():
                if table.subjects():
                    raise StoreError(
                        f"{keys} is not the folder of the keys of {folder}",
                        why="there are templates, and the rotation that they were made with is missing",
                        fix=f"mount or name the right folder; if it is lost for good, delete {folder}, and enrol anew",
                    )
                Rotation.generate().write(path)
            return cls(table, held, Rotation.read(path), folder / _LOCK)

    # Enrolling and erasing

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep all others from changing anything meanwhile, in other processes too."""
        with _locked(self._lock):
            yield

    def rotated(self, template: Template) -> Vector:
        """Return `template` as it is compared here: float32, shape (128,)."""
        return self._rotation.apply(template)

    def make_key(self, subject: str) -> None:
        """Make the key of a new `subject`; return once it survives a power loss.

        Raises:
            StoreError: It cannot be written.
        """
        self._keys.make(subject)

    def put(self, held: Held, shown: Pass | None) -> None:
        """Seal what is held of a subject: under its key where it may be searched, to a pass where one is given.

        Raises:
            IntegrityError: The subject has no key.
            StoreError: It cannot be kept.
        """
        key = self._key(held.subject)
        searched = seal(held, key) if RecognitionMode.IDENTIFY in held.modes else None
        behind = (shown.id, seal(held, pass_key(shown.secret, key, shown.id))) if shown else None
        self._table.put(held.subject, searched, behind)

    def destroy_key(self, subject: str) -> None:
        """Destroy the key of `subject`: overwritten, deleted, on the disk. Every copy of its template is noise then.

        Raises:
            StoreError: It could not be destroyed, or the folder of keys is not there.
        """
        self._check_there()
        self._keys.destroy([subject])

    def erase(self, subject: str) -> None:
        """Delete what is sealed of `subject`; destroy its key first.

        Raises:
            StoreError: It cannot be deleted.
        """
        self._table.erase(subject)

    def keyed(self) -> set[str]:
        """Return all subjects that have keys.

        Raises:
            StoreError: The folder of keys is not there, such as when its disk is not mounted: that destroys no key.
        """
        self._check_there()
        return set(self._keys.names())

    def kept(self) -> set[str]:
        """Return all subjects of whom something is sealed."""
        return self._table.subjects()

    # Comparing

    @property
    def generation(self) -> int:
        """Version of the gallery: how often anything sealed was changed."""
        return self._table.generation

    def state(self) -> State:
        """Return what changes when any template or key does; cheap enough to be asked at each search.

        Raises:
            StoreError: It cannot be told, so nothing that was opened before may be relied on.
        """
        try:
            return self._table.generation, self._keys.folder.stat().st_mtime_ns
        except OSError as error:
            raise StoreError("The folder of keys cannot be seen", why=os.strerror(error.errno or 0)) from error

    def versions(self) -> dict[str, int]:
        """Return for each subject that can be searched and has a key at which generation its template was put there."""
        keyed = self.keyed()
        return {subject: version for subject, version in self._table.versions().items() if subject in keyed}

    def opened(self, subjects: Collection[str]) -> Iterator[Held]:
        """Yield what is held of those `subjects` whose keys and templates are there and belong together."""
        for subject, sealed in self._table.sealed(sorted(subjects)):
            if (held := self._tried(subject, sealed)) is not None:
                yield held

    def behind(self, shown: Pass) -> Held | None:
        """Return what is held of the subject of a pass, None where the pass is not valid (any more)."""
        row = self._table.behind(shown.id)
        if row is None:
            return None
        subject, sealed = row
        key = self._keys.get(subject)
        if key is None:
            return None
        try:
            return unseal(sealed, pass_key(shown.secret, key, shown.id), subject)
        except IntegrityError:
            return None

    def close(self) -> None:
        """Close all connections."""
        self._table.close()

    def _tried(self, subject: str, sealed: bytes) -> Held | None:
        try:
            key = self._keys.get(subject)
            return unseal(sealed, key, subject) if key is not None else None
        except IntegrityError:
            return None

    def _check_there(self) -> None:
        if not (self._keys.folder / _ROTATION).exists():
            raise StoreError(
                "The folder of keys is not there", why="it has no rotation in it", fix="see whether its disk is mounted"
            )

    def _key(self, subject: str) -> bytes:
        key = self._keys.get(subject)
        if key is None:
            raise IntegrityError("The enrolment has ended", why="its key was destroyed")
        return key


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock `path`, waiting for it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be used", why=os.strerror(error.errno or 0)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
