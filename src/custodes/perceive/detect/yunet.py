"""YuNet: small, anchor-free, faces with five points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.perceive.detect.base import pad, surviving
from custodes.perceive.runtime import Network

_STRIDES = (8, 16, 32)
_OVERLAP = 0.4


@dataclass(frozen=True, slots=True)
class PointedFaces:
    """Faces with the points by which they can be aligned.

    Attributes:
        found: The faces.
        points: float32 (n, 5, 2), x and y in pixels of the picture: the eye on its left side, the one on its right, tip
            of the nose, the corner of the mouth on its left side, the one on its right.
    """

    found: Detections
    points: NDArray[np.float32]


class YuNet:
    """Finds faces in a picture at its own size.

    Args:
        network: YuNet of OpenCV Zoo, 2023mar: outputs cls, obj, bbox, kps for strides 8, 16 and 32.
        threshold: Lowest score returned.
    """

    name = "yunet"

    def __init__(self, network: Network, threshold: float = 0.3) -> None:
        self.model = network.digest
        self._network = network
        self._threshold = threshold

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """Return the faces in a picture (h, w, 3) of any size."""
        return self.find(bgr).found

    def find(self, bgr: NDArray[np.uint8]) -> PointedFaces:
        """Return the faces in a picture (h, w, 3) of any size, with their points, best first."""
        padded = pad(bgr, _STRIDES[-1])
        outputs = self._network.run(padded[None])
        columns = padded.shape[1]
        found = [
            _decode([outputs[i + 3 * kind][0] for kind in range(4)], columns // stride, stride, self._threshold)
            for i, stride in enumerate(_STRIDES)
        ]
        xyxy, score, points = (np.concatenate(column) for column in zip(*found, strict=True))
        classes = np.zeros(len(score), np.int32)
        keep = surviving(xyxy, score, classes, picture=bgr, overlap=_OVERLAP)
        return PointedFaces(Detections(xyxy[keep], score[keep], classes[keep], self.model), points[keep])


def _decode(
    outputs: list[NDArray[np.float32]], columns: int, stride: int, threshold: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return boxes (n, 4) in pixels, scores (n,) and points (n, 5, 2) of one stride, as OpenCV reads the outputs.

    Only what reaches `threshold` is returned.
    """
    cls, obj, box, points = outputs
    score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    number = np.flatnonzero(score >= threshold)
    cell = np.stack([number % columns, number // columns], axis=1)
    box = box[number]
    centre = (cell + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * stride / 2
    xyxy = np.concatenate([centre - half, centre + half], axis=1)
    where = (points[number].reshape(-1, 5, 2) + cell[:, None]) * stride
    return xyxy.astype(np.float32), score[number].astype(np.float32), where.astype(np.float32)
