"""Where the register is published, and what lies under its map."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class SiteSettings(BaseModel):
    """The public register of cameras."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address under which the register is published; signs lead there by QR code.",
    )
    streets: Path | None = Field(
        default=None,
        description="GeoJSON drawn under the map, such as streets from OpenStreetMap; a relative path starts at the "
        "configuration file. Without it the map has a grid.",
    )

    def in_folder(self, folder: Path) -> Self:
        """Return these settings with a relative path taken from `folder`."""
        return self.model_copy(update={"streets": folder / self.streets}) if self.streets else self
