"""What the API is given by whoever composes the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from custodes.api.desk import UnsealDesk
from custodes.api.hub import LiveHub
from custodes.api.settings import ServerSettings
from custodes.charter import Charters
from custodes.domain.events import CameraId, Tripwire, Zone
from custodes.domain.time import Clock
from custodes.record import RecordingSettings
from custodes.store import FileBlobs, Store


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What the configuration says about one camera, as far as people may see it: never its address.

    Attributes:
        name: Shown to people.
        zones: Its polygons, normalised.
        tripwires: Its directed lines, normalised.
        recording: How long its recordings are kept.
    """

    name: str
    zones: tuple[Zone, ...] = ()
    tripwires: tuple[Tripwire, ...] = ()
    recording: RecordingSettings = field(default_factory=RecordingSettings)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the routes use.

    Attributes:
        store: Events, index of recordings, camera states.
        blobs: Thumbnails.
        recordings: Root folder of recordings.
        log: Folder of the public log.
        hub: What happens now.
        settings: Where the server listens.
        clock: Wall time and durations.
        cameras: The configured cameras by id.
        charters: What each of them may do; a camera without one may do nothing.
        desk: Takes requests for originals; None where nothing is sealed.
    """

    store: Store
    blobs: FileBlobs
    recordings: Path
    log: Path
    hub: LiveHub
    settings: ServerSettings
    clock: Clock
    cameras: Mapping[CameraId, CameraInfo]
    charters: Charters
    desk: UnsealDesk | None = None
