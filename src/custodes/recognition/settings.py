"""Where people present themselves at a camera, and how."""

from pydantic import BaseModel, ConfigDict, Field

from custodes.rules.settings import PointNorm


class RecognitionSettings(BaseModel):
    """The recognition point of a camera; which ways of recognition it has is for the charter to say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: tuple[PointNorm, ...] = Field(
        min_length=3,
        max_length=64,
        description="Corners of the zone that a face has to lie in as a whole, each x and y as shares (0-1) of the "
        "picture's sides.",
    )
    height_px: int = Field(
        default=64, ge=64, le=2000, description="Least height of a face in the analysed picture, pixels."
    )
    still_s: float = Field(
        default=1.0, ge=0.5, le=10, description="Seconds for which a face holds still, for `identify`."
    )
    movement: float = Field(
        default=0.25, gt=0, le=1, description="How far its middle may move meanwhile, in heights of the face."
    )
    frames: int = Field(default=3, ge=2, le=10, description="Good pictures of the face that are compared together.")
    timeout_s: float = Field(
        default=10.0, ge=2, le=60, description="Seconds from presenting oneself to an answer, or to none."
    )
