"""Comparing faces: ours against the package `face_recognition` (dlib), on the same pictures.

python -m bench --only "faces: custodes"

Both see the 400 pictures of the ORL faces, 92x112, and all 79,800 pairs of them. Counted is the CPU time from a decoded
picture to an embedding: finding, aligning and embedding its face. A picture in which no face is found never matches;
figures of what was enrolled leave such pairs out. Both run with their defaults; dlib comes from the wheel `dlib-bin`.
Without the package or the pictures a case says so and has no figures.
"""

import csv
import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.biometrics import FAILED, Scores
from custodes.perceive.embed import aligned, load_embedder, load_locator, load_photo

PICTURES = (
    Path(os.environ.get("CUSTODES_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "fixtures/faces_orl"
)
Embed = Callable[[NDArray[np.uint8]], NDArray[np.floating] | None]


def ours(_clip: Path) -> dict[str, float]:
    """Return cost and accuracy of our defaults."""
    locator, embedder = load_locator(), load_embedder()

    def embed(bgr: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        faces = locator.locate(bgr)
        return embedder.embed(aligned(bgr, faces.points[0])[None])[0] if len(faces.found) else None

    return _figures(embed, lambda a, b: (a * b).sum(axis=1))


def peer(_clip: Path) -> dict[str, float]:
    """Return cost and accuracy of `face_recognition.face_encodings`, which compares by distance."""
    if importlib.util.find_spec("face_recognition") is None or importlib.util.find_spec("dlib") is None:
        print("face_recognition is not installed: `make bench` installs it", file=sys.stderr)
        return {}
    _lend_pkg_resources()
    package = importlib.import_module("face_recognition")

    def embed(bgr: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        found = package.face_encodings(np.ascontiguousarray(bgr[..., ::-1]))
        return found[0] if found else None

    return _figures(embed, lambda a, b: -np.linalg.norm(a - b, axis=1) / 2)


def _lend_pkg_resources() -> None:
    """Lend the peer the one function it takes from `pkg_resources`, which setuptools no longer has."""
    if importlib.util.find_spec("pkg_resources") is None:
        module = ModuleType("pkg_resources")
        module.resource_filename = lambda name, path: str(Path(sys.modules[name].__file__ or "").parent / path)  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = module


def _figures(
    embed: Embed, compare: Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]
) -> dict[str, float]:
    """Return cost and accuracy; `compare` gives scores (n,) above -1, higher where faces are nearer."""
    if not PICTURES.is_dir():
        print("the ORL faces are not here (set CUSTODES_SHARED)", file=sys.stderr)
        return {}
    with (PICTURES / "pairs.csv").open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    names = sorted({row[column] for row in pairs for column in "ab"})
    pictures = [load_photo(PICTURES / name) for name in names]
    embed(pictures[0])
    started = time.process_time()
    found = [embed(bgr) for bgr in pictures]
    cpu_s = time.process_time() - started
    rows = np.array([np.zeros(128) if one is None else one for one in found])
    seen = np.array([one is not None for one in found])
    number = {name: index for index, name in enumerate(names)}
    a, b = (np.array([number[row[column]] for row in pairs]) for column in "ab")
    score = np.where(seen[a] & seen[b], compare(rows[a], rows[b]), FAILED)
    same = np.array([row["same"] == "1" for row in pairs])
    scores = Scores.of(score, same)
    enrolled = Scores.of(score[seen[a] & seen[b]], same[seen[a] & seen[b]])
    return {
        "cpu_s_per_face": cpu_s / len(pictures),
        "failures_to_enrol": float((~seen).sum()),
        "best_accuracy": scores.accuracy()[0],
        "equal_error_rate": scores.equal_error(),
        "tar_at_far_0.001": 1 - scores.at(scores.threshold_for(1e-3)).fnmr.share,
        "tar_at_far_0.001_of_enrolled": 1 - enrolled.at(enrolled.threshold_for(1e-3)).fnmr.share,
        "best_accuracy_of_enrolled": enrolled.accuracy()[0],
    }
