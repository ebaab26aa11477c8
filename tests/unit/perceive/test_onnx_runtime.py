"""ONNX Runtime stands in for OpenVINO: here on the CPU, as a GPU cannot be counted on."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from pydantic import ValidationError

from custodes.domain.errors import ModelError
from custodes.perceive.models import model_path
from custodes.perceive.onnx_runtime import OnnxNetwork
from custodes.perceive.runtime import Network
from custodes.perceive.settings import DetectorSettings

CPU = ("CPUExecutionProvider",)


@pytest.mark.parametrize(("colours", "scale"), [("BGR", 1.0), ("RGB", 255.0)])
def test_both_runtimes_say_the_same(colours: str, scale: float):
    path = model_path("yunet")
    theirs = OnnxNetwork(path, colours=colours, scale=scale, providers=CPU)
    width, height = theirs.picture_size() or (320, 320)
    picture = np.random.default_rng(1).integers(0, 256, (1, height, width, 3), np.uint8)
    ours = Network(path, colours=colours, scale=scale)
    assert theirs.digest == ours.digest
    assert ours.picture_size() == theirs.picture_size()
    for a, b in zip(ours.run(picture), theirs.run(picture), strict=True):
        assert a.shape == b.shape
        assert b.dtype == np.float32
        assert np.abs(a - b).mean() < 0.05 * b.std() + 1e-3  # OpenVINO may compute in 16 bits


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="there is a GPU here")
def test_a_missing_gpu_is_said_in_words():
    with pytest.raises(ModelError, match="CUDAExecutionProvider"):
        OnnxNetwork(model_path("yunet"), colours="BGR")


def test_no_model_is_an_error_in_words(tmp_path: Path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"broken\.onnx does not load"):
        OnnxNetwork(path, colours="BGR", providers=CPU)


def test_a_picture_the_model_does_not_take_is_an_error_in_words():
    with pytest.raises(ModelError, match="failed"):
        OnnxNetwork(model_path("yunet"), colours="BGR", providers=CPU).run(np.zeros((1, 33, 17, 3), np.uint8))


@pytest.mark.parametrize("model", [None, Path("model.xml")])
def test_cuda_is_for_onnx_models(model: Path | None):
    with pytest.raises(ValidationError, match="ONNX"):
        DetectorSettings(model=model, decoder="yolox" if model else None, runtime="cuda")
