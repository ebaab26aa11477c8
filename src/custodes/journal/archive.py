"""Every version of every charter, for ever, and which one each camera has."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from custodes.charter import Charter, Charters
from custodes.domain.canonical import Json, canonical_json
from custodes.domain.errors import IntegrityError, StoreError
from custodes.domain.events import CameraId
from custodes.journal.entry import Entry, Kind
from custodes.journal.journal import Journal
from custodes.ledger.disk import write_durably

_CURRENT: Final = "current.json"


class CharterArchive:
    """A folder with a file for each version: its canonical JSON, whose SHA-256 is its name.

    Args:
        folder: Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, version: str) -> Charter | None:
        """Return the charter of this version, None where it was never adopted here.

        Raises:
            IntegrityError: The file was changed.
        """
        try:
            content = (self._folder / f"{version}.json").read_bytes()
        except FileNotFoundError:
            return None
        try:
            charter = Charter.model_validate_json(content)
        except ValueError:
            charter = None
        if charter is None or charter.version != version:
            raise IntegrityError(
                f"The charter {version} was changed after it was adopted",
                why="its SHA-256 is another one",
                fix=f"restore {version}.json from a backup",
            )
        return charter

    def last(self) -> Charters:
        """Return for each camera the charter that it had last, also of cameras that are gone or dark now.

        Raises:
            IntegrityError: A file was changed or is gone.
        """
        found = {camera: self.get(version) for camera, (version, _) in self._current().items()}
        return Charters({camera: charter for camera, charter in found.items() if charter is not None})

    def adopt(self, charters: Mapping[CameraId, Charter], journal: Journal) -> None:
        """Note that these charters hold now and no others; what that changes is in the log before this returns.

        Each version is kept before it is logged, and counts as adopted only then: after a crash in between it is
        logged once more.

        Raises:
            StoreError: It cannot be kept or logged, so no camera may run by it.
        """
        current = self._current()
        for camera, charter in sorted(charters.items()):
            before, active = current.get(camera, ("", False))
            if active and before == charter.version:
                continue
            write_durably(self._folder, {f"{charter.version}.json": charter.canonical()})
            body = {"previous": before, "controller": charter.controller.name}
            journal.log(Entry(Kind.CHARTER_ADOPTED, camera, charter.version, body))
            current[camera] = (charter.version, True)
            self._write(current)
        self._end(
            current, [camera for camera, (_, active) in current.items() if active and camera not in charters], journal
        )

    def _end(self, current: dict[CameraId, tuple[str, bool]], ended: Iterable[CameraId], journal: Journal) -> None:
        for camera in sorted(ended):
            version, _ = current[camera]
            journal.log(Entry(Kind.CHARTER_ENDED, camera, version))
            current[camera] = (version, False)
            self._write(current)

    def _current(self) -> dict[CameraId, tuple[str, bool]]:
        try:
            content = json.loads((self._folder / _CURRENT).read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{self._folder / _CURRENT} cannot be read", why=str(error), fix="restore it from a backup"
            ) from error
        return {CameraId(camera): (one["version"], one["active"]) for camera, one in content.items()}

    def _write(self, current: Mapping[CameraId, tuple[str, bool]]) -> None:
        content: Json = {
            camera: {"version": version, "active": active} for camera, (version, active) in current.items()
        }
        write_durably(self._folder, {_CURRENT: canonical_json(content)})
