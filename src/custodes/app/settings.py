"""The configuration file: one TOML document that composes the settings of every part."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from custodes.api.settings import ServerSettings
from custodes.app.webhook.settings import WebhookSettings
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.events import CameraId
from custodes.identity.settings import IdentitySettings
from custodes.ledger import KeyKind, Policy, VerifierKey
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.settings import CameraSettings, PerceptionSettings
from custodes.pipeline.shard import Folders
from custodes.register.settings import SiteSettings
from custodes.vault.settings import VaultSettings

_CAMERA_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")

Model = TypeVar("Model", bound=BaseModel)


def _camera_id(text: str) -> str:
    if not _CAMERA_ID.fullmatch(text):
        msg = "a camera's id is 1-40 of a-z, 0-9, - and _, starting with a letter"
        raise ValueError(msg)
    return text


class WitnessSettings(BaseModel):
    """Somebody else's program that cosigns the log, `custodes witness run`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(description="Verifier key of the witness, as `custodes witness keygen` prints it.")
    url: str = Field(pattern=r"^https?://\S+$", description="Address at which it takes checkpoints.")

    @field_validator("key")
    @classmethod
    def _is_a_witness(cls, key: str) -> str:
        return _verifier(key, KeyKind.WITNESS)


def _verifier(key: str, kind: KeyKind) -> str:
    try:
        found = VerifierKey.parse(key).kind
    except IntegrityError as error:
        raise ValueError(str(error)) from error
    if found is not kind:
        msg = "it is the key of a witness" if found is KeyKind.WITNESS else "it is not the key of a witness"
        raise ValueError(msg)
    return key


class LogSettings(BaseModel):
    """The tamper-evident log that outsiders check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str = Field(
        default="",
        max_length=80,
        pattern=r"^[^\s+]*$",
        description="Name of the log, such as `cameras.example.org/log`; set at the first start, random where empty.",
    )
    heartbeat_s: float = Field(
        default=300.0, ge=1, le=86_400, description="Seconds between signs of life in the log, so that silence shows."
    )
    body_days: int = Field(
        default=366,
        ge=183,
        le=3660,
        description="Days after which who, why and for whom of what was logged is erased; at least six months.",
    )
    witnesses: tuple[WitnessSettings, ...] = Field(default=(), description="Who is asked to cosign the log.")
    quorum: int | None = Field(
        default=None,
        ge=0,
        description="How many of them have to, before a checkpoint is published; more than half where not given.",
    )

    @model_validator(mode="after")
    def _quorum_is_reachable(self) -> Self:
        if self.quorum is not None and self.quorum > len(self.witnesses):
            msg = f"a quorum of {self.quorum} cannot be reached by {len(self.witnesses)} witnesses"
            raise ValueError(msg)
        return self

    def policy(self, key: VerifierKey) -> Policy:
        """Return whom outsiders have to believe to rely on the log of `key` (C2SP tlog-policy)."""
        return Policy.parse(self.policy_text(key).encode())

    def policy_text(self, key: VerifierKey) -> str:
        """Return that policy as a file."""
        names = [f"w{number}" for number in range(1, len(self.witnesses) + 1)]
        needed = len(names) // 2 + 1 if self.quorum is None else self.quorum
        witnesses = [f"witness {name} {one.key} {one.url}" for name, one in zip(names, self.witnesses, strict=True)]
        quorum = [f"group witnesses {needed} {' '.join(names)}", "quorum witnesses"] if names and needed else []
        return "\n".join([f"log {key}", *witnesses, *(quorum or ["quorum none"]), ""])


class Settings(BaseModel):
    """All settings of a server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(
        default=Path(platformdirs.user_data_dir("custodes")),
        description="Folder of the database, recordings and thumbnails; "
        "a relative one is taken from the configuration's folder.",
    )
    private_key: Path | None = Field(
        default=None,
        description="File of the key that names and reasons are encrypted under: outside `data`, and backed up apart "
        "from it. Where not given, `private.key` in a folder beside `data` that is called like it, with `-keys`. A "
        "relative path starts at the configuration file.",
    )
    server: ServerSettings = Field(default=ServerSettings(), description="Where the API and the web page listen.")
    detector: DetectorSettings = Field(default=DetectorSettings(), description="Which model finds objects.")
    cameras_per_worker: int = Field(default=48, ge=1, le=200, description="Most cameras in one worker process.")
    charters: Path = Field(
        default=Path("charters"),
        description="Folder of charters, `*.toml`; a camera that none of them names stays dark. A relative path starts "
        "at the configuration file.",
    )
    charter_signers: tuple[str, ...] = Field(
        default=(),
        description="Verifier keys of those who have to have signed a charter before it counts, as `custodes charter "
        "keygen` prints them.",
    )
    vault: VaultSettings = Field(default=VaultSettings(), description="Originals under seal.")
    identity: IdentitySettings = Field(default=IdentitySettings(), description="People who enrolled.")
    log: LogSettings = Field(default=LogSettings(), description="The public log of what the server does.")
    site: SiteSettings = Field(default=SiteSettings(), description="The public register of cameras.")
    webhooks: tuple[WebhookSettings, ...] = Field(default=(), description="Other programs that are told of events.")
    cameras: dict[Annotated[CameraId, BeforeValidator(_camera_id)], CameraSettings] = Field(
        default={}, description="The cameras by id."
    )

    @property
    def folders(self) -> Folders:
        """Where things are kept."""
        return Folders(data=self.data, private_key=self.private_key)

    @field_validator("charter_signers")
    @classmethod
    def _are_signers(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_verifier(key, KeyKind.LOG) for key in keys)


