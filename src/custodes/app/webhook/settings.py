"""Whom to tell of what."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from custodes.domain.events import EventKind

CONFIRMED: Final = "adverse.confirmed"
"""Kind of the message that something to somebody's disadvantage was confirmed by two people."""


class WebhookSettings(BaseModel):
    """A program elsewhere that is told of events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="Unique name, as for cameras.")]
    url: str = Field(pattern=r"^https?://\S+$", description="Address to which messages are posted.")
    recipient: str = Field(
        min_length=1,
        max_length=200,
        description="Who gets them: a camera's events are sent only where its charter names this recipient, and that "
        "it receives events.",
    )
    kinds: tuple[EventKind | Literal["adverse.confirmed"], ...] = Field(
        min_length=1, description="Kinds of events to tell of; `adverse.confirmed` for what two people confirmed."
    )
    secret: Path = Field(
        description="File of the secret that messages are signed with, made at the first start; the receiver needs a "
        "copy. A relative path starts at the configuration file."
    )
