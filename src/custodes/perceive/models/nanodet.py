"""The network of NanoDet-g, as far as its conversion and its use must agree on it."""

from typing import Final

import numpy as np
import openvino as ov
from openvino import opset13, opset14

HEADS: Final = tuple(f"PartitionedCall/{name}" for name in ("Add_29", "Add_33", "Add_37"))
"""Tensors of the TensorFlow.js graph, for strides 8, 16 and 32: (1, h, w, 124), the logits of 80 classes and then those
of four distributions over 11 bins, the distances to the sides. What follows them only holds for 416x416."""

CLASSES: Final = 80
"""How many of the channels of a head are classes."""

STRIDES: Final = (8, 16, 32)

MEAN: Final = np.array([103.53, 116.28, 123.675], np.float32)
"""Of the training pictures, BGR, 0-255 (NanoDet's published configuration)."""

SCALE: Final = np.array([57.375, 57.12, 58.395], np.float32)
"""Standard deviation, likewise."""


_TO_CHANNELS_FIRST: Final = [0, 3, 1, 2]


def make_resizable(model: ov.Model) -> None:
    """Let layers that resize to fixed sizes scale instead, so that `model.reshape` can change the input's size.

    The part of the network that resizes and adds has its channels last; it gets them first, as the rest has them,
    which spares a fifth of the time.

    Args:
        model: As read from the TensorFlow.js graph; changed in place.
    """
    made: dict[str, ov.Output] = {}
    for layer in model.get_ordered_ops():
        if layer.get_type_name() == "Transpose":
            order = layer.input_value(1).get_node().data.tolist()
            source = layer.input_value(0)
            if order == _TO_CHANNELS_FIRST and source.get_node().get_type_name() in {"Add", "Interpolate"}:
                layer.output(0).replace(_channels_first(source, made))


def pad_in_pools(model: ov.Model) -> None:
    """Let pools pad by themselves instead of by a layer before them, which could not be computed in int8.

    Args:
        model: As read from the TensorFlow.js graph; changed in place.
    """
    for pool in model.get_ordered_ops():
        if pool.get_type_name() == "MaxPool" and pool.input_value(0).get_node().get_type_name() == "Pad":
            pad, has = pool.input_value(0).get_node(), pool.get_attributes()
            begin, end = (pad.input_value(side).get_node().data.tolist()[2:] for side in (1, 2))
            padded = opset14.max_pool(pad.input_value(0), has["strides"], has["dilations"], begin, end, has["kernel"])
            pool.output(0).replace(padded.output(0))


def _channels_first(output: ov.Output, made: dict[str, ov.Output]) -> ov.Output:
    """Return what `output` (1, h, w, c) holds as (1, c, h, w), using and adding to what was `made` before by name."""
    node = output.get_node()
    name = node.get_friendly_name()
    if name not in made:
        kind = node.get_type_name()
        if kind == "Transpose":
            made[name] = node.input_value(0)
        elif kind == "Constant":
            made[name] = opset13.constant(np.transpose(node.data, _TO_CHANNELS_FIRST)).output(0)
        elif kind == "Add":
            made[name] = opset13.add(*(_channels_first(node.input_value(i), made) for i in range(2))).output(0)
        else:
            made[name] = _scaled(node, made).output(0)
    return made[name]


def _scaled(node: ov.Node, made: dict[str, ov.Output]) -> ov.Node:
    """Return the layer that scales by what `node`, an Interpolate, scales its sizes by."""
    image = node.input_value(0)
    scales = [
        after / before for after, before in zip(node.output(0).get_shape()[1:3], image.get_shape()[1:3], strict=True)
    ]
    return opset13.interpolate(
        _channels_first(image, made),
        opset13.constant(scales, dtype=np.float32),
        mode="linear_onnx",
        shape_calculation_mode="scales",
        coordinate_transformation_mode="half_pixel",
        axes=opset13.constant([2, 3], dtype=np.int64),
    )
