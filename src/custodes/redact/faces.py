"""Finding faces at the resolution they need, without searching whole pictures at that resolution."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.detections import Detections
from custodes.domain.geometry import area, intersection
from custodes.domain.time import NS_PER_S
from custodes.perceive.detect import Detector, FaceDetectors
from custodes.redact.regions import head_regions
from custodes.redact.settings import RedactionSettings

_TILE_PX = 112
"""Side of one person's tile in the mosaic: a standing adult's face is about 30 px high in it."""
_TILE_REACH = 1.7
"""Side of the searched square, in units of the head region's longer side."""
_MOST_UPSCALED = 4.0
"""Pixels magnified further show nothing more."""
_MOST_TILES = 16
_SAME_FACE = 0.6
"""Two boxes are one face where the smaller lies in the other by this share."""


class Search(StrEnum):
    """Where to look for faces in one picture."""

    NOWHERE = "nowhere"
    HEADS = "heads"
    """Around the heads of persons."""
    WHOLE = "whole"
    """Around the heads of persons, and in the whole picture."""


class FacePace:
    """Decides which of the analysed pictures are searched for faces, and where."""

    def __init__(self, settings: RedactionSettings) -> None:
        self._heads = _Pace(settings.heads_fps)
        self._whole = _Pace(settings.whole_fps)

    def due(self, utc_ns: int) -> Search:
        """Return what to search in the picture of wall time `utc_ns`, and count on it being done."""
        heads = self._heads.due(utc_ns)
        if self._whole.due(utc_ns):
            return Search.WHOLE
        return Search.HEADS if heads else Search.NOWHERE


class _Pace:
    """So many times a second on average, whatever the instants at which it is asked."""

    def __init__(self, per_s: float) -> None:
        self._period_ns = round(NS_PER_S / per_s)
        self._next_ns: int | None = None

    def due(self, utc_ns: int) -> bool:
        """Return whether it is time, and count on it being done then."""
        waits_ns = 0 if self._next_ns is None else self._next_ns - utc_ns
        if 0 < waits_ns <= self._period_ns:
            return False
        late_ns = -waits_ns if -self._period_ns < waits_ns <= 0 else 0
        self._next_ns = utc_ns - late_ns + self._period_ns
        return True


@dataclass(frozen=True, slots=True)
class FoundFaces(Detections):
    """Faces, and where they were searched for.

    Attributes:
        whole: Whether the whole picture was searched, so that a face not here was not seen.
    """

    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Tile:
    """One square of the picture and its place in the mosaic.

    Attributes:
        source: Left, top, right, bottom in the picture, pixels; within it.
        place: Left, top in the mosaic, pixels.
        scale: Mosaic pixels per picture pixel.
    """

    source: tuple[int, int, int, int]
    place: tuple[int, int]
    scale: float


class FaceFinder:
    """Finds faces around persons' heads, all in one call of the detector, and in the whole picture where asked."""

    def __init__(self, faces: FaceDetectors, settings: RedactionSettings) -> None:
        chosen: dict[str, list[Detector]] = {
            "yunet": [faces.yunet],
            "centerface": [faces.centerface],
            "both": [faces.yunet, faces.centerface],
        }
        self._detectors = chosen[settings.face_model]

    def find(self, bgr: NDArray[np.uint8], persons: NDArray[np.floating[Any]], *, whole: bool) -> FoundFaces:
        """Find faces.

        Args:
            bgr: uint8 (h, w, 3), the picture.
            persons: (n, 4) pixels, every person to look at, those detected with low scores as well.
            whole: Whether to search the whole picture too, for faces without a person.

        Returns:
            Faces in pixels of the picture, each once.
        """
        found = []
        tiles = plan_mosaic(persons, bgr.shape[1], bgr.shape[0])
        if tiles:
            mosaic = paint_mosaic(bgr, tiles)
            found += [from_mosaic(detector.detect(mosaic), tiles) for detector in self._detectors]
        if whole:
            found += [detector.detect(bgr) for detector in self._detectors]
        faces = merge(found)
        return FoundFaces(faces.xyxy, faces.score, faces.class_id, faces.model, whole)


