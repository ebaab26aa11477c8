"""How many annotated faces redaction covers, and how much it masks besides."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custodes.domain.geometry import area, clip
from custodes.evaluate.folder import make_folder
from custodes.evaluate.intervals import wilson
from custodes.evaluate.pictures import Picture, read_pictures
from custodes.evaluate.progress import shown
from custodes.perceive.detect import load_detector, load_face_detectors
from custodes.perceive.settings import DetectorSettings
from custodes.redact import RedactionSettings, StillFinder
from custodes.redact.mask import coverage
from custodes.redact.regions import face_masks

COVERED = 0.9
"""A face counts as covered when at least this share of its box is masked."""
ALLOWED = 1.3
"""Masking within a face's box grown by this factor is not over-redaction."""


@dataclass(frozen=True, slots=True)
class MissedFace:
    """A face that was not covered.

    Attributes:
        file_name: Its picture.
        annotation_id: Its id in the annotation file.
        bbox: Left, top, width, height, pixels.
        masked: Share 0-1 of its box that was masked.
    """

    file_name: str
    annotation_id: int
    bbox: tuple[float, float, float, float]
    masked: float


@dataclass(frozen=True, slots=True)
class RedactionReport:
    """What redaction achieved on annotated pictures.

    Attributes:
        images: Pictures.
        faces: Annotated faces, N.
        covered: Faces with at least 90 % of their box masked.
        interval: 95 % Wilson interval of `covered / faces`.
        masks: Rectangles masked.
        over_of_picture: Masked area outside all face boxes grown 1.3 times, as a share of the pictures' area.
        over_of_faces: The same area, as a multiple of the faces' area.
        missed: The faces not covered.
    """

    images: int
    faces: int
    covered: int
    interval: tuple[float, float]
    masks: int
    over_of_picture: float
    over_of_faces: float
    missed: tuple[MissedFace, ...]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return measure, value and N, one row each, for people to read."""
        low, high = self.interval
        rows = [
            ("faces covered (90 % of the box masked)", f"{self.covered}/{self.faces}", str(self.faces)),
            ("95 % interval", f"{low:.3f}-{high:.3f}", str(self.faces)),
            ("over-redaction, share of picture", f"{self.over_of_picture:.3f}", str(self.images)),
            ("over-redaction, multiple of face area", f"{self.over_of_faces:.2f}", str(self.faces)),
            ("masks", str(self.masks), str(self.images)),
        ]
        return rows + [
            (f"missed: {face.file_name}, annotation {face.annotation_id}", f"{face.masked:.2f} masked", "1")
            for face in self.missed
        ]


def evaluate_redaction(
    annotations: Path, images: Path, *, out: Path | None = None, finder: StillFinder | None = None
) -> RedactionReport:
    """Redact every annotated picture and compare the masks with the annotated faces.

    Writes `redactions.json` into `out`: COCO results (image_id, category_id 1, bbox, score), one for each rectangle
    masked. Annotations marked `iscrowd` or `ignore` do not count as faces.

    Args:
        annotations: COCO annotation file; every annotation is a face.
        images: Folder of its pictures.
        out: Folder for `redactions.json`, made where it is missing; None writes nothing.
        finder: What finds the masks; by default what is shipped, at its most thorough.

    Returns:
        The figures.

    Raises:
        ConfigError: The annotation file or a picture cannot be read.
        ModelError: A model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    pictures, _ = read_pictures(annotations)
    make_folder(out)
    if finder is None:
        finder = StillFinder(load_detector(DetectorSettings()), load_face_detectors(), RedactionSettings())
    tally = _Tally()
    for picture in shown(pictures, "Redacting", len(pictures)):
        bgr = picture.load(images)
        masks = finder.masks(bgr)
        tally.add(picture, masks.rectangles, masks.score, bgr.shape[1], bgr.shape[0])
    if out is not None:
        (out / "redactions.json").write_text(json.dumps(tally.results), encoding="utf-8")
    return tally.report()


def _faces(picture: Picture) -> list[dict[str, Any]]:
    return [row for row in picture.annotations if not row.get("iscrowd") and not row.get("ignore")]


def _boxes(faces: list[dict[str, Any]]) -> NDArray[np.float64]:
    """Return left, top, right, bottom (n, 4)."""
    rows = np.array([face["bbox"] for face in faces], np.float64).reshape(-1, 4)
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)


class _Tally:
    """Sums over pictures."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []
        self._images = self._faces = 0
        self._missed: list[MissedFace] = []
        self._picture_area = self._face_area = self._over_area = 0.0

    def add(
        self, picture: Picture, rectangles: NDArray[np.int32], score: NDArray[np.float32], width: int, height: int
    ) -> None:
        annotated = _faces(picture)
        faces = _boxes(annotated)
        shares = list(coverage(faces, rectangles, width, height))
        for annotation, share in zip(annotated, shares, strict=True):
            if share < COVERED:
                self._missed.append(MissedFace(picture.file_name, annotation["id"], annotation["bbox"], share))
        self.results += [
            {
                "image_id": picture.image_id,
                "category_id": 1,
                "bbox": [int(left), int(top), int(right - left), int(bottom - top)],
                "score": round(float(value), 4),
            }
            for (left, top, right, bottom), value in zip(rectangles, score, strict=True)
        ]
        self._images += 1
        self._faces += len(faces)
        self._picture_area += width * height
        self._face_area += float(area(clip(faces, width, height)).sum())
        self._over_area += _over_px(faces, rectangles, width, height)

    def report(self) -> RedactionReport:
        covered = self._faces - len(self._missed)
        return RedactionReport(
            images=self._images,
            faces=self._faces,
            covered=covered,
            interval=wilson(covered, self._faces),
            masks=len(self.results),
            over_of_picture=self._over_area / max(self._picture_area, 1.0),
            over_of_faces=self._over_area / max(self._face_area, 1.0),
            missed=tuple(self._missed),
        )


def _over_px(faces: NDArray[np.float64], rectangles: NDArray[np.int32], width: int, height: int) -> int:
    """Return how many pixels are masked although no grown face is there."""
    over = np.zeros((height, width), bool)
    for left, top, right, bottom in rectangles:
        over[top:bottom, left:right] = True
    for left, top, right, bottom in np.rint(clip(face_masks(faces, ALLOWED), width, height)).astype(int):
        over[top:bottom, left:right] = False
    return int(over.sum())
