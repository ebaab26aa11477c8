"""How detections become tracks."""

from pydantic import BaseModel, ConfigDict, Field

from custodes.domain.coco import PERSON


class TrackerSettings(BaseModel):
    """Settings of the tracker of one camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_score: float = Field(default=0.6, gt=0, lt=1, description="Only detections this sure start a track.")
    high_score: float = Field(default=0.5, gt=0, lt=1, description="Detections this sure are matched first.")
    low_score: float = Field(default=0.25, gt=0, lt=1, description="Less sure detections are not used at all.")
    other_classes: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Factor on these scores for all classes but person: the default model is less sure of them.",
    )
    confirm_after: int = Field(default=2, ge=1, le=10, description="Sightings after which a track is confirmed.")
    keep_lost_s: float = Field(default=2.0, gt=0, le=30, description="A track not seen for so many seconds has ended.")

    def starts_at(self, class_id: int) -> float:
        """Return the score, 0-1, from which a detection of a class starts a track."""
        return self.start_score if class_id == PERSON else round(self.start_score * self.other_classes, 3)
