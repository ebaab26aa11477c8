"""Running a user's ONNX model with ONNX Runtime, on an NVIDIA GPU: the extra `custodes[cuda]`."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import ModelError
from custodes.perceive.models.cache import sha256_of

CUDA: Final = ("CUDAExecutionProvider",)


class OnnxNetwork:
    """A model in ONNX, shared by all threads; takes the place of `Network`.

    Args:
        path: ONNX with one input (1, 3, h, w) of float.
        colours: Order in which the network wants the colours of the uint8 BGR pictures (1, h, w, 3) it is given.
        scale: What 0-255 is divided by.
        providers: ONNX Runtime's names of where to run it.

    Attributes:
        digest: SHA-256 of the file, hex.

    Raises:
        ModelError: ONNX Runtime or a provider is not there, or the model does not load or takes no pictures.
    """

    def __init__(
        self, path: Path, *, colours: Literal["BGR", "RGB"], scale: float = 1.0, providers: Sequence[str] = CUDA
    ) -> None:
        self._path = path
        self._colours = colours
        self._scale = np.float32(scale)
        self._session = _session(path, providers)
        self._input = self._session.get_inputs()[0]
        if len(self._input.shape) != 4 or self._input.shape[1] != 3:  # noqa: PLR2004  (1, 3, h, w)
            raise ModelError(
                f"the model {path} does not take pictures",
                why=f"its input has the shape {self._input.shape}",
                fix="export it with an input of shape (1, 3, height, width)",
            )
        self.digest = sha256_of(path)

    def picture_size(self) -> tuple[int, int] | None:
        """Return the input size (w, h) that the model was made for, None where it takes any."""
        height, width = self._input.shape[2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return the outputs, in the model's order, for one picture, uint8 BGR (1, h, w, 3).

        Raises:
            ModelError: The model failed.
        """
        planes = picture.transpose(0, 3, 1, 2)
        if self._colours == "RGB":
            planes = planes[:, ::-1]
        values = np.ascontiguousarray(planes, np.float32) / self._scale
        try:
            return [np.asarray(out, np.float32) for out in self._session.run(None, {self._input.name: values})]
        except Exception as error:  # ONNX Runtime's own errors have no common public base
            raise ModelError(f"the model {self._path.name} failed", why=_first_line(error)) from error


def _session(path: Path, providers: Sequence[str]) -> Any:
    if importlib.util.find_spec("onnxruntime") is None:
        raise ModelError("ONNX Runtime is not installed", fix="install custodes[cuda]")
    import onnxruntime  # noqa: PLC0415  an extra: importable only once it is known to be there

    missing = set(providers) - set(onnxruntime.get_available_providers())
    if missing:
        raise ModelError(
            f"ONNX Runtime has no {' or '.join(sorted(missing))} here",
            fix="install custodes[cuda] and NVIDIA's driver, or set detector.runtime to openvino",
        )
    try:
        session = onnxruntime.InferenceSession(path, providers=list(providers))
    except Exception as error:  # ONNX Runtime's own errors have no common public base
        raise ModelError(
            f"the model {path} does not load", why=_first_line(error), fix="it must be ONNX with one input"
        ) from error
    if session.get_providers()[0] != providers[0]:
        raise ModelError(
            f"ONNX Runtime could not use {providers[0]}",
            fix="check NVIDIA's driver, CUDA and cuDNN, or set detector.runtime to openvino",
        )
    return session


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
