"""Faces and heads in single pictures, where there is time to search thoroughly and no neighbour to learn from."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.coco import PERSON
from custodes.domain.detections import Detections
from custodes.domain.geometry import area, grow, intersection
from custodes.perceive.detect import Detector, FaceDetectors
from custodes.redact.faces import FaceFinder, merge
from custodes.redact.mask import mask_rectangles
from custodes.redact.regions import face_masks, head_regions
from custodes.redact.settings import RedactionSettings

_UPSCALED = 2.0
_LONGEST_PX = 2600
"""Pictures are not magnified beyond this side: faces that small in them are covered by head regions."""
_FACELESS_SCORE = 0.4
"""Where the picture has been searched this thoroughly, a weaker person without a face is mostly no person."""


@dataclass(frozen=True, slots=True)
class StillMasks:
    """What to mask in one picture.

    Attributes:
        rectangles: int32 (n, 4), pixels actually masked: within the picture, even where its size is.
        score: float32 (n,), 0-1, of the face, or of the person whose head region it is.
    """

    rectangles: NDArray[np.int32]
    score: NDArray[np.float32]


class StillFinder:
    """Masks for single pictures: the union of both face detectors at twice the size, and heads of faceless persons."""

    def __init__(self, objects: Detector, faces: FaceDetectors, settings: RedactionSettings) -> None:
        self._objects = objects
        self._faces = faces
        self._settings = settings
        self._heads = FaceFinder(faces, settings.model_copy(update={"face_model": "both"}))

    def masks(self, bgr: NDArray[np.uint8]) -> StillMasks:
        """Return what to mask in `bgr`, uint8 (h, w, 3)."""
        height, width = bgr.shape[:2]
        found = self._objects.detect(bgr)
        persons = found[(found.class_id == PERSON) & (found.score >= self._settings.min_person_score)]
        faces = self.faces(bgr, persons.xyxy)
        heads = _faceless_heads(persons[persons.score >= _FACELESS_SCORE], faces)
        boxes = np.concatenate([face_masks(faces.xyxy, self._settings.grow), heads.xyxy])
        score = np.concatenate([faces.score, heads.score])
        kept = [
            (rectangle, value)
            for box, value in zip(boxes, score, strict=True)
            for rectangle in mask_rectangles(box[None], width, height)
        ]
        rectangles = np.array([rectangle for rectangle, _ in kept], np.int32).reshape(-1, 4)
        return StillMasks(rectangles, np.array([value for _, value in kept], np.float32))

    def faces(self, bgr: NDArray[np.uint8], persons: NDArray[np.floating[Any]]) -> Detections:
        """Return every face that any search finds in `bgr`, uint8 (h, w, 3); `persons` (n, 4) pixels."""
        return merge([self._heads.find(bgr, persons, whole=True), strongest_union(self._faces, bgr)])


def strongest_union(faces: FaceDetectors, bgr: NDArray[np.uint8]) -> Detections:
    """Return the faces that YuNet and CenterFace together find in `bgr`, uint8 (h, w, 3), at twice its size.

    Of the combinations measured in models.md this finds most: .943 of the MaskON faces.
    """
    factor = min(_UPSCALED, max(_LONGEST_PX / max(bgr.shape[:2]), 1.0))
    large = np.asarray(cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR), np.uint8)
    found = [detector.detect(large) for detector in (faces.yunet, faces.centerface)]
    return merge([Detections(one.xyxy / np.float32(factor), one.score, one.class_id, one.model) for one in found])


def _faceless_heads(persons: Detections, faces: Detections) -> Detections:
    """Return the head regions of those `persons` in whose head region no face was found."""
    heads = head_regions(persons.xyxy.astype(np.float64))
    if len(faces):
        centres = grow(faces.xyxy.astype(np.float64), 0.1)
        inside = intersection(heads, centres) >= 0.5 * area(centres)[None, :]
        keep = np.flatnonzero(~inside.any(axis=1))
        persons, heads = persons[keep], heads[keep]
    return Detections(heads.astype(np.float32), persons.score, persons.class_id, persons.model)
