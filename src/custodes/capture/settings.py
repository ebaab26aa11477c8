"""Where a camera's pictures come from."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

SCHEMES = ("rtsp", "rtsps", "http", "https", "file")


def _known_scheme(url: SecretStr) -> SecretStr:
    scheme, separator, rest = url.get_secret_value().partition("://")
    if not (rest if separator else scheme):
        msg = "the address is empty"
        raise ValueError(msg)
    if separator and scheme.lower() not in SCHEMES:
        msg = f"an address starts with {'://, '.join(SCHEMES)}://, or is the path of a file"
        raise ValueError(msg)
    return url


SourceUrl = Annotated[SecretStr, AfterValidator(_known_scheme)]


class SourceSettings(BaseModel):
    """One camera, stream or file. Addresses may hold passwords and are never shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SourceUrl = Field(
        description="Main stream: an rtsp://, rtsps://, http:// or https:// address, or a file; "
        "a relative path is taken from the configuration's folder."
    )
    sub_url: SourceUrl | None = Field(
        default=None, description="Smaller stream of the same view, used for analysis; the main stream where not given."
    )
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="How RTSP carries the pictures.")
    loop: bool = Field(default=False, description="Files only: start again at the end.")
    realtime: bool = Field(default=True, description="Files only: give pictures at the pace of a camera.")
    stall_after_s: float = Field(
        default=10.0, gt=0, le=300, description="Seconds without a picture after which a stream counts as stalled."
    )

    def in_folder(self, folder: Path) -> Self:
        """Return these settings with relative paths of files taken from `folder`; addresses stay as they are."""
        streams = {"url": self.url, "sub_url": self.sub_url}
        return self.model_copy(update={name: _in_folder(url, folder) for name, url in streams.items()})


def _in_folder(url: SecretStr | None, folder: Path) -> SecretStr | None:
    if url is None or "://" in url.get_secret_value():
        return url
    return SecretStr(str(folder / url.get_secret_value()))
