"""NanoDet-g: anchor-free, distances to the four sides as distributions over 11 bins."""

import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.perceive.detect.base import suppress
from custodes.perceive.letterbox import fit, letterbox
from custodes.perceive.models.nanodet import STRIDES
from custodes.perceive.runtime import Network

_BINS = np.arange(11, dtype=np.float32)
_OVERLAP = 0.6
"""NanoDet's published suppression threshold."""
_MOST = 300


class NanoDet:
    """The default object detector.

    Args:
        network: With uint8 BGR input (1, h, w, 3) and, for strides 8, 16 and 32, scores and distances.
        most_wh: Pictures are scaled to fit this; the input is no larger than that needs.
        threshold: Lowest score returned.
    """

    name = "nanodet-g"

    def __init__(self, network: Network, most_wh: tuple[int, int], threshold: float) -> None:
        self.model = network.digest
        self._network = network
        self._most_wh = most_wh
        self._threshold = threshold

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """Return the objects in a picture (h, w, 3) of any size."""
        width, height = fit(bgr.shape[1], bgr.shape[0], self._most_wh, STRIDES[-1])
        boxed, scale = letterbox(bgr, width, height)
        outputs = self._network.run(boxed[None])
        found = [
            _above(self._threshold, scores[0], distances[0], stride)
            for scores, distances, stride in zip(outputs[::2], outputs[1::2], STRIDES, strict=True)
        ]
        centre, stride, logits, score, class_id = (
            np.concatenate(column, axis=-1) for column in zip(*found, strict=True)
        )
        best = np.argsort(-score, kind="stable")[:_MOST]
        xyxy = (_boxes(centre[:, best], stride[best], logits[..., best]) / scale).astype(np.float32)
        return suppress(xyxy, score[best], class_id[best], picture=bgr, overlap=_OVERLAP, model=self.model)


def _above(
    threshold: float, scores: NDArray[np.float32], distances: NDArray[np.float32], stride: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return what lies above a score in one stride.

    Args:
        threshold: The score.
        scores: (80, h, w), 0-1.
        distances: (44, h, w), logits of the bins for left, top, right, bottom.
        stride: Input pixels per cell.

    Returns:
        Centres (2, n), x and y in input pixels; strides (n,); logits (4, 11, n); scores (n,); classes (n,).
    """
    class_id, rows, columns = np.unravel_index(np.flatnonzero(scores > threshold), scores.shape)
    logits = distances[:, rows, columns].reshape(4, len(_BINS), -1)
    centre = (np.array([columns, rows]) + 0.5) * stride
    return centre, np.full(len(rows), stride), logits, scores[class_id, rows, columns], class_id.astype(np.int32)


def _boxes(centre: NDArray[np.float64], stride: NDArray[np.int64], logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return boxes (n, 4) in input pixels from what `_above` returns."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    sides = (weights * _BINS[:, None]).sum(axis=1) / weights.sum(axis=1) * stride.astype(np.float32)
    return np.concatenate([centre - sides[:2], centre + sides[2:]]).T.astype(np.float32)
