"""Faces as numbers that can be compared: finding, aligning, judging and embedding the face of a photo.

Only what acts on a person's consent, and what measures, may use this: redaction and the camera's pipeline cannot reach
it.
"""

from custodes.perceive.detect.yunet import PointedFaces, YuNet
from custodes.perceive.embed.align import aligned
from custodes.perceive.embed.base import MATCH_COSINE, Embedder
from custodes.perceive.embed.locate import FaceLocator
from custodes.perceive.embed.photo import load_photo
from custodes.perceive.embed.quality import Assessment, Flaw, assess
from custodes.perceive.embed.sface import SFace
from custodes.perceive.models import model_path
from custodes.perceive.runtime import Network

__all__ = [
    "MATCH_COSINE",
    "Assessment",
    "Embedder",
    "FaceLocator",
    "Flaw",
    "PointedFaces",
    "aligned",
    "assess",
    "load_embedder",
    "load_locator",
    "load_photo",
]


def load_embedder(*, forgets: bool = False) -> Embedder:
    """Return the default embedder, fetching its model if need be.

    Args:
        forgets: Whether nothing of a face is to be left in the network once its embedding is computed.

    Raises:
        ModelError: It cannot be had or loaded.
    """
    return SFace(Network(model_path("sface"), colours="RGB", forgets=forgets))


def load_locator(*, thorough: bool = False) -> FaceLocator:
    """Return what finds the face in a photo, fetching its model if need be.

    Args:
        thorough: As of `FaceLocator`.

    Raises:
        ModelError: It cannot be had or loaded.
    """
    return FaceLocator(YuNet(Network(model_path("yunet"), colours="BGR")), thorough)
