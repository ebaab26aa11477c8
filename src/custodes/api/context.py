"""What the API is given by whoever composes the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from custodes.api.adverse import AdverseDesk
from custodes.api.desk import UnsealDesk
from custodes.api.enrolling import EnrolmentDesk
from custodes.api.exports import ExportDesk
from custodes.api.hub import LiveHub
from custodes.api.settings import ServerSettings
from custodes.charter import Charters
from custodes.domain.events import CameraId, Tripwire, Zone
from custodes.domain.persons import Person
from custodes.domain.time import Clock
from custodes.record import RecordingSettings
from custodes.store import FileBlobs, Store
from custodes.vault import SealedFolder


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


ConsultationKind: TypeAlias = Literal["live", "playback", "search", "thumbnail"]
"""What somebody is shown: pictures of now, recordings, events, an event's picture."""


class Consultations(Protocol):
    """Where it is noted who looked at what."""

    def note(self, person: Person, kind: ConsultationKind, camera: CameraId | None) -> None:
        """Note that `person` is about to be shown something.

        Called before anything is shown, for each request, and each minute while a view lasts; from several threads. It
        may block. Whatever it raises makes the request be refused.

        Args:
            person: Who asks.
            kind: For what.
            camera: Of which camera; None where it is not of one that the server knows.
        """
        ...


class Unnoted:
    """`Consultations` that notes nothing. Not for a server that shows people."""

    def note(self, person: Person, kind: ConsultationKind, camera: CameraId | None) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class LoginBurst:
    """Many wrong passwords in a row: the fifth, the tenth, the twentieth, and so on.

    Attributes:
        by: What they have in common.
        who: Name of the account that was tried, which exists; or the address under a hash with a key that this process
            alone has: it tells addresses apart until the next start, and no more.
        failures: Wrong passwords since the last right one.
    """

    by: Literal["address", "account"]
    who: str
    failures: int


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the routes use.

    Attributes:
        store: Events, index of recordings, camera states.
        blobs: Thumbnails.
        recordings: Root folder of recordings.
        sealed: The sealed hours, of which only sizes are looked at.
        log: Folder of the public log.
        register: Folder of the public register.
        hub: What happens now.
        settings: Where the server listens.
        clock: Wall time and durations.
        cameras: The configured cameras by id.
        charters: What each of them may do; a camera without one may do nothing.
        consultations: Where it is noted who looked at what.
        on_token_use: Told of the person of each request that came with an API token, before it is answered; whatever
            it raises makes the request be refused.
        on_login_burst: Told of many wrong passwords in a row.
        desk: Takes requests for originals; None where nothing is sealed.
        enrolment: Enrols people; None where nobody can enrol.
        exports: Makes exports; None where none can be made.
        adverse: Takes what is to somebody's disadvantage; None where nobody can be recognised.
    """

    store: Store
    blobs: FileBlobs
    recordings: Path
    sealed: SealedFolder
    log: Path
    register: Path
    hub: LiveHub
    settings: ServerSettings
    clock: Clock
    cameras: Mapping[CameraId, CameraInfo]
    charters: Charters
    consultations: Consultations
    on_token_use: Callable[[Person], None]
    on_login_burst: Callable[[LoginBurst], None]
    desk: UnsealDesk | None = None
    enrolment: EnrolmentDesk | None = None
    exports: ExportDesk | None = None
    adverse: AdverseDesk | None = None
