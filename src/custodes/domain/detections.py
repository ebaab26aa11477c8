"""What a detector saw in one picture, as columns."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray


def _boxes() -> NDArray[np.float32]:
    return np.empty((0, 4), np.float32)


def _scores() -> NDArray[np.float32]:
    return np.empty(0, np.float32)


def _classes() -> NDArray[np.int32]:
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Detections:
    """Objects or faces found in one picture; row i of every column is one detection.

    Attributes:
        xyxy: float32 (n, 4), left, top, right, bottom in pixels of the picture, not clipped.
        score: float32 (n,), 0-1.
        class_id: int32 (n,), index into `domain.coco.COCO_CLASSES`; 0 for faces.
        model: SHA-256 digest (hex) of the model file that made them, empty where none did.
    """

    xyxy: NDArray[np.float32] = field(default_factory=_boxes)
    score: NDArray[np.float32] = field(default_factory=_scores)
    class_id: NDArray[np.int32] = field(default_factory=_classes)
    model: str = ""

    def __post_init__(self) -> None:
        n = len(self.score)
        if self.xyxy.shape != (n, 4) or self.class_id.shape != (n,):
            msg = f"columns differ in length: {self.xyxy.shape}, {self.score.shape}, {self.class_id.shape}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        """Return the rows that `keep` selects (a mask, an index array or a slice)."""
        return type(self)(self.xyxy[keep], self.score[keep], self.class_id[keep], self.model)
