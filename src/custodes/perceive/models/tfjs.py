"""Reading a TensorFlow.js graph model without TensorFlow, and writing it as a frozen TensorFlow graph.

Needs the protocol buffers of the package `tensorboard`, a set-up dependency.
"""

import base64
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import types_pb2
from tensorboard.compat.proto.graph_pb2 import GraphDef

Weights = dict[str, NDArray[Any]]


def read_weights(manifest: list[dict[str, Any]], blob: bytes) -> Weights:
    """Return the weights of a TensorFlow.js weights manifest by name; half floats are widened.

    Raises:
        ValueError: The manifest and the blob do not fit together.
    """
    weights: Weights = {}
    offset = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        dtype = np.dtype(entry["dtype"])
        stored = np.dtype(np.float16) if "quantization" in entry else dtype
        count = math.prod(entry["shape"])
        values = np.frombuffer(blob, stored, count, offset)
        weights[entry["name"]] = values.astype(dtype).reshape(entry["shape"])
        offset += count * stored.itemsize
    if offset != len(blob):
        msg = f"the weights end at byte {offset} of {len(blob)}"
        raise ValueError(msg)
    return weights


def frozen_graph(model_json: Path, weights_bin: Path, outputs: Sequence[str]) -> bytes:
    """Return the part of a TensorFlow.js model that computes `outputs`, as a serialised GraphDef.

    Args:
        model_json: The model.
        weights_bin: Its weights, all in one file.
        outputs: Names of tensors; output i of the graph is called `out<i>`.
    """
    model = json.loads(model_json.read_text())
    weights = read_weights(model["weightsManifest"], weights_bin.read_bytes())
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    graph = GraphDef()
    for name in _ancestors(nodes, outputs):
        _add_node(graph, nodes[name], weights)
    for number, tensor in enumerate(outputs):
        identity = graph.node.add(name=f"out{number}", op="Identity", input=[tensor])
        identity.attr["T"].type = types_pb2.DT_FLOAT
    return bytes(graph.SerializeToString())


def _ancestors(nodes: dict[str, Any], outputs: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(outputs)
    while waiting:
        name = waiting.pop().split(":")[0].lstrip("^")
        if name not in found:
            found[name] = None
            waiting += nodes[name].get("input", [])
    return list(found)


def _add_node(graph: Any, node: dict[str, Any], weights: Weights) -> None:
    added = graph.node.add(name=node["name"], op=node["op"], input=node.get("input", []))
    if node["op"] == "Const":
        _set_const(added, weights[node["name"]])
        return
    for key, value in node.get("attr", {}).items():
        _set_attribute(added.attr[key], value)


def _set_const(node: Any, values: NDArray[Any]) -> None:
    floating = values.dtype == np.float32
    tensor = node.attr["value"].tensor
    tensor.dtype = node.attr["dtype"].type = types_pb2.DT_FLOAT if floating else types_pb2.DT_INT32
    for size in values.shape:
        tensor.tensor_shape.dim.add(size=size)
    if values.ndim == 0:  # OpenVINO reads scalars given as tensor_content as 0
        (tensor.float_val if floating else tensor.int_val).append(values.item())
    else:
        tensor.tensor_content = values.tobytes()


def _set_attribute(attribute: Any, value: dict[str, Any]) -> None:
    ((kind, content),) = value.items()
    if kind == "type":
        attribute.type = types_pb2.DataType.Value(content)
    elif kind == "s":
        attribute.s = _text(content)
    elif kind == "i":
        attribute.i = int(content)
    elif kind in {"b", "f"}:
        setattr(attribute, kind, content)
    elif kind == "shape":
        for dimension in content.get("dim", []):
            attribute.shape.dim.add(size=int(dimension["size"]))
    elif kind == "list":
        attribute.list.i.extend(int(item) for item in content.get("i", []))
        attribute.list.s.extend(_text(item) for item in content.get("s", []))


def _text(content: str | list[int]) -> bytes:
    """Return a byte string that older converters wrote as a list of numbers, newer ones as base64."""
    return bytes(content) if isinstance(content, list) else base64.b64decode(content)
