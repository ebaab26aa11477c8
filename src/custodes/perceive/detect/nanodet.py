"""NanoDet-g: anchor-free, distances to the four sides as distributions over 11 bins."""

import math

import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.perceive.detect.base import suppress
from custodes.perceive.letterbox import fit, letterbox
from custodes.perceive.models.nanodet import CLASSES, STRIDES
from custodes.perceive.runtime import Network

_BINS = np.arange(11, dtype=np.float32)
_OVERLAP = 0.6
"""NanoDet's published suppression threshold."""
_MOST = 300


class NanoDet:
    """The default object detector.

    Args:
        network: With uint8 BGR input (1, h, w, 3) and the outputs `custodes.perceive.models.nanodet.HEADS`.
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
        found = [
            _above(self._threshold, values[0], stride)
            for values, stride in zip(self._network.run(boxed[None]), STRIDES, strict=True)
        ]
        centre, stride, logits, score, class_id = (
            np.concatenate(column, axis=-1) for column in zip(*found, strict=True)
        )
        best = np.argsort(-score, kind="stable")[:_MOST]
        xyxy = (_boxes(centre[:, best], stride[best], logits[..., best]) / scale).astype(np.float32)
        return suppress(xyxy, score[best], class_id[best], picture=bgr, overlap=_OVERLAP, model=self.model)


def _above(
    threshold: float, values: NDArray[np.float32], stride: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return what lies above a score in one stride.

    Args:
        threshold: The score, between 0 and 1.
        values: (h, w, 124), logits of the classes, then of the bins for left, top, right, bottom.
        stride: Input pixels per cell.

    Returns:
        Class by class: centres (2, n), x and y in input pixels; strides (n,); logits (4, 11, n); scores (n,); classes.
    """
    likely = values[..., :CLASSES] > math.log(threshold / (1 - threshold))
    rows, columns, class_id = np.unravel_index(np.flatnonzero(likely), likely.shape)
    by_class = np.argsort(class_id, kind="stable")
    rows, columns, class_id = rows[by_class], columns[by_class], class_id[by_class]
    score = np.asarray(1 / (1 + np.exp(-values[rows, columns, class_id])), np.float32)
    logits = values[rows, columns, CLASSES:].T.reshape(4, len(_BINS), -1)
    centre = (np.array([columns, rows]) + 0.5) * stride
    return centre, np.full(len(rows), stride), logits, score, class_id.astype(np.int32)


def _boxes(centre: NDArray[np.float64], stride: NDArray[np.int64], logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return boxes (n, 4) in input pixels from what `_above` returns."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    sides = (weights * _BINS[:, None]).sum(axis=1) / weights.sum(axis=1) * stride.astype(np.float32)
    return np.concatenate([centre - sides[:2], centre + sides[2:]]).T.astype(np.float32)
