"""How well custodes finds objects in annotated pictures."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from custodes.domain.coco import COCO_CLASSES
from custodes.domain.detections import Detections
from custodes.domain.errors import ConfigError
from custodes.evaluate.extras import scorer
from custodes.evaluate.folder import make_folder
from custodes.evaluate.intervals import wilson
from custodes.evaluate.pictures import Picture, read_pictures
from custodes.evaluate.progress import shown
from custodes.perceive.detect import Detector, load_detector
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import TrackerSettings

Rows = list[tuple[str, str, str]]
_OVERLAP = 0.5
"""Overlap with an annotated box from which a detection is right, in precision and recall."""
_AREAS = ("all", "small", "medium", "large")
_AP, _AP50, _AP_SMALL = 0, 1, 3
"""Where COCO's list of results has what is shown."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Detections of one class at one threshold.

    Attributes:
        name: Of the class.
        threshold: Score from which a detection of it starts a track, and counts here.
        found: Detections.
        right: Those that overlap an annotated object of their own by at least half.
        true: Annotated objects.
    """

    name: str
    threshold: float
    found: int
    right: int
    true: int

    def rows(self) -> Rows:
        """Return precision and recall with N and 95 % intervals."""
        return [
            (
                f"{self.name}: precision at score {self.threshold:g}",
                _share(self.right, self.found),
                f"{self.found} found",
            ),
            (
                f"{self.name}: recall at score {self.threshold:g}",
                _share(self.right, self.true),
                f"{self.true} annotated",
            ),
        ]


@dataclass(frozen=True, slots=True)
class ObjectsReport:
    """How well objects were found.

    Attributes:
        images: Pictures.
        precision: Average precision by name (AP, AP50 and AP by size as COCO defines them), None where nothing of
            that size is annotated.
        annotated: Annotated objects, by the same names.
        classes: Counts of the classes that are annotated.
    """

    images: int
    precision: dict[str, float | None]
    annotated: dict[str, int]
    classes: tuple[ClassCount, ...]

    def rows(self) -> Rows:
        """Return measure, value and N, one row each, for people to read."""
        rows = [
            (name, "-" if value is None else f"{value:.3f}", f"{self.annotated[name]} annotated, {self.images} images")
            for name, value in self.precision.items()
        ]
        return rows + [row for count in self.classes for row in count.rows()]


def evaluate_objects(
    annotations: Path, images: Path, *, out: Path | None = None, detector: Detector | None = None
) -> ObjectsReport:
    """Detect objects in every annotated picture and compare them with the annotations.

    Precision and recall are those at the score from which a detection of the class starts a track. Writes
    `detections.json` into `out`: COCO results of all detections, those with low scores as well, that have a category
    in the annotation file.

    Args:
        annotations: COCO annotation file; its categories are matched to COCO's 80 classes by name, in
            capitals or not.
        images: Folder of its pictures.
        out: Folder for `detections.json`, made where it is missing; None writes nothing.
        detector: What finds the objects; by default what is shipped.

    Raises:
        ConfigError: The annotation file or a picture cannot be read, no category is one of COCO's classes, or the
            extra `evaluate` is not installed.
        ModelError: The model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    pictures, names = read_pictures(annotations)
    make_folder(out)
    names = {number: name.strip().lower() for number, name in names.items()}
    category_of = {COCO_CLASSES.index(name): number for number, name in names.items() if name in COCO_CLASSES}
    if not category_of:
        raise ConfigError(
            f"{annotations} has no category that is a class of COCO",
            why=f"its categories are {', '.join(names.values()) or 'missing'}",
            fix="name them as COCO does, for example person, car, bus",
        )
    detector = detector or load_detector(DetectorSettings())
    results: list[dict[str, Any]] = []
    for picture in shown(pictures, "Detecting", len(pictures)):
        results += _results(picture.image_id, detector.detect(picture.load(images)), category_of)
    if out is not None:
        (out / "detections.json").write_text(json.dumps(results), encoding="utf-8")
    return _report(pictures, {number: names[number] for number in category_of.values()}, results)


