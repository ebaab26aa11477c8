"""Where the server listens."""

import ipaddress

from pydantic import BaseModel, ConfigDict, Field


class ServerSettings(BaseModel):
    """Where the API and the web page listen, and for how long a login lasts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Anything but loopback makes a login compulsory.",
    )
    port: int = Field(default=8787, ge=1, le=65535, description="Port of the API and the web page.")
    session_hours: float = Field(default=12.0, gt=0, le=720, description="Hours after which a login has expired.")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether `host` (a name or an address, without port) is this machine and nothing else."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
