"""What a worker process is given: cameras, and where to keep things."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from custodes.charter import Charter
from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.identity.settings import IdentitySettings
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.settings import CameraSettings
from custodes.store import PrivateTexts, open_texts
from custodes.vault.settings import VaultSettings


class Folders(BaseModel):
    """Where a worker keeps things: all below one data folder, but for the key of private texts."""

    model_config = ConfigDict(frozen=True)

    data: Path = Field(description="The data folder.")
    private_key: Path | None = Field(default=None, description="File of the key of private texts, where it is named.")

    @property
    def key(self) -> Path:
        """The file of the key of private texts; where none is named, in a folder beside the data folder."""
        return self.private_key or self.data.with_name(f"{self.data.name}-keys") / "private.key"

    @property
    def known_key(self) -> Path:
        """The file that says which key of private texts the data were encrypted under."""
        return self.data / "private-key.id"

    def texts(self) -> PrivateTexts:
        """Return the cipher of names and reasons, whose key is made where there never was one.

        Raises:
            ConfigError: The key lies inside the data folder.
            IntegrityError: Its file holds no key.
            StoreError: It is gone or another one, or cannot be read or written.
        """
        return open_texts(self.key, self.known_key)

    @property
    def database(self) -> Path:
        """The database file."""
        return self.data / "custodes.db"

    @property
    def recordings(self) -> Path:
        """Redacted recordings, a folder a camera."""
        return self.data / "recordings"

    @property
    def sealed(self) -> Path:
        """Sealed originals, a folder a camera."""
        return self.data / "sealed"

    @property
    def unseal(self) -> Path:
        """Requests for originals."""
        return self.data / "unseal"

    @property
    def exports(self) -> Path:
        """Exports that are being made, or wait for an hour to be fetched."""
        return self.data / "exports"

    @property
    def log(self) -> Path:
        """The log as everybody may see it."""
        return self.data / "log"

    @property
    def register(self) -> Path:
        """The public register of cameras."""
        return self.data / "register"

    @property
    def journal(self) -> Path:
        """State of the log, and private bodies of its leaves."""
        return self.data / "journal"

    @property
    def charters(self) -> Path:
        """Every version of every charter."""
        return self.data / "charters"

    @property
    def identities(self) -> Path:
        """The database of people who enrolled."""
        return self.data / "identities.db"

    @property
    def templates(self) -> Path:
        """Their templates, sealed."""
        return self.data / "templates"

    @property
    def stills(self) -> Path:
        """Redacted thumbnails of events."""
        return self.data / "stills"

    def make(self) -> None:
        """Create those that do not exist, readable by their owner only.

        Raises:
            StoreError: The disk does not let us.
        """
        try:
            for folder in (self.data, self.recordings, self.stills):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the data folder {self.data} cannot be made",
                why=error.strerror or "",
                fix="choose another with --data",
            ) from error


class Shard(BaseModel):
    """What one worker is given to do.

    Attributes:
        number: 0, 1, ... among the workers of this data folder.
        folders: Where things are kept.
        detector: Which model finds objects.
        cameras: The cameras to watch.
        charters: The charter of each of them; there is none without.
        vault: For whom originals are sealed, where a charter keeps them.
        identity: Where the keys of people who enrolled are, for recognition points.
        retired: Cameras that do not run any more, but of which something is kept until it expires.
        retired_charters: The charters that they had last.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    folders: Folders
    detector: DetectorSettings
    cameras: dict[CameraId, CameraSettings]
    charters: dict[CameraId, Charter]
    vault: VaultSettings = VaultSettings()
    identity: IdentitySettings = IdentitySettings()
    retired: tuple[CameraId, ...] = ()
    retired_charters: dict[CameraId, Charter] = {}