def _results(image_id: int, found: Detections, category_of: dict[int, int]) -> list[dict[str, Any]]:
    """Return detections as COCO results."""
    return [
        {
            "image_id": image_id,
            "category_id": category_of[class_id],
            "bbox": [round(float(value), 2) for value in (left, top, right - left, bottom - top)],
            "score": round(float(score), 4),
        }
        for (left, top, right, bottom), score, class_id in zip(
            found.xyxy, found.score, found.class_id.tolist(), strict=True
        )
        if class_id in category_of
    ]


def _report(pictures: list[Picture], categories: dict[int, str], results: list[dict[str, Any]]) -> ObjectsReport:
    with contextlib.redirect_stdout(io.StringIO()):
        run = _run_coco(pictures, categories, results)
    names = ("AP", "AP50", *(f"AP {area}" for area in _AREAS[1:]))
    values = (run.stats[_AP], run.stats[_AP50], *run.stats[_AP_SMALL : _AP_SMALL + 3])
    counts = [_count(run, area) for area in ("all", *_AREAS)]
    return ObjectsReport(
        images=len(pictures),
        precision={name: float(value) if value >= 0 else None for name, value in zip(names, values, strict=True)},
        annotated=dict(zip(names, counts, strict=True)),
        classes=tuple(count for number, name in categories.items() if (count := _class_count(run, number, name)).true),
    )


def _run_coco(pictures: list[Picture], categories: dict[int, str], results: list[dict[str, Any]]) -> Any:
    """Run COCO's own evaluation, which talks on standard output."""
    truth = scorer("pycocotools.coco").COCO()
    annotations = [
        {
            "iscrowd": 0,
            **row,
            "bbox": list(row["bbox"]),
            "area": row.get("area", row["bbox"][2] * row["bbox"][3]),
            "id": number,
        }
        for number, row in enumerate((row for picture in pictures for row in picture.annotations), 1)
        if row["category_id"] in categories
    ]
    truth.dataset = {
        "images": [{"id": picture.image_id} for picture in pictures],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in categories.items()],
    }
    truth.createIndex()
    found = truth.loadRes(results) if results else _nothing_like(truth)
    run = scorer("pycocotools.cocoeval").COCOeval(truth, found, "bbox")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return run


def _nothing_like(truth: Any) -> Any:
    empty = scorer("pycocotools.coco").COCO()
    empty.dataset = {**truth.dataset, "annotations": []}
    empty.createIndex()
    return empty


def _evaluated(run: Any, area: str) -> list[dict[str, Any]]:
    """Return what COCO noted of each class in each picture that has something of it."""
    limits = run.params.areaRng[run.params.areaRngLbl.index(area)]
    return [one for one in run.evalImgs if one is not None and one["aRng"] == limits]


def _count(run: Any, area: str) -> int:
    return sum(int((np.asarray(one["gtIgnore"]) == 0).sum()) for one in _evaluated(run, area))


def _class_count(run: Any, category: int, name: str) -> ClassCount:
    """Count at the threshold; surer detections are matched first, so that the less sure take nothing from them."""
    threshold = TrackerSettings().starts_at(COCO_CLASSES.index(name))
    at = int(np.argmin(np.abs(run.params.iouThrs - _OVERLAP)))
    found = right = true = 0
    for one in _evaluated(run, "all"):
        if one["category_id"] == category:
            counts = (np.asarray(one["dtScores"]) >= threshold) & ~one["dtIgnore"][at].astype(bool)
            found += int(counts.sum())
            right += int((counts & (one["dtMatches"][at] > 0)).sum())
            true += int((np.asarray(one["gtIgnore"]) == 0).sum())
    return ClassCount(name, threshold, found, right, true)


def _share(part: int, whole: int) -> str:
    if not whole:
        return "-"
    low, high = wilson(part, whole)
    return f"{part / whole:.3f} (95 % {low:.3f}-{high:.3f})"
