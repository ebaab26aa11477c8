"""People who do what is asked, and pictures that pretend to, acted out with photos of one person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S
from custodes.evaluate.face_attacks import ATTACKS, BONA_FIDE, Kind, Photos
from custodes.evaluate.staging import Picture, Pose, printed, seen
from custodes.perceive.embed import PointedFaces, assess, load_photo
from custodes.perceive.pad import (
    CLOSED_NS,
    DRAWS,
    LEAST_RELIEF,
    WINDOW,
    Eyes,
    Prompt,
    Side,
    parallax,
    reference,
)

ATTEMPTS: Final = 3
"""Attempts of each kind with each person's photos, each a challenge as it is drawn at recognition points."""
UNSEEN: Final = -1.0
"""What is measured of an act in which no face was seen often enough."""
_HELD: Final = -(-CLOSED_NS // (NS_PER_S // 5)) + 1
"""Medians in a row that closed eyes have to last for, at five pictures a second."""
_TURNS: Final = frozenset({Prompt.LEFT, Prompt.RIGHT})


class Locator(Protocol):
    """Finds faces and their points, as `FaceLocator` does."""

    def locate(self, bgr: Picture) -> PointedFaces:
        """Return the faces in a picture (h, w, 3)."""
        ...


class Part(StrEnum):
    """What a rate is of."""

    TURN = "a turn"
    EYES = "closing the eyes"
    CLOSER = "coming closer"
    WHOLE = "whole challenge"


@dataclass(frozen=True, slots=True)
class Act:
    """One act that was asked for.

    Attributes:
        person: Whose photos; name of their folder.
        measured: Whether the person is of the half that is measured; else of the one that thresholds are chosen on.
        kind: Name of what was presented.
        attempt: Number of the attempt.
        asked: What was asked for.
        found: Of a turn, the largest median relief of `WINDOW` sights in a row towards that side; of closing the eyes,
            how far closed they stay for as long as they have to; of coming closer, the largest median growth.
            `UNSEEN` where there is none.
        whole: Whether all acts of the attempt could be staged.
    """

    person: str
    measured: bool
    kind: str
    attempt: int
    asked: Prompt
    found: float
    whole: bool

    @property
    def part(self) -> Part:
        """Return which part of a challenge it is."""
        return Part.TURN if self.asked in _TURNS else Part.EYES if self.asked is Prompt.EYES else Part.CLOSER


@dataclass(frozen=True, slots=True)
class Look:
    """A face in one picture.

    Attributes:
        points: float32 (5, 2), pixels.
        face: uint8 (112, 112, 3), BGR, aligned.
        good: Whether it is good enough to be compared.
    """

    points: NDArray[np.float32]
    face: Picture
    good: bool


@dataclass(frozen=True, slots=True)
class Labels:
    """What people say about photos.

    Attributes:
        sides: Where heads are turned to; None where nobody said.
        closed: Photos of closed eyes, and those of open eyes that they are like.
    """

    sides: dict[str, Side] | None
    closed: dict[str, str]

    def facing(self, file: str) -> bool:
        """Return whether nobody said that a photo is of a turned head or closed eyes."""
        return file not in self.closed and (self.sides is None or file not in self.sides)


class Stage:
    """Stages everything of one person. Threads may share it."""

    def __init__(self, locator: Locator, root: Path, labels: Labels) -> None:
        self._locator = locator
        self._root = root
        self._labels = labels

    def acts(self, number: int, person: str, files: Sequence[str]) -> list[Act] | str:
        """Return the acts with the photos of a person, or why there are none."""
        rng = np.random.default_rng(number)
        photos = self._photos(files, rng)
        if photos is None:
            return "no photo from the front was found"
        found = []
        for kind in (BONA_FIDE, *ATTACKS):
            for attempt in range(ATTEMPTS):
                done = list(self._attempt(kind, photos, rng))
                whole = len(done) == len(DRAWS[0])
                found += [Act(person, number % 2 == 1, kind.name, attempt, *one, whole) for one in done]
        return found

    def _attempt(self, kind: Kind, photos: Photos, rng: np.random.Generator) -> Iterator[tuple[Prompt, float]]:
        """Yield the acts of one attempt that there are photos for, and what is found of each."""
        asked, by_itself = (DRAWS[int(rng.integers(len(DRAWS)))] for _ in range(2))
        for one, other in zip(asked, by_itself, strict=True):
            if (needed := kind.needs(one, other)) in photos.shown or needed in {Prompt.AHEAD, Prompt.CLOSER}:
                before = list(self._sights(kind.ahead(photos, needed, rng)))
                now = list(self._sights(kind.views(photos, one, other, rng)))
                yield one, found_of(one, before, now)

    def _sights(self, pictures: Iterable[Picture]) -> Iterator[Look]:
        for picture in pictures:
            faces = self._locator.locate(picture)
            assessment = assess(picture, faces)
            if assessment.face is not None:
                yield Look(faces.points[0], assessment.face, not assessment.flaws)

    def _photos(self, files: Sequence[str], rng: np.random.Generator) -> Photos | None:
        """Return prints of a person: of the photo in the middle between those turned to either side, and of the rest.

        The others are of heads turned to either side, and of closed eyes.
        """
        prints = {}
        for file in files:
            if (found := self._print(file)) is not None:
                prints[file] = found
        points = {
            file: one.points
            for file, picture in prints.items()
            if (one := next(self._sights([seen(picture, Pose(), rng)]), None)) is not None
        }
        facing = [file for file in points if self._labels.facing(file)]
        if not facing:
            return None
        ahead = sorted(facing, key=lambda file: _yaw(points[file]))[len(facing) // 2]
        shown = {Prompt(side): prints[file] for side, file in self._turned(points, ahead, rng).items()}
        closed = [file for file in points if self._labels.closed.get(file) in points]
        if not closed:
            return Photos(prints[ahead], shown)
        file = closed[int(rng.integers(len(closed)))]
        return Photos(prints[ahead], {**shown, Prompt.EYES: prints[file]}, prints[self._labels.closed[file]])

    def _turned(self, points: dict[str, NDArray[np.float32]], ahead: str, rng: np.random.Generator) -> dict[Side, str]:
        found = {}
        for side in Side:
            if self._labels.sides is not None:
                named = [file for file in points if self._labels.sides.get(file) is side]
                if named:
                    found[side] = named[int(rng.integers(len(named)))]
            else:
                found[side] = max(points, key=lambda file: _relief([points[ahead]], [points[file]] * WINDOW, side))
        return found

    def _print(self, file: str) -> Picture | None:
        try:
            photo = load_photo(self._root / file)
        except CaptureError:
            return None
        faces = self._locator.locate(photo)
        return printed(photo, faces.found.xyxy[0]) if len(faces.found) else None


def found_of(asked: Prompt, before: Sequence[Look], now: Sequence[Look]) -> float:
    """Return what `Act.found` is of an act before which a face looked like `before`, and in which like `now`."""
    if asked is Prompt.EYES:
        return _closing(before, now)
    facing, points = [one.points for one in before], [one.points for one in now]
    if asked in _TURNS:
        return _relief(facing, points, Side(asked))
    if not facing:
        return UNSEEN
    scales = [found.scale for one in points if (found := parallax(reference(facing), one)) is not None]
    return max(_medians(scales), default=UNSEEN)


def _closing(before: Sequence[Look], now: Sequence[Look]) -> float:
    if not before:
        return UNSEEN
    eyes, facing = Eyes(), reference([one.points for one in before])
    for one in before:
        eyes.look(one.face, ahead=True)
    closed = [eyes.look(one.face, ahead=False) if _counts(facing, one) else 0.0 for one in now]
    medians = _medians(closed)
    return max((min(medians[first : first + _HELD]) for first in range(len(medians) - _HELD + 1)), default=UNSEEN)


def _counts(facing: NDArray[np.float64], look: Look) -> bool:
    """Return whether a face is good enough, and not turned, which ends an attempt where it is not asked for."""
    found = parallax(facing, look.points)
    return look.good and found is not None and abs(found.relief) < LEAST_RELIEF


def _medians(values: Sequence[float]) -> list[float]:
    """Return the medians of each `WINDOW` values in a row."""
    if len(values) < WINDOW:
        return []
    found: list[float] = np.median(np.lib.stride_tricks.sliding_window_view(values, WINDOW), axis=1).tolist()
    return found


def _relief(facing: Sequence[NDArray[np.float32]], now: Sequence[NDArray[np.float32]], asked: Side) -> float:
    if not facing:
        return UNSEEN
    before = reference(facing)
    towards = [found.towards(asked) for one in now if (found := parallax(before, one)) is not None]
    return max(_medians(towards), default=UNSEEN)


def _yaw(points: NDArray[np.float32]) -> float:
    """Return how far the tip of the nose lies beside the middle of the other points, in distances between the eyes."""
    left, right, nose, *mouth = points.astype(np.float64)
    across = right - left
    middle = (left + right + np.sum(mouth, axis=0)) / 4
    return float((nose - middle) @ across / max(float(across @ across), 1e-6))
