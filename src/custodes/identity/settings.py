"""Where keys of enrolments are kept."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class IdentitySettings(BaseModel):
    """People who enrolled to be recognised; nobody can enrol without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Path | None = Field(
        default=None,
        description="Folder of the keys of templates: outside `data`, on this machine's own disk, and in no backup. "
        "A relative path starts at the configuration file.",
    )
