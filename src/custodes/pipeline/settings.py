"""Settings of one camera, composed from the parts that use them."""

from pydantic import BaseModel, ConfigDict, Field

from custodes.capture.settings import SourceSettings
from custodes.perceive.motion import MotionSettings
from custodes.perceive.track import TrackerSettings
from custodes.recognition.settings import RecognitionSettings
from custodes.record.settings import RecordingSettings
from custodes.redact.settings import RedactionSettings
from custodes.rules.settings import RulesSettings


class AnalysisSettings(BaseModel):
    """How often and how closely the pictures of a camera are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: float = Field(default=5.0, gt=0, le=30, description="Pictures analysed per second while something moves.")
    still_s: float = Field(
        default=10.0, gt=0, description="Seconds between looks while nothing moves, in case the motion gate is wrong."
    )
    motion: MotionSettings = Field(default=MotionSettings(), description="When a picture counts as moving.")
    tracker: TrackerSettings = Field(default=TrackerSettings(), description="How detections become tracks.")


class PerceptionSettings(BaseModel):
    """What a camera looks for and how its pictures are redacted: all that does not depend on where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    analysis: AnalysisSettings = Field(default=AnalysisSettings(), description="How pictures are looked at.")
    rules: RulesSettings = Field(default=RulesSettings(), description="Zones, tripwires and what makes an event.")
    redaction: RedactionSettings = Field(default=RedactionSettings(), description="How faces are covered.")
    recording: RecordingSettings = Field(default=RecordingSettings(), description="What is kept, and for how long.")


class CameraSettings(PerceptionSettings):
    """One camera."""

    name: str = Field(default="", max_length=80, description="Name shown to people; the camera's id where empty.")
    source: SourceSettings = Field(description="Where its pictures come from.")
    recognition: RecognitionSettings | None = Field(
        default=None, description="Where people who enrolled present themselves; nobody is recognised without."
    )
