"""Which model finds objects."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DetectorSettings(BaseModel):
    """The object detector of all cameras of a server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Detections below this score are dropped; tracker and redactor have thresholds of their own.",
    )
    width: int = Field(
        default=640, ge=128, le=1920, multiple_of=32, description="Pictures are scaled to fit this width."
    )
    height: int = Field(
        default=384, ge=128, le=1920, multiple_of=32, description="Pictures are scaled to fit this height."
    )
    model: Path | None = Field(
        default=None,
        description="ONNX or OpenVINO model of your own; NanoDet-g int8 if not given. "
        "A relative path is taken from the configuration's folder.",
    )
    decoder: Literal["yolox", "detr", "centernet"] | None = Field(
        default=None, description="How the outputs of your own model are read; docs/howto/own-model.md describes each."
    )

    runtime: Literal["openvino", "cuda"] = Field(
        default="openvino",
        description="What runs your own model: OpenVINO on the CPU, or ONNX Runtime on an NVIDIA GPU (custodes[cuda]).",
    )

    @model_validator(mode="after")
    def _model_and_decoder_go_together(self) -> Self:
        if (self.model is None) != (self.decoder is None):
            msg = "model and decoder go together: name both, or none"
            raise ValueError(msg)
        if self.runtime == "cuda" and (self.model is None or self.model.suffix != ".onnx"):
            msg = "runtime cuda is for a model of your own in ONNX: name it as model"
            raise ValueError(msg)
        return self

    def in_folder(self, folder: Path) -> Self:
        """Return these settings with a relative path of the model taken from `folder`."""
        return self if self.model is None else self.model_copy(update={"model": folder / self.model})
