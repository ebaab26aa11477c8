"""The network of NanoDet-g, as far as its conversion and its use must agree on it."""

from typing import Final

import numpy as np
import openvino as ov
from openvino import opset13

HEADS: Final = tuple(
    f"PartitionedCall/onnx_tf_prefix_{name}"
    for name in ("Sigmoid_154", "Split_153:1", "Sigmoid_165", "Split_164:1", "Sigmoid_176", "Split_175:1")
)
"""Tensors of the TensorFlow.js graph: for strides 8, 16 and 32 the class scores (1, 80, h, w), already sigmoid, and
the distances (1, 44, h, w), four distributions over 11 bins. The reshapes behind them only hold for 416x416."""

STRIDES: Final = (8, 16, 32)

MEAN: Final = np.array([103.53, 116.28, 123.675], np.float32)
"""Of the training pictures, BGR, 0-255 (NanoDet's published configuration)."""

SCALE: Final = np.array([57.375, 57.12, 58.395], np.float32)
"""Standard deviation, likewise."""


def make_resizable(model: ov.Model) -> None:
    """Let layers that resize to fixed sizes scale instead, so that `model.reshape` can change the input's size.

    Args:
        model: As read from the TensorFlow.js graph; changed in place.
    """
    for layer in model.get_ordered_ops():
        if layer.get_type_name() != "Interpolate":
            continue
        image, _, axes = (layer.input_value(i) for i in range(3))
        before, after = image.get_shape(), layer.output(0).get_shape()
        scales = [after[axis] / before[axis] for axis in axes.get_node().data]
        scaling = opset13.interpolate(
            image,
            opset13.constant(scales, dtype=np.float32),
            mode="linear_onnx",
            shape_calculation_mode="scales",
            coordinate_transformation_mode="half_pixel",
            axes=axes,
        )
        layer.output(0).replace(scaling.output(0))
