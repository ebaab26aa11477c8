"""What a tracker says about one object in one picture."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class TrackState(StrEnum):
    """How sure the tracker is of an object."""

    TENTATIVE = "tentative"
    """Seen, but not often enough to count."""
    CONFIRMED = "confirmed"
    """Seen in this picture and often enough before."""
    LOST = "lost"
    """Not seen in this picture; the box is a prediction."""


@dataclass(frozen=True, slots=True)
class Track:
    """One object in one picture.

    Attributes:
        track_id: Unique within one camera since its worker started; never shared across cameras.
        class_id: Index into `domain.coco.COCO_CLASSES`.
        state: Tentative, confirmed or lost.
        xyxy: float32 (4,), pixels of the picture: the course of the object, smoothed.
        score: Score of the matched detection, 0-1; 0 while lost.
        detected: float32 (4,), pixels: the matched detection itself, which the smoothed box trails behind when the
            object speeds up; None while lost.
    """

    track_id: int
    class_id: int
    state: TrackState
    xyxy: NDArray[np.float32]
    score: float
    detected: NDArray[np.float32] | None = None
