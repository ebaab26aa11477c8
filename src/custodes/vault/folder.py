"""The folder of sealed hours: where parts and envelopes lie, and what can be said of them without any key.

In `CAMERA/DATE/HOUR`, `EPOCH.envelope` is the envelope under the key of its hour, and `EPOCH-PART.sealed` a part.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custodes.disk import PARTIAL, make_folder, sync_folder, write
from custodes.domain.errors import IntegrityError, StoreError
from custodes.domain.imagery import SealedSegment
from custodes.vault.chunks import PartHeader, SealedPart, digest_of
from custodes.vault.documents import hour_start_ns, may_show
from custodes.vault.envelope import Envelope, hide, unhide
from custodes.vault.hourkeys import HourKeys

_ENVELOPE: Final = ".envelope"
_PART: Final = re.compile(r"([0-9a-f]{32})-([0-9]{4,})\.sealed")


@dataclass(frozen=True, slots=True)
class PartSealed:
    """A part was completed: to be logged.

    Attributes:
        camera: Whose pictures.
        hour: The hour (UTC) in which its epoch begins.
        epoch: Names the key.
        part: Number of the part.
        size: Bytes of the file.
        sha256: Of the file.
    """

    camera: str
    hour: str
    epoch: str
    part: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part as it lies in the folder.

    Attributes:
        path: The file.
        camera: Whose pictures, as the folder says.
        hour: The hour, as the folder says.
        epoch: The epoch, as the name says.
        part: The number, as the name says.
    """

    path: Path
    camera: str
    hour: str
    epoch: str
    part: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What can be said of a part without its key.

    Attributes:
        header: What it says of itself.
        size: Bytes of the file.
        chunks: Full chunks.
        complete: Whether it can have a last chunk; otherwise it was cut off.
        sha256: Of the file.
    """

    header: PartHeader
    size: int
    chunks: int
    complete: bool
    sha256: str


class OpenPart:
    """A part that is being written. It takes ciphertext alone.

    Args:
        path: Its file, which must not exist.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._hash = hashlib.sha256()
        self._size = 0

    def append(self, segment: SealedSegment) -> PartSealed | None:
        """Write `segment`; return what is to be logged once the part is complete and on the disk.

        Raises:
            OSError: It cannot be written: the part ends here.
        """
        if segment.offset != self._size:
            raise OSError(errno.EINVAL, "a piece of a sealed part is missing")
        view = memoryview(segment.data)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(segment.data)
        self._size += len(segment.data)
        if not segment.last:
            return None
        os.fsync(self._file.fileno())
        self.close()
        where = segment.camera, segment.hour, segment.epoch, segment.part
        return PartSealed(*where, self._size, self._hash.hexdigest())

    def close(self) -> None:
        """Let go of the file; without its last segment it stays cut off."""
        self._file.close()


