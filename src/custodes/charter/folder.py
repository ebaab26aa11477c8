"""The charters in a folder, and which cameras they leave without one."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from custodes.charter.load import load_charter
from custodes.charter.model import Charter
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder of charters holds.

    Attributes:
        charters: The one valid charter of each camera, and the file it is in.
        refused: Why cameras that files name have no charter all the same.
        unread: Files of which not even the cameras can be told, with the reason.
    """

    charters: Mapping[CameraId, tuple[Charter, Path]]
    refused: Mapping[CameraId, str]
    unread: tuple[str, ...] = ()


def read_charters(folder: Path) -> Found:
    """Read every `*.toml` in `folder`. A camera that two files name has no charter: which one holds is not clear.

    Raises:
        ConfigError: The folder cannot be read; one that is missing holds no charters.
    """
    named: dict[CameraId, list[tuple[Charter, Path]]] = defaultdict(list)
    refused: dict[CameraId, str] = {}
    unread: list[str] = []
    for path in _files(folder):
        try:
            charter = load_charter(path)
        except ConfigError as error:
            cameras = _cameras_in(path)
            refused |= dict.fromkeys(cameras, str(error))
            if not cameras:
                unread.append(str(error))
            continue
        for camera in charter.cameras:
            named[camera].append((charter, path))
    for camera, several in named.items():
        if len(several) > 1:
            refused[camera] = f"{' and '.join(path.name for _, path in several)} both name it; keep one"
    charters = {camera: ones[0] for camera, ones in named.items() if camera not in refused}
    return Found(charters, refused, tuple(unread))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and path.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(
            f"the charters in {folder} cannot be read",
            why=error.strerror or type(error).__name__,
            fix="name their folder in the configuration: charters",
        ) from error


def _cameras_in(path: Path) -> tuple[CameraId, ...]:
    """Return the cameras that a file names which is no valid charter, as far as that can be told."""
    try:
        cameras = tomllib.loads(path.read_text(encoding="utf-8")).get("cameras")
    except (OSError, ValueError):
        return ()
    return tuple(CameraId(one) for one in cameras if isinstance(one, str)) if isinstance(cameras, list) else ()
