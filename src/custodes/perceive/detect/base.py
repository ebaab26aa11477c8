"""What every detector is, and the arithmetic they share."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.domain.geometry import clip


class Detector(Protocol):
    """Finds objects or faces in a picture. Thread-safe: all cameras of a worker share one.

    Attributes:
        name: Short name.
        model: SHA-256 digest (hex) of its weights.
    """

    name: str
    model: str

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """Return what is found in a picture (h, w, 3) of any size, best first; blocks until done.

        Raises:
            ModelError: The model failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class FaceDetectors:
    """The two face detectors that redaction uses, alone or together.

    Attributes:
        yunet: Cheap, better on large and masked faces.
        centerface: Dearer, better on small faces.
    """

    yunet: Detector
    centerface: Detector


def suppress(
    xyxy: NDArray[np.float32],
    score: NDArray[np.float32],
    class_id: NDArray[np.int32],
    *,
    picture: NDArray[np.uint8],
    overlap: float,
    model: str,
) -> Detections:
    """Return what is left after class-wise non-maximum suppression, best first.

    Boxes that lie wholly outside the picture, as in the padding of a network's input, are dropped, and so are those
    that are no boxes.

    Args:
        xyxy: (n, 4) pixels.
        score: (n,) 0-1.
        class_id: (n,).
        picture: (h, w, 3), in which they were found.
        overlap: Intersection over union from which the lower score yields.
        model: Digest of the model.
    """
    keep = surviving(xyxy, score, class_id, picture=picture, overlap=overlap)
    return Detections(
        xyxy[keep].astype(np.float32), score[keep].astype(np.float32), class_id[keep].astype(np.int32), model
    )


def surviving(
    xyxy: NDArray[np.float32],
    score: NDArray[np.float32],
    class_id: NDArray[np.int32],
    *,
    picture: NDArray[np.uint8],
    overlap: float,
) -> NDArray[np.intp]:
    """Return which rows `suppress` leaves, best first, for columns of their own kind; arguments as there."""
    seen = clip(xyxy, picture.shape[1], picture.shape[0])
    good = np.flatnonzero(np.isfinite(xyxy).all(axis=1) & (seen[:, 2:] > seen[:, :2]).all(axis=1))
    if not len(good):
        return good
    boxes, scores, classes = (
        column[good].astype(kind) for column, kind in ((xyxy, np.float32), (score, np.float32), (class_id, np.int32))
    )
    xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    keep = cv2.dnn.NMSBoxesBatched(xywh.tolist(), scores.tolist(), classes.tolist(), 0.0, overlap)
    return good[np.asarray(keep, np.intp).reshape(-1)]


def pad(bgr: NDArray[np.uint8], multiple: int) -> NDArray[np.uint8]:
    """Return a picture (h, w, 3) with black added right and below until its sides are multiples of `multiple`."""
    height, width = (-(-side // multiple) * multiple for side in bgr.shape[:2])
    if bgr.shape[:2] == (height, width):
        return np.ascontiguousarray(bgr)
    padded = np.zeros((height, width, 3), np.uint8)
    padded[: bgr.shape[0], : bgr.shape[1]] = bgr
    return padded