class SealedFolder:
    """Sealed hours on the disk.

    Args:
        root: A folder for each camera.
    """

    def __init__(self, root: Path) -> None:
        self.root: Final = root

    # Writing

    def put_envelope(self, envelope: Envelope, keys: HourKeys) -> None:
        """Store `envelope`; return once it survives a power loss. Do it before the first part of its epoch.

        Raises:
            StoreError: It, or the key of its hour, cannot be written.
        """
        hidden = hide(envelope, keys.make(envelope.camera, envelope.hour))
        try:
            write(self._hour(envelope.camera, envelope.hour) / f"{envelope.epoch}{_ENVELOPE}", hidden)
        except OSError as error:
            raise StoreError("An envelope cannot be written", why=os.strerror(error.errno or 0)) from error

    def create(self, segment: SealedSegment) -> "OpenPart":
        """Return the new file of a part, with `segment`, its first, in it.

        Raises:
            OSError: It cannot be made.
        """
        path = self._hour(segment.camera, segment.hour) / f"{segment.epoch}-{segment.part:04d}.sealed"
        make_folder(path.parent)
        part = OpenPart(path)
        part.append(segment)
        return part

    # Reading

    def envelope(self, camera: str, hour: str, epoch: str, keys: HourKeys) -> Envelope:
        """Return the envelope of an epoch.

        Raises:
            IntegrityError: It is missing, has expired, or does not open.
        """
        key = keys.get(camera, hour)
        return unhide(self._hidden(camera, hour, epoch), key, camera=camera, hour=hour, epoch=epoch)

    def envelopes(self, camera: str, start_ns: int, end_ns: int, keys: HourKeys) -> list[Envelope]:
        """Return the envelopes of all epochs that may have pictures of an interval, and have not expired.

        Args:
            camera: Whose.
            start_ns: From when, nanoseconds since the Unix epoch.
            end_ns: Until when.
            keys: The keys that expire.

        Raises:
            IntegrityError: One does not open, or a part cannot be read.
        """
        alive = set(keys.hours(camera))
        return [
            self.envelope(camera, hour, epoch, keys)
            for hour in self.hours(camera)
            if hour in alive and may_show(hour, (start_ns, end_ns))
            for epoch in self.epochs(camera, hour)
            if self._begins_before(camera, hour, epoch, end_ns)
        ]

    def _begins_before(self, camera: str, hour: str, epoch: str, end_ns: int) -> bool:
        parts = (one for one in self.parts(camera, hour) if one.epoch == epoch and one.path.stat().st_size)
        return any(self.header(one).start < end_ns for one in parts)

    def header(self, file: PartFile) -> PartHeader:
        """Return what a part says of itself.

        Raises:
            IntegrityError: It is no sealed part, or cannot be read.
        """
        shown = file.path.relative_to(self.root).as_posix()
        try:
            with file.path.open("rb") as handle:
                return SealedPart(handle, shown).header
        except OSError as error:
            raise IntegrityError(f"{shown} cannot be read", why=os.strerror(error.errno or 0)) from error

    def cameras(self) -> list[str]:
        """Return the cameras that have a folder."""
        return sorted(path.name for path in self.root.iterdir() if path.is_dir()) if self.root.is_dir() else []

    def hours(self, camera: str) -> list[str]:
        """Return the hours of `camera` that have a folder, the earliest first."""
        found = []
        for path in (self.root / camera).glob("*/*"):
            hour = f"{path.parent.name}T{path.name}"
            try:
                hour_start_ns(hour)
            except ValueError:
                continue
            found.append(hour)
        return sorted(found)

    def epochs(self, camera: str, hour: str) -> list[str]:
        """Return the epochs of an hour that have an envelope."""
        return sorted(path.name.removesuffix(_ENVELOPE) for path in self._hour(camera, hour).glob(f"*{_ENVELOPE}"))

    def parts(self, camera: str, hour: str) -> Iterator[PartFile]:
        """Yield the parts of an hour."""
        for path in sorted(self._hour(camera, hour).glob("*.sealed")):
            if match := _PART.fullmatch(path.name):
                yield PartFile(path, camera, hour, match[1], int(match[2]))

    def check(self, file: PartFile) -> Checked:
        """Return what can be said of a part without its key.

        Raises:
            IntegrityError: It is no sealed part, it does not belong where it lies, or it cannot be read.
        """
        shown = file.path.relative_to(self.root).as_posix()
        try:
            with file.path.open("rb") as handle:
                part = SealedPart(handle, shown)
            size, sha256 = file.path.stat().st_size, digest_of(file.path)
        except OSError as error:
            raise IntegrityError(f"{shown} cannot be read", why=os.strerror(error.errno or 0)) from error
        says = part.header
        if (says.camera, says.hour, says.epoch, says.part) != (file.camera, file.hour, file.epoch, file.part):
            raise IntegrityError(
                f"{shown} does not belong there",
                why=f"its header says {says.camera}, {says.hour}, part {says.part}",
                fix="put it back where it was, or restore it from a copy",
            )
        if not (self._hour(file.camera, file.hour) / f"{file.epoch}{_ENVELOPE}").exists():
            raise IntegrityError(
                f"{shown} cannot be opened by anybody", why="its envelope is missing", fix="restore it from a copy"
            )
        return Checked(says, size, part.chunks, part.looks_complete, sha256)

    # Expiry

    def delete(self, camera: str, hours: Iterable[str]) -> None:
        """Delete `hours` of `camera`, where they are there. Destroy their keys first.

        Raises:
            StoreError: A file cannot be deleted.
        """
        try:
            for hour in hours:
                if self._hour(camera, hour).is_dir():
                    self._delete(self._hour(camera, hour))
        except OSError as error:
            raise StoreError("A sealed hour cannot be deleted", why=os.strerror(error.errno or 0)) from error

    def mend(self, camera: str) -> None:
        """Delete what a crash left before there was any picture in it. Nobody may be sealing `camera` meanwhile.

        Raises:
            StoreError: A file cannot be deleted.
        """
        try:
            for path in (self.root / camera).glob(f"*/*/*{PARTIAL}"):
                path.unlink(missing_ok=True)
            for path in (self.root / camera).glob("*/*/*.sealed"):
                if not path.stat().st_size:
                    path.unlink()
        except OSError as error:
            raise StoreError("A sealed hour cannot be mended", why=os.strerror(error.errno or 0)) from error

    def _delete(self, folder: Path) -> None:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
        sync_folder(folder.parent)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    def _hidden(self, camera: str, hour: str, epoch: str) -> bytes:
        try:
            return (self._hour(camera, hour) / f"{epoch}{_ENVELOPE}").read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"The envelope of {camera}, hour {hour}, cannot be read", why=os.strerror(error.errno or 0)
            ) from error

    def _hour(self, camera: str, hour: str) -> Path:
        hour_start_ns(hour)
        date, _, number = hour.partition("T")
        return self.root / camera / date / number
