"""Running a model on the CPU for many cameras at once."""

import queue
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Literal

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.preprocess import ColorFormat, PrePostProcessor

from custodes.domain.errors import ModelError
from custodes.perceive.models.cache import sha256_of

_core = ov.Core()

_compiling = threading.Lock()
"""Held while a model is compiled and run for the first time. OpenVINO's Python module sets parts of itself up in the
first inference, and two threads in there wait for each other for ever."""

_MOST_SHAPES = 8
"""Compiled shapes kept of one model; pictures of many sizes, as in a folder of stills, do not fill the memory."""


class Network:
    """A model compiled for each input shape it is asked for, shared by all threads.

    There is one inference stream a core, each on one thread, which costs least CPU per picture; a call that finds all
    of them busy waits. The interpreter is free while a call waits or computes.

    Args:
        path: OpenVINO IR or ONNX.
        colours: Order in which the network wants the colours of the uint8 BGR pictures (1, h, w, 3) that it is to be
            given; None where it takes its input as it is.
        scale: With `colours`: what 0-255 is divided by.
        forgets: Whether each run is followed by one on nothing, in the same memory, so that no trace of the input or of
            what was computed is left there. It costs twice as much.

    Attributes:
        digest: SHA-256 of the file that holds the weights, hex.

    Raises:
        ModelError: There is no such file.
    """

    def __init__(
        self,
        path: Path,
        *,
        colours: Literal["BGR", "RGB"] | None = None,
        scale: float = 1.0,
        forgets: bool = False,
    ) -> None:
        self._path = path
        self._forgets = forgets
        self._colours = colours
        self._scale = scale
        self._shapes: OrderedDict[tuple[int, ...], _Compiled] = OrderedDict()
        self._lock = threading.Lock()
        try:
            self.digest = sha256_of(path.with_suffix(".bin") if path.suffix == ".xml" else path)
        except OSError as error:
            raise ModelError(
                f"the model {path} cannot be read",
                why=f"{error.filename}: {error.strerror}",
                fix="check the path; a model in .xml needs its .bin beside it",
            ) from error

    def run(self, picture: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """Return the outputs, in the model's order, for one input of any shape the model can take.

        Raises:
            ModelError: The model does not load, does not take this shape, or failed.
        """
        with self._lock:
            compiled = self._shapes.get(picture.shape)
            if compiled is None:
                if len(self._shapes) >= _MOST_SHAPES:
                    self._shapes.popitem(last=False)
                compiled = self._shapes[picture.shape] = self._compile(picture.shape, picture.dtype)
            self._shapes.move_to_end(picture.shape)
        try:
            return compiled.run(picture, forget=self._forgets)
        except RuntimeError as error:
            raise ModelError(f"the model {self._path.name} failed", why=_last_line(error)) from error

    def picture_size(self) -> tuple[int, int] | None:
        """Return the input size (w, h) that the model was made for, None where it takes any.

        Raises:
            ModelError: The model does not load, or does not take one picture (1, 3, h, w).
        """
        try:
            shape = _core.read_model(self._path).input().partial_shape
        except RuntimeError as error:
            raise ModelError(
                f"the model {self._path} does not load",
                why=_last_line(error),
                fix="it must be ONNX or OpenVINO IR with one input",
            ) from error
        if not shape.compatible(ov.PartialShape([1, 3, -1, -1])):
            raise ModelError(
                f"the model {self._path} does not take pictures",
                why=f"its input has the shape {shape}",
                fix="export it with an input of shape (1, 3, height, width)",
            )
        if shape.rank.is_dynamic or shape[2].is_dynamic or shape[3].is_dynamic:
            return None
        return shape[3].get_length(), shape[2].get_length()

    def _compile(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> "_Compiled":
        try:
            model = _core.read_model(self._path)
            if self._colours is None:
                model.reshape(list(shape))
            else:
                model.reshape([1, 3, *shape[1:3]])
                model = _from_pictures(model, self._colours, self._scale)
            return _compiled(model, np.zeros(shape, dtype))
        except RuntimeError as error:
            raise ModelError(
                f"the model {self._path.name} does not take input of shape {shape}",
                why=_last_line(error),
                fix="`custodes models --fetch` makes broken models anew; your own must accept the size it is given",
            ) from error


def _compiled(model: ov.Model, picture: NDArray[np.generic]) -> "_Compiled":
    """Compile `model` and run it on `picture` once."""
    with _compiling:
        compiled = _Compiled(_core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"}))
        compiled.run(picture)
    return compiled


def _last_line(error: RuntimeError) -> str:
    """Return the end of OpenVINO's many-line messages, where the cause is."""
    return (str(error).strip().splitlines() or ["no reason was given"])[-1]


def _from_pictures(model: ov.Model, colours: Literal["BGR", "RGB"], scale: float) -> ov.Model:
    """Let `model`, which wants float (1, 3, h, w) of 0-255, take uint8 BGR pictures (1, h, w, 3)."""
    steps = PrePostProcessor(model)
    tensor = steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    tensor.set_color_format(ColorFormat.BGR)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    work = steps.input().preprocess().convert_element_type(ov.Type.f32)
    if colours == "RGB":
        work.convert_color(ColorFormat.RGB)
    if scale != 1:
        work.scale(scale)
    return steps.build()


class _Compiled:
    """A compiled model and its pool of requests."""

    def __init__(self, model: ov.CompiledModel) -> None:
        self._requests: queue.Queue[ov.InferRequest] = queue.Queue()
        for _ in range(model.get_property("NUM_STREAMS")):
            self._requests.put(model.create_infer_request())

    def run(self, picture: NDArray[np.generic], *, forget: bool = False) -> list[NDArray[np.float32]]:
        request = self._requests.get()
        try:
            request.infer([picture], share_inputs=True)
            return [np.array(tensor.data) for tensor in request.output_tensors]
        finally:
            if forget:
                request.infer([np.zeros_like(picture)], share_inputs=True)
            self._requests.put(request)
