"""YuNet: small, anchor-free, faces with five points (not used here)."""

import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.perceive.detect.base import pad, suppress
from custodes.perceive.runtime import Network

_STRIDES = (8, 16, 32)
_OVERLAP = 0.4


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
        padded = pad(bgr, _STRIDES[-1])
        outputs = self._network.run(padded[None])
        columns = padded.shape[1]
        found = [
            _decode(outputs[i][0, :, 0], outputs[i + 3][0, :, 0], outputs[i + 6][0], columns // stride, stride)
            for i, stride in enumerate(_STRIDES)
        ]
        xyxy, score = (np.concatenate(column) for column in zip(*found, strict=True))
        good = score >= self._threshold
        classes = np.zeros(int(good.sum()), np.int32)
        return suppress(xyxy[good], score[good], classes, picture=bgr, overlap=_OVERLAP, model=self.model)


def _decode(
    cls: NDArray[np.float32], obj: NDArray[np.float32], box: NDArray[np.float32], columns: int, stride: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return boxes (n, 4) in pixels and scores (n,) of one stride: OpenCV's published reading of the outputs."""
    cell = np.arange(len(cls))
    centre = (np.stack([cell % columns, cell // columns], axis=1) + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * stride / 2
    score = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))
    return np.concatenate([centre - half, centre + half], axis=1).astype(np.float32), score.astype(np.float32)
