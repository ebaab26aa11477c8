"""Tiny networks that see bright squares, with the outputs of the kinds of models that users bring.

Each looks at the first colour it is given and takes a cell that is bright there for a person of `BOX` pixels.
"""

import numpy as np
import openvino as ov
from openvino import opset13 as op

BOX = 16
"""Side of the boxes that the networks report, input pixels."""
_CLASSES = 80


def _brightness(picture, stride, full):
    """Return (1, 1, h / stride, w / stride): 0 for dark and grey cells, 1 for those wholly bright in colour 0."""
    first = op.slice(picture, [0], [1], [1], [1])
    mean = op.avg_pool(first, [stride] * 2, [0, 0], [0, 0], [stride] * 2, exclude_pad=False)
    return op.clamp(op.subtract(op.multiply(mean, np.float32(2 / full)), np.float32(1)), 0.0, 1.0)


def yolox(width, height):
    """Return (1, n, 85) for strides 8, 16, 32, of which only 8 sees anything."""
    picture = op.parameter([1, 3, height, width], np.float32)
    parts = []
    for stride in (8, 16, 32):
        cells = (height // stride, width // stride)
        seen = _brightness(picture, stride, 255.0 if stride == 8 else 1e9)
        side = np.log(BOX / stride)
        place = np.broadcast_to(np.array([0.5, 0.5, side, side], np.float32)[None, :, None, None], (1, 4, *cells))
        person = np.zeros((1, _CLASSES, *cells), np.float32)
        person[:, 0] = 1
        rows = op.concat([op.constant(place), seen, op.constant(person)], 1)
        parts.append(op.transpose(op.reshape(rows, [1, 85, -1], special_zero=False), [0, 2, 1]))
    return ov.Model([op.concat(parts, 1)], [picture])


def detr(width, height):
    """Return logits (1, q, 80) and normalised boxes (1, q, 4), a query for each cell of 8 pixels."""
    picture = op.parameter([1, 3, height, width], np.float32)
    rows, columns = height // 8, width // 8
    seen = op.reshape(_brightness(picture, 8, 1.0), [1, rows * columns, 1], special_zero=False)
    person = op.subtract(op.multiply(seen, np.float32(20)), np.float32(10))
    others = op.constant(np.full((1, rows * columns, _CLASSES - 1), -10, np.float32))
    y, x = np.mgrid[:rows, :columns].reshape(2, -1)
    boxes = np.stack([(x + 0.5) / columns, (y + 0.5) / rows, x * 0 + BOX / width, y * 0 + BOX / height], axis=1)
    fixed = op.add(op.multiply(seen, np.float32(0)), op.constant(boxes[None].astype(np.float32)))
    return ov.Model([op.concat([person, others], 2), fixed], [picture])


def centernet(width, height):
    """Return scores (1, 80, h/8, w/8) and distances to the four sides (1, 4, h/8, w/8), input pixels."""
    picture = op.parameter([1, 3, height, width], np.float32)
    cells = (height // 8, width // 8)
    seen = _brightness(picture, 8, 255.0)
    heat = op.concat([seen, op.constant(np.zeros((1, _CLASSES - 1, *cells), np.float32))], 1)
    half, beyond = BOX / 2 - 4, BOX / 2 + 4  # a cell's point is its corner, its middle lies 4 pixels further
    sides = np.array([half, half, beyond, beyond], np.float32)[None, :, None, None]
    fixed = op.add(op.multiply(seen, np.float32(0)), op.constant(sides))
    return ov.Model([heat, fixed], [picture])


KINDS = {"yolox": yolox, "detr": detr, "centernet": centernet}
FIRST_COLOUR = {"yolox": 0, "detr": 2, "centernet": 2}
"""Which channel of a BGR picture each kind is given first: YOLOX takes BGR, the others RGB."""


def save(kind, folder, width=128, height=96):
    """Write a network as OpenVINO IR and return the path of its .xml."""
    path = folder / f"{kind}.xml"
    ov.save_model(KINDS[kind](width, height), path, compress_to_fp16=False)
    return path
