"""Where people present themselves at a camera, and how."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from custodes.charter import RecognitionMode
from custodes.rules.settings import PointNorm


class Challenged(StrEnum):
    """Who is asked to turn the head and close the eyes, so that a picture of a face is told from a face."""

    NOBODY = "nobody"
    IDENTIFY = "identify"
    """Who is identified without a pass."""
    EVERYBODY = "everybody"

    def asks(self, mode: RecognitionMode) -> bool:
        """Return whether somebody who presents themselves by `mode` is asked."""
        return self is Challenged.EVERYBODY or self.value == mode.value


class RecognitionSettings(BaseModel):
    """The recognition point of a camera.

    The ways of recognition, how large and how straight a face has to be, and for how long one holds still are for the
    charter to say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: tuple[PointNorm, ...] = Field(
        min_length=3,
        max_length=64,
        description="Corners of the zone that a face has to lie in as a whole, each x and y as shares (0-1) of the "
        "picture's sides.",
    )
    movement: float = Field(
        default=0.25,
        gt=0,
        le=1,
        description="How far the middle of a face that holds still may move, in heights of the face.",
    )
    frames: int = Field(default=3, ge=2, le=10, description="Good pictures of the face that are compared together.")
    challenge: Challenged = Field(
        default=Challenged.IDENTIFY,
        description="Who has to turn the head, close the eyes and perhaps come closer, as asked on the page "
        "`/point/CAMERA`: `identify` for those who show no pass, `everybody`, or `nobody`. It takes about ten seconds, "
        "and tells faces from pictures that do nothing, no more.",
    )
    timeout_s: float = Field(
        default=15.0,
        ge=2,
        le=60,
        description="Seconds from presenting oneself to an answer, or to none; 12 or more where people have to do "
        "as asked.",
    )