def load_settings(path: Path) -> Settings:
    """Read and check the configuration at `path`; relative paths in it are taken from its folder.

    Raises:
        ConfigError: It cannot be read, is not TOML, or holds a wrong value; the text names each field.
    """
    settings = _load(path, Settings)
    folder = path.resolve().parent
    cameras = {
        name: camera.model_copy(update={"source": camera.source.in_folder(folder)})
        for name, camera in settings.cameras.items()
    }
    return settings.model_copy(
        update={
            "data": folder / settings.data,
            "private_key": settings.private_key and folder / settings.private_key,
            "charters": folder / settings.charters,
            "vault": settings.vault.model_copy(update={"keys": settings.vault.keys and folder / settings.vault.keys}),
            "identity": settings.identity.model_copy(
                update={"keys": settings.identity.keys and folder / settings.identity.keys}
            ),
            "detector": settings.detector.in_folder(folder),
            "site": settings.site.in_folder(folder),
            "webhooks": tuple(
                one.model_copy(update={"secret": folder / one.secret.expanduser()}) for one in settings.webhooks
            ),
            "cameras": cameras,
        }
    )


def load_perception(path: Path) -> PerceptionSettings:
    """Read zones, tripwires, redaction and the like for a file to be analysed from the TOML document at `path`.

    Raises:
        ConfigError: As `load_settings`.
    """
    return _load(path, PerceptionSettings)


def _load(path: Path, model: type[Model]) -> Model:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the configuration {path} cannot be read",
            why=error.strerror or type(error).__name__,
            fix="`custodes add URL --config FILE` writes one",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {path} is not TOML", why=str(error)) from error
    return checked(document, path, model)


def checked(document: dict[str, Any], path: Path, model: type[Model]) -> Model:
    """Return the settings that `document`, read from `path` or to be written there, holds.

    Raises:
        ConfigError: It holds a wrong value; the text names each field.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ConfigError(
            f"the configuration {path} is wrong",
            why="; ".join(_explain(item) for item in error.errors(include_input=False, include_url=False)),
            fix="see docs/reference/settings.md for every field",
        ) from error


def _explain(item: ErrorDetails) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "the document"
    return f"{where}: {item['msg']}"
