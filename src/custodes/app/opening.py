"""Opening what custodians released: from sealed parts to a clip with a signed manifest."""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.record.release import write_clip
from custodes.vault import SealedFolder, SealedPart, SealedReader
from custodes.vault.approval import Approval
from custodes.vault.chunks import digest_of
from custodes.vault.custody import unseal
from custodes.vault.manifest import MANIFEST, Manifest, OpenedPart, SignedManifest, exported_file
from custodes.vault.private import PrivateKey
from custodes.vault.request import RequestFile

CLIP: Final = "clip.mp4"
"""Name of the clip in the folder of an export."""


@dataclass(frozen=True, slots=True)
class _Opened:
    reader: SealedReader
    path: Path
    part: OpenedPart


def export(
    file: RequestFile,
    approvals: Sequence[Approval],
    *,
    ceremony: PrivateKey,
    sealed: SealedFolder,
    to: Path,
    now_ns: int,
) -> Manifest:
    """Open what was asked for, and write clip and manifest into the new folder `to`.

    Args:
        file: What was asked for.
        approvals: Of its custodians.
        ceremony: The private key that was made for the request.
        sealed: The sealed hours, or a copy of those that are needed.
        to: The folder, which must not exist.
        now_ns: Nanoseconds since the Unix epoch.

    Raises:
        ConfigError: The folder exists or cannot be made.
        IntegrityError: As `vault.approval.unseal`; or a part is missing or was changed, or nothing was sealed then.
        StoreError: The clip cannot be written.
    """
    keys, statements = unseal(file, approvals, ceremony, now_ns)
    try:
        to.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"the folder {to} cannot be made", why=os.strerror(error.errno or 0), fix="name one that does not exist yet"
        ) from error
    try:
        parts = _write_clip(to / CLIP, file, keys, sealed)
        manifest = Manifest(
            request=file.request,
            announced=file.announced,
            approvals=tuple(statements),
            opened=now_ns,
            parts=parts,
            files=(exported_file(to / CLIP),),
        )
        (to / MANIFEST).write_bytes(SignedManifest.sign(manifest, ceremony).canonical())
    except OSError as error:
        shutil.rmtree(to, ignore_errors=True)
        raise StoreError(f"{to} cannot be written", why=os.strerror(error.errno or 0)) from error
    except BaseException:
        shutil.rmtree(to, ignore_errors=True)  # half a clip has no manifest
        raise
    return manifest


def _write_clip(
    path: Path, file: RequestFile, keys: Mapping[str, bytes], sealed: SealedFolder
) -> tuple[OpenedPart, ...]:
    """Write the clip, and return the parts that pictures came from."""
    request = file.request
    with ExitStack() as stack:
        opened = [one for epoch in request.epochs for one in _parts(stack, sealed, request.camera, epoch.hour, keys)]
        if not opened:
            raise IntegrityError(
                "No sealed part of this request is in the folder",
                why="it is not the folder of sealed hours, or they have expired",
                fix=f"copy {request.camera}/DATE/HOUR of the server's folder of sealed hours",
            )
        readers = [one.reader for one in opened]
        counts = write_clip(path, readers, (request.start, request.end), request.id)
    return tuple(
        one.part.model_copy(update={"pictures": count}) for one, count in zip(opened, counts, strict=True) if count
    )


def _parts(stack: ExitStack, sealed: SealedFolder, camera: str, hour: str, keys: Mapping[str, bytes]) -> list[_Opened]:
    found = []
    for file in sealed.parts(camera, hour):
        if (key := keys.get(file.epoch)) is None:
            continue
        shown = file.path.relative_to(sealed.root).as_posix()
        try:
            handle = stack.enter_context(file.path.open("rb"))
            digest = digest_of(file.path)
        except OSError as error:
            raise IntegrityError(f"{shown} cannot be read", why=os.strerror(error.errno or 0)) from error
        reader = SealedReader(SealedPart(handle, shown), key)
        says = reader.header
        if (says.camera, says.hour, says.epoch, says.part) != (file.camera, file.hour, file.epoch, file.part):
            raise IntegrityError(f"{shown} does not belong there", why=f"it is of {says.camera}, hour {says.hour}")
        part = OpenedPart(
            hour=hour, epoch=file.epoch, part=file.part, sha256=digest, complete=reader.complete, pictures=0
        )
        found.append(_Opened(reader, file.path, part))
    return found
