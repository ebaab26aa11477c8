"""Gathers what the register, the signs and the drafts are made of: settings, charters, store, log, models, packages."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from custodes import __version__
from custodes.app.settings import Settings
from custodes.charter import Charter, CharterError, configuration_hash, load_charter
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.perceive.models import model_table
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.shard import Folders
from custodes.register import CameraFact, Facts, ModelFact, installed, read_log
from custodes.store import Store

LOG = "log"
"""Folder of the published log, inside the data folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands for the charter of a camera.

    Attributes:
        charter: The charter, None where there is none that is valid.
        problem: Why not, empty where there is nothing.
    """

    charter: Charter | None = None
    problem: str = ""


def gather(settings: Settings, charters: Path, day: date) -> Facts:
    """Return everything that the register is made of, as it is now.

    Args:
        settings: Of the server; the store and the log in its data folder are read where they exist.
        charters: Folder of the charters.
        day: Day (UTC) to make it for.

    Raises:
        StoreError: The database cannot be read.
        IntegrityError: The published log cannot be read.
    """
    found = find_charters(charters)
    detector = settings.detector.model_dump(mode="json")
    database = Folders(data=settings.data).database
    store = Store.open(database) if database.exists() else None
    try:
        cameras = [
            _camera(camera, settings, found.get(camera, Found()), detector, store)
            for camera in sorted({*settings.cameras, *found})
        ]
    finally:
        if store:
            store.close()
    return Facts(
        day=day,
        software=f"custodes {__version__}",
        cameras=tuple(cameras),
        models=tuple(_models(settings.detector)),
        components=installed(),
        log=read_log(settings.data / LOG),
        detector=detector,
    )


def _camera(
    camera: CameraId, settings: Settings, found: Found, detector: dict[str, Any], store: Store | None
) -> CameraFact:
    configured = settings.cameras.get(camera)
    # Addresses of cameras may hold passwords: they do not get as far as this.
    shown = configured.model_dump(mode="json", exclude={"source"}) if configured else None
    configuration = configuration_hash(found.charter, shown, detector) if found.charter and shown else ""
    return CameraFact(
        id=camera,
        name=(configured.name if configured else "") or camera,
        charter=found.charter,
        problem=found.problem,
        settings=shown,
        configuration=configuration,
        figures=store.figures(camera) if store else None,
    )


def find_charters(folder: Path) -> dict[CameraId, Found]:
    """Return what stands for the charter of each camera: every `*.toml` in `folder` is one, and names its cameras."""
    found: dict[CameraId, Found] = {}
    for path in sorted(folder.glob("*.toml")):
        for camera, one in _read(path).items():
            both = Found(problem="two charters name this camera")
            found[camera] = both if camera in found else one
    return found


def _read(path: Path) -> dict[CameraId, Found]:
    try:
        charter = load_charter(path)
    except CharterError as error:
        problem = "; ".join(str(one) for one in error.problems)
        return {camera: Found(problem=f"{path.name}: {problem}") for camera in _named(path)}
    except ConfigError:
        return {}
    return {camera: Found(charter) for camera in charter.cameras}


def _named(path: Path) -> list[CameraId]:
    """Return the cameras that the charter at `path`, which is not valid, seems to name."""
    cameras = tomllib.loads(path.read_text(encoding="utf-8")).get("cameras")
    return [CameraId(name) for name in cameras if isinstance(name, str)] if isinstance(cameras, list) else []


def _models(detector: DetectorSettings) -> list[ModelFact]:
    rows = model_table()
    facts = [
        ModelFact(row.name, row.purpose, row.licence, row.source, row.digest, row.caveat)
        for row in rows
        if detector.model is None or row.purpose != "objects"
    ]
    if detector.model is not None:
        own = detector.model
        digest = hashlib.sha256(own.read_bytes()).hexdigest() if own.is_file() else ""
        facts.insert(0, ModelFact(own.name, "objects", "", "the controller's own", digest, ""))
    return facts