def plan_mosaic(persons: NDArray[np.floating[Any]], width: int, height: int) -> list[_Tile]:
    """Return a tile around the head of each of `persons` (n, 4), pixels; of too many persons the largest."""
    persons = persons[np.argsort(-area(persons), kind="stable")[:_MOST_TILES]]
    heads = head_regions(persons)
    tiles = []
    for head in heads:
        reach = max(head[2] - head[0], head[3] - head[1]) * _TILE_REACH / 2
        x, y = (head[0] + head[2]) / 2, (head[1] + head[3]) / 2
        left, top = max(int(x - reach), 0), max(int(y - reach), 0)
        right, bottom = min(int(np.ceil(x + reach)), width), min(int(np.ceil(y + reach)), height)
        longest = max(right - left, bottom - top)
        if right - left < 2 or bottom - top < 2:  # noqa: PLR2004  nothing to see
            continue
        tiles.append(((left, top, right, bottom), min(_TILE_PX / longest, _MOST_UPSCALED)))
    columns = _columns(len(tiles))
    return [
        _Tile(source, (i % columns * _TILE_PX, i // columns * _TILE_PX), scale)
        for i, (source, scale) in enumerate(tiles)
    ]


def _columns(tiles: int) -> int:
    """Return how many tiles stand side by side; few shapes, as detectors prepare for each anew."""
    return 2 if tiles <= 4 else 4  # noqa: PLR2004


def paint_mosaic(bgr: NDArray[np.uint8], tiles: list[_Tile]) -> NDArray[np.uint8]:
    """Return the mosaic (h, w, 3) uint8 of `tiles` cut from `bgr`."""
    columns = _columns(len(tiles))
    rows = 1 << (-(-len(tiles) // columns) - 1).bit_length()
    mosaic = np.full((rows * _TILE_PX, columns * _TILE_PX, 3), 114, np.uint8)
    for tile in tiles:
        left, top, right, bottom = tile.source
        wide, high = (min(max(round(side * tile.scale), 1), _TILE_PX) for side in (right - left, bottom - top))
        how = cv2.INTER_LINEAR if tile.scale > 1 else cv2.INTER_AREA
        x, y = tile.place
        cv2.resize(bgr[top:bottom, left:right], (wide, high), dst=mosaic[y : y + high, x : x + wide], interpolation=how)
    return mosaic


def from_mosaic(faces: Detections, tiles: list[_Tile]) -> Detections:
    """Return `faces` of the mosaic in pixels of the picture; those across two tiles are dropped."""
    corners = faces.xyxy.reshape(-1, 1, 2, 2)
    places, sources = np.array([tile.place for tile in tiles]), np.array([tile.source[:2] for tile in tiles])
    offset = corners.mean(axis=2) - places
    keep, number = np.nonzero(((offset >= 0) & (offset < _TILE_PX)).all(axis=2))
    scale = np.array([tile.scale for tile in tiles])[number, None, None]
    inside = np.clip(corners[keep, 0] - places[number, None], 0, _TILE_PX)
    xyxy = (inside / scale + sources[number, None]).reshape(-1, 4).astype(np.float32)
    return Detections(xyxy, faces.score[keep], faces.class_id[keep], faces.model)


def merge(found: list[Detections]) -> Detections:
    """Return the union of several searches, each face once: the best score, and the hull of its boxes."""
    found = [detections for detections in found if len(detections)]
    if not found:
        return Detections()
    xyxy = np.concatenate([detections.xyxy for detections in found])
    score = np.concatenate([detections.score for detections in found])
    order = np.argsort(-score, kind="stable")
    xyxy, score = xyxy[order].astype(np.float64), score[order]
    smaller = np.minimum(area(xyxy)[:, None], area(xyxy)[None, :])
    same = intersection(xyxy, xyxy) >= _SAME_FACE * np.maximum(smaller, 1e-6)
    keep = []
    free = np.ones(len(score), bool)
    for row in range(len(score)):
        if free[row]:
            group = same[row] & free & (np.abs(np.log(area(xyxy) / area(xyxy)[row] + 1e-9)) < np.log(2.5))
            group[row] = True
            xyxy[row] = np.concatenate([xyxy[group, :2].min(axis=0), xyxy[group, 2:].max(axis=0)])
            free[group] = False
            keep.append(row)
    return Detections(xyxy[keep].astype(np.float32), score[keep], np.zeros(len(keep), np.int32), found[0].model)
