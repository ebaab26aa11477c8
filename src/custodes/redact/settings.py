"""How redaction is done, and how cautious it is."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RedactionSettings(BaseModel):
    """Settings of one camera's redaction; the defaults are the ones that `docs/` reports measurements for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: Literal["pixelate", "solid"] = Field(
        default="pixelate", description="`pixelate` shows coarse cells, `solid` a uniform grey that keeps nothing."
    )
    cells: int = Field(
        default=4, ge=2, le=8, description="At most so many cells across the longer side of a mask when pixelating."
    )
    min_cell_px: int = Field(default=8, ge=4, le=64, description="No cell is smaller than this, in pixels.")
    grow: float = Field(default=1.3, ge=1.1, le=2.0, description="A found face's box is scaled by this factor.")
    min_person_score: float = Field(
        default=0.3,
        ge=0.05,
        le=0.9,
        description="The head of every person detected with at least this score is masked.",
    )
    lookbehind_s: float = Field(
        default=1.0,
        ge=0.2,
        le=10,
        description="A face or person first seen at t is masked from t minus this, in seconds.",
    )
    hold_s: float = Field(
        default=1.0,
        ge=0.2,
        le=10,
        description="A mask outlives the last sight of its face or person by this, in seconds.",
    )
    max_gap_s: float = Field(
        default=1.0, ge=0.2, le=10, description="Pictures in a longer gap between two analyses are blanked, in seconds."
    )
    patience_s: float = Field(
        default=3.0, ge=0.5, le=60, description="A picture whose masks are not known after so many seconds is blanked."
    )
    max_waiting_mb: int = Field(
        default=256,
        ge=1,
        le=4096,
        description="Pictures waiting for masks use at most this much memory, in MB; the oldest are blanked beyond it.",
    )
    face_model: Literal["yunet", "centerface", "both"] = Field(
        default="yunet", description="Which face detector searches live video; `both` finds most and costs most."
    )
    heads_fps: float = Field(
        default=2.0,
        ge=0.1,
        le=30,
        description="Searches for faces around the heads of persons, a second, or a few more.",
    )
    whole_fps: float = Field(
        default=1.0, ge=0.1, le=30, description="Searches for faces in the whole picture, a second, or a few more."
    )
