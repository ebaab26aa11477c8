"""Detectors: objects and faces, each model behind one protocol.

A detector turns a picture of any size into `Detections`; what a model wants as input and means by its outputs stays
in its own module.
"""

from custodes.perceive.detect.base import Detector, FaceDetectors
from custodes.perceive.detect.centerface import CenterFace
from custodes.perceive.detect.nanodet import NanoDet
from custodes.perceive.detect.own import OwnDetector
from custodes.perceive.detect.yunet import YuNet
from custodes.perceive.models import model_path
from custodes.perceive.runtime import Network
from custodes.perceive.settings import DetectorSettings

__all__ = ["Detector", "FaceDetectors", "load_detector", "load_face_detectors"]


def load_detector(settings: DetectorSettings) -> Detector:
    """Return the object detector that `settings` name, fetching and converting the default one if need be.

    Raises:
        ModelError: It cannot be had or loaded.
    """
    if settings.model is not None:
        return OwnDetector(settings)
    return NanoDet(Network(model_path("nanodet-g")), (settings.width, settings.height), settings.threshold)


def load_face_detectors() -> FaceDetectors:
    """Return the face detectors, fetching them if need be.

    Raises:
        ModelError: They cannot be had or loaded.
    """
    return FaceDetectors(
        yunet=YuNet(Network(model_path("yunet"), colours="BGR")),
        centerface=CenterFace(Network(model_path("centerface"), colours="RGB")),
    )
