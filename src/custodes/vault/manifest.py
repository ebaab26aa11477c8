"""The manifest of an export: what was opened, by whose leave, and the hashes of what was made of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from custodes.domain.errors import IntegrityError
from custodes.vault.approval import SignedStatement
from custodes.vault.chunks import digest_of
from custodes.vault.documents import Blob, Digest, Document, EpochId, Hour, Moment
from custodes.vault.keys import KeyHolder, PublicKey
from custodes.vault.request import Announced, UnsealRequest

MANIFEST: Final = "manifest.json"
"""Name of the manifest in the folder of an export."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""Name of a file in the folder of an export."""


class OpenedPart(Document):
    """A sealed part that pictures were taken from.

    Attributes:
        hour: The hour (UTC) in which its epoch begins.
        epoch: Names the key.
        part: Number of the part.
        sha256: Of the sealed file.
        complete: Whether it had its end; otherwise it was cut off, by a crash or by somebody.
        pictures: How many were taken from it.
    """

    hour: Hour
    epoch: EpochId
    part: int = Field(ge=1)
    sha256: Digest
    complete: bool
    pictures: int = Field(ge=0)


class ExportedFile(Document):
    """A file of the export.

    Attributes:
        name: Its name in the folder.
        size: Bytes.
        sha256: Of its content.
    """

    name: FileName
    size: int = Field(ge=0)
    sha256: Digest


class Manifest(Document):
    """What an export is.

    Attributes:
        v: Version of the format.
        kind: What it is.
        request: What was asked for.
        announced: Proof that the log has the request.
        approvals: Who approved.
        opened: When.
        parts: What was opened.
        files: What was made of it.
    """

    v: Literal[1] = 1
    kind: Literal["custodes export"] = "custodes export"
    request: UnsealRequest
    announced: Announced
    approvals: tuple[SignedStatement, ...]
    opened: Moment
    parts: tuple[OpenedPart, ...]
    files: tuple[ExportedFile, ...]


class SignedManifest(Document):
    """A manifest with the signature of the request's ceremony key.

    Attributes:
        manifest: What was signed.
        signature: Ed25519, over its canonical form.
    """

    manifest: Manifest
    signature: Blob

    @classmethod
    def sign(cls, manifest: Manifest, ceremony: KeyHolder) -> "SignedManifest":
        """Return `manifest` signed."""
        return cls(manifest=manifest, signature=ceremony.sign(manifest.canonical()))

    def check(self) -> list[str]:
        """Check signature and approvals; return the names of the custodians who approved.

        Whether the log has the request, and whether the files are what they were, is checked elsewhere.

        Raises:
            IntegrityError: The manifest was changed, or too few custodians approved.
        """
        request = self.manifest.request
        ceremony = PublicKey.parse(request.ceremony)
        ceremony.check(self.signature, self.manifest.canonical(), "The manifest")
        approved = {signed.check(request) for signed in self.manifest.approvals}
        if len(approved) < request.needed:
            raise IntegrityError(f"Only {len(approved)} custodians approved", why=f"{request.needed} are needed")
        request.check_time(self.manifest.opened)
        asked = {(one.hour, one.epoch) for one in request.epochs}
        for part in self.manifest.parts:
            if (part.hour, part.epoch) not in asked:
                raise IntegrityError(f"The export holds more than was asked for: hour {part.hour}")
        return sorted(key.name for key in approved)

    def check_files(self, folder: Path) -> None:
        """Check that `folder` holds the files of the manifest, unchanged, and no others.

        Raises:
            IntegrityError: It does not.
        """
        check_files(self.manifest.files, folder)


def exported_file(path: Path) -> ExportedFile:
    """Return what a manifest says about the file at `path`.

    Raises:
        OSError: It cannot be read.
    """
    return ExportedFile(name=path.name, size=path.stat().st_size, sha256=digest_of(path))


def check_files(files: Sequence[ExportedFile], folder: Path) -> None:
    """Check that `folder` holds `files`, unchanged, and no others but the manifest.

    Raises:
        IntegrityError: It does not.
    """
    named = {file.name for file in files}
    for file in files:
        try:
            changed = digest_of(folder / file.name) != file.sha256
        except OSError:
            raise IntegrityError(f"{file.name} is missing", why="the manifest names it") from None
        if changed:
            raise IntegrityError(f"{file.name} was changed", why="it has another hash than in the manifest")
    others = sorted(path.name for path in folder.iterdir() if path.name not in {*named, MANIFEST})
    if others:
        raise IntegrityError(f"{others[0]} is not in the manifest", why="somebody put it there later")
