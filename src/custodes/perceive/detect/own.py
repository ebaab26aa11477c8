"""Models of the user's own: three common kinds of output, each with its decoder.

Each takes COCO's 80 classes in their usual order, and a fixed input size that is read from the model.
"""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.detections import Detections
from custodes.domain.errors import ModelError
from custodes.perceive.detect.base import suppress
from custodes.perceive.letterbox import letterbox
from custodes.perceive.onnx_runtime import OnnxNetwork
from custodes.perceive.runtime import Network
from custodes.perceive.settings import DetectorSettings

Found = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]
_OVERLAP = 0.6


class OwnDetector:
    """A user's model: pictures are letterboxed to its input size, its outputs read by a decoder.

    Args:
        settings: With model and decoder.

    Raises:
        ModelError: There is no such model, it does not load, or it takes no pictures.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        if settings.model is None or settings.decoder is None:
            raise ModelError("no model is named", fix="set detector.model and detector.decoder")
        self.name = settings.model.stem
        self._kind: Literal["yolox", "detr", "centernet"] = settings.decoder
        colours: Literal["BGR", "RGB"] = "BGR" if self._kind == "yolox" else "RGB"
        network = Network if settings.runtime == "openvino" else OnnxNetwork
        self._network = network(settings.model, colours=colours, scale=255.0 if self._kind == "detr" else 1.0)
        self.model = self._network.digest
        self._size_wh = self._network.picture_size() or (settings.width, settings.height)
        self._threshold = settings.threshold

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """Return the objects in a picture (h, w, 3) of any size.

        Raises:
            ModelError: The model failed, or its outputs are not what the decoder reads.
        """
        boxed, scale = letterbox(bgr, *self._size_wh)
        outputs = self._network.run(boxed[None])
        try:
            with np.errstate(over="ignore"):
                xyxy, score, class_id = _DECODERS[self._kind](outputs, self._size_wh)
        except (ValueError, IndexError) as error:
            raise ModelError(
                f"the outputs of {self.name} cannot be read as {self._kind}",
                why=", ".join(str(output.shape) for output in outputs),
                fix="docs/howto/own-model.md says what each decoder expects",
            ) from error
        good = score >= self._threshold
        xyxy = (xyxy[good] / scale).astype(np.float32)
        return suppress(xyxy, score[good], class_id[good], picture=bgr, overlap=_OVERLAP, model=self.model)


def _yolox(outputs: list[NDArray[np.float32]], size_wh: tuple[int, int]) -> Found:
    """Read (1, n, 85): x, y, log w, log h in cells of strides 8, 16, 32; objectness; 80 class scores (YOLOX export)."""
    (rows,) = outputs[0]
    cells = [_cells(size_wh[0] // stride, size_wh[1] // stride, stride) for stride in (8, 16, 32)]
    corner, stride = (np.concatenate(part) for part in zip(*cells, strict=True))
    centre = (rows[:, :2] + corner) * stride
    half = np.exp(rows[:, 2:4]) * stride / 2
    return np.concatenate([centre - half, centre + half], axis=1), *_best(rows[:, 4:5] * rows[:, 5:])


def _cells(columns: int, rows: int, stride: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, x = np.mgrid[:rows, :columns]
    corner = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    return corner, np.full((len(corner), 1), stride, np.float32)


def _detr(outputs: list[NDArray[np.float32]], size_wh: tuple[int, int]) -> Found:
    """Read logits (1, q, 80) and boxes (1, q, 4): centre and size normalised to the input (DETR family, raw export)."""
    logits, boxes = sorted((output[0] for output in outputs[:2]), key=lambda part: -part.shape[1])
    half = boxes[:, 2:] / 2
    xyxy = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1) * np.tile(size_wh, 2)
    return xyxy.astype(np.float32), *_best(1 / (1 + np.exp(-logits)))


def _centernet(outputs: list[NDArray[np.float32]], size_wh: tuple[int, int]) -> Found:
    """Read scores (1, 80, h, w) and distances to left, top, right, bottom (1, 4, h, w) in input pixels."""
    heat, sides = sorted((output[0] for output in outputs[:2]), key=lambda part: -part.shape[0])
    score, class_id = _best(heat.reshape(len(COCO_CLASSES), -1).T)
    stride = size_wh[0] // heat.shape[2]
    y, x = np.mgrid[: heat.shape[1], : heat.shape[2]].reshape(2, -1) * stride
    left, top, right, bottom = sides.reshape(4, -1)
    return np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32), score, class_id


def _best(scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the best class's score and the class of each row (n, 80)."""
    if scores.shape[1] != len(COCO_CLASSES):
        msg = f"{scores.shape[1]} classes where {len(COCO_CLASSES)} are expected"
        raise ValueError(msg)
    class_id = scores.argmax(axis=1)
    return scores[np.arange(len(scores)), class_id].astype(np.float32), class_id.astype(np.int32)


_DECODERS: Final = {"yolox": _yolox, "detr": _detr, "centernet": _centernet}
