"""Converting the default object detector once: TensorFlow.js to OpenVINO, quantised to int8. Run as a subprocess.

Calibration uses evenly spaced pictures of the two street clips that every machine can fetch from PyPI; none of the
footage that custodes is measured on is among them.
"""

import argparse
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import nncf
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor

from custodes.perceive.letterbox import letterbox
from custodes.perceive.models.nanodet import HEADS, MEAN, SCALE, make_resizable, pad_in_pools
from custodes.perceive.models.tfjs import frozen_graph

CALIBRATION_SIZE_WH = (640, 384)
PICTURES_A_CLIP = 50


def convert(model_json: Path, weights_bin: Path, clips: list[Path], to: Path) -> None:
    """Write the int8 model as OpenVINO IR.

    Args:
        model_json: NanoDet-g in TensorFlow.js format.
        weights_bin: Its weights.
        clips: Footage to calibrate with.
        to: The .xml file; its .bin is written beside it.
    """
    with tempfile.NamedTemporaryFile(suffix=".pb") as frozen:
        frozen.write(frozen_graph(model_json, weights_bin, HEADS))
        frozen.flush()
        model = ov.Core().read_model(frozen.name)
    make_resizable(model)
    pad_in_pools(model)
    width, height = CALIBRATION_SIZE_WH
    model.reshape([1, 3, height, width])
    pictures = [normalised(picture) for clip in clips for picture in _pictures(clip)]
    quantised = nncf.quantize(
        model, nncf.Dataset(pictures), subset_size=len(pictures), preset=nncf.QuantizationPreset.MIXED
    )
    ov.save_model(_with_preprocessing(quantised), to)


def normalised(bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as the bare network wants it: (1, 3, h, w), letterboxed to the calibration size."""
    boxed, _ = letterbox(bgr, *CALIBRATION_SIZE_WH)
    values = (boxed.astype(np.float32) - MEAN) / SCALE
    return values.transpose(2, 0, 1)[None]


def _pictures(clip: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(clip)) as video:
        stream = video.streams.video[0]
        step = max(stream.frames // PICTURES_A_CLIP, 1)
        for number, frame in enumerate(video.decode(stream)):
            if number % step == 0 and number // step < PICTURES_A_CLIP:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _with_preprocessing(model: ov.Model) -> ov.Model:
    """Let the model take uint8 BGR pictures (1, h, w, 3) as they come."""
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean(MEAN.tolist()).scale(SCALE.tolist())
    steps.input().model().set_layout(ov.Layout("NCHW"))
    return steps.build()


def main() -> None:
    """Convert as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="the network")
    parser.add_argument("--weights", type=Path, required=True, help="its weights")
    parser.add_argument("--to", type=Path, required=True, help="the .xml file to write")
    parser.add_argument("clips", type=Path, nargs="+")
    options = parser.parse_args()
    logging.getLogger("nncf").setLevel(logging.ERROR)
    convert(options.json, options.weights, options.clips, options.to)


if __name__ == "__main__":
    main()
