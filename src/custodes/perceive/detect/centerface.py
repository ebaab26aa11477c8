"""CenterFace: a heat map of face centres, with sizes and offsets."""

import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.perceive.detect.base import pad, suppress
from custodes.perceive.runtime import Network

_STRIDE = 4
_MULTIPLE = 32
_OVERLAP = 0.3


class CenterFace:
    """Finds faces in a picture at its own size.

    Args:
        network: With outputs heat map (1, 1, h/4, w/4), log sizes, offsets (each h then w) and landmarks.
        threshold: Lowest score returned.
    """

    name = "centerface"

    def __init__(self, network: Network, threshold: float = 0.2) -> None:
        self.model = network.digest
        self._network = network
        self._threshold = threshold

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """Return the faces in a picture (h, w, 3) of any size."""
        heat, size, offset, _ = self._network.run(pad(bgr, _MULTIPLE)[None])
        rows, columns = np.nonzero(heat[0, 0] > self._threshold)
        cell = np.stack([rows, columns])
        centre = (cell + offset[0][:, rows, columns] + 0.5) * _STRIDE
        half = np.exp(size[0][:, rows, columns]) * _STRIDE / 2
        yxyx = np.concatenate([centre - half, centre + half])
        score = heat[0, 0, rows, columns]
        xyxy = np.ascontiguousarray(yxyx[[1, 0, 3, 2]].T, np.float32)
        return suppress(xyxy, score, np.zeros(len(score), np.int32), picture=bgr, overlap=_OVERLAP, model=self.model)
