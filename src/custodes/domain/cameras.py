"""The state of a camera, and the numbers that show how it is doing."""

from dataclasses import dataclass, field
from enum import StrEnum

from custodes.domain.events import CameraId


class CameraState(StrEnum):
    """What a camera is doing."""

    CONNECTING = "connecting"
    """First try, or one try after another within the first seconds."""
    LIVE = "live"
    """Pictures arrive."""
    STALLED = "stalled"
    """Connected, but no picture for a while."""
    OFFLINE = "offline"
    """Cannot be reached; tried again after a growing, jittered delay, for ever."""
    DARK = "dark"
    """Not run, as no charter allows it."""
    FAILING = "failing"
    """Reached, but what it sends cannot be used (wrong password, unknown codec, garbage)."""


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How one camera is doing, as shown in the API and the log.

    Attributes:
        camera: Which one.
        state: What it is doing.
        reason: Why, in words for an operator; never holds the camera's address.
        since_ns: Wall time since when, nanoseconds since the Unix epoch.
        width: Picture width in pixels, 0 while unknown.
        height: Picture height in pixels, 0 while unknown.
        codec: Video codec, empty while unknown.
        fps: Pictures a second received lately.
        analysed_fps: Pictures a second analysed lately.
        dropped: Pictures that analysis or recording skipped since the start because the machine was busy.
        blanked: Recorded pictures blanked since the start because redaction failed or was late.
        recording: Whether recordings are being written.
        occupancy: Objects in view now, by class name.
        totals: Tripwire crossings and zone entries since the start, by `name/direction` or `name`.
        prompt: What the person at the recognition point is asked to do now: `ahead`, `left` or `right`, their own,
            `eyes` to close them, or `closer`; empty where nobody is asked anything.
        answer: How the last attempt at the recognition point ended, for a few seconds: `recognised`, `not_recognised`,
            or why there is no answer; it says of nobody who it was. Empty otherwise.
    """

    camera: CameraId
    state: CameraState
    reason: str
    since_ns: int
    width: int = 0
    height: int = 0
    codec: str = ""
    fps: float = 0.0
    analysed_fps: float = 0.0
    dropped: int = 0
    blanked: int = 0
    recording: bool = False
    occupancy: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    prompt: str = ""
    answer: str = ""
