"""What is recorded, and for how long it is kept."""

from pydantic import BaseModel, ConfigDict, Field


class RecordingSettings(BaseModel):
    """Settings of one camera's recordings and live view, which share one encoder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: float = Field(
        default=10.0, gt=0, le=60, description="Pictures per second in recordings and live view, at most."
    )
    crf: int = Field(
        default=26, ge=15, le=40, description="Constant rate factor of x264: less is sharper and larger; 6 more halves."
    )
    segment_s: float = Field(
        default=4.0, ge=1, le=60, description="Seconds in one file. A crash loses at most the file being written."
    )
    max_gb: float | None = Field(
        default=None,
        gt=0,
        description="Recordings of this camera take no more than so many GB; the oldest go first, where the charter "
        "allows early deletion for disk space.",
    )
    min_free_gb: float = Field(
        default=1.0,
        ge=0,
        description="Recording stops while the disk has less than so many GB free; the oldest go before, likewise.",
    )
