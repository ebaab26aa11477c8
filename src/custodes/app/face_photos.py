"""Photos of somebody at the desk: judged, made into one template, overwritten."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custodes.api.enrolling import LARGEST_PHOTO, LEAST_PHOTOS, PhotoLook
from custodes.app.same_picture import Sketch, sketch
from custodes.domain.errors import CaptureError
from custodes.identity import Template
from custodes.identity.attempts import Result
from custodes.perceive.embed import Embedder, FaceLocator, assess, load_embedder, load_locator, load_photo


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the photos of somebody.

    Attributes:
        looks: What each was like.
        template: Of the person; None where none could be made.
        failure: Why none could; None where one was.
        odd: Number, from 0 on, of the photo that is least like the others, where they do not match.
    """

    looks: tuple[PhotoLook, ...]
    template: Template | None
    failure: Result | None
    odd: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _Seen:
    """What a photo is like, and its face, aligned, and its sketch where there is a face."""

    look: PhotoLook
    face: NDArray[np.uint8] | None = None
    sketch: Sketch | None = None

    def parts(self) -> list[NDArray[np.generic]]:
        """Return what shows the person."""
        parts: list[NDArray[np.generic]] = [] if self.face is None else [self.face]
        return parts if self.sketch is None else [*parts, self.sketch.grey]


class FacePhotos:
    """Judges photos and makes templates of them. Threads may share it: they take turns, so that memory suffices.

    The models are loaded when the first photo comes, and fetched if need be.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locator: FaceLocator | None = None
        self._embedder: Embedder | None = None

    @property
    def model(self) -> str:
        """SHA-256 of the model that makes templates, hexadecimal.

        Raises:
            ModelError: It cannot be had or loaded.
        """
        with self._lock:
            return self._embedding().model

    def look(self, photo: bytes) -> PhotoLook:
        """Return what a photo is like, by its face as found; nothing is made of the face.

        Raises:
            ModelError: The model cannot be had, or failed.
        """
        with self._lock:
            seen = self._seen(photo)
            _overwrite(*seen.parts())
        return seen.look

    def take(self, photos: Sequence[bytes], threshold: float) -> Taken:
        """Return the template of the person that all good ones of `photos` are of.

        It is the mean of their embeddings, at length 1. Of photos that are one picture, saved again, the first counts.

        Args:
            photos: At least three, each of one person alone.
            threshold: Least comparison score of any two good photos, a cosine.

        Raises:
            ModelError: A model cannot be had, or failed.
        """
        with self._lock:
            seen = [self._seen(photo) for photo in photos]
            pictures = [part for one in seen for part in one.parts()]
            looks = _without_copies(seen)
            try:
                good = [number for number, look in enumerate(looks) if look.good]
                if len(good) < LEAST_PHOTOS:
                    return Taken(looks, None, _commonest(looks))
                stack = np.stack([face for number in good if (face := seen[number].face) is not None])
                pictures.append(stack)
                return self._joined(stack, looks, good, threshold)
            finally:
                _overwrite(*pictures)

    def _joined(
        self, faces: NDArray[np.uint8], looks: tuple[PhotoLook, ...], good: Sequence[int], threshold: float
    ) -> Taken:
        embeddings = self._embedding().embed(faces)
        scores = embeddings @ embeddings.T
        mean = embeddings.mean(axis=0)
        try:
            if scores.min() < threshold:
                return Taken(looks, None, Result.DIFFERENT_PEOPLE, good[int(scores.sum(axis=0).argmin())])
            mean /= np.linalg.norm(mean)
            return Taken(looks, Template(mean.astype(np.float32)), None)
        finally:
            _overwrite(embeddings, scores, mean)

    def _seen(self, photo: bytes) -> _Seen:
        if len(photo) > LARGEST_PHOTO:
            return _Seen(PhotoLook((Result.UNREADABLE,), (f"the file is larger than {LARGEST_PHOTO >> 20} MiB",)))
        try:
            bgr = load_photo(photo)
        except CaptureError as error:
            return _Seen(PhotoLook((Result.UNREADABLE,), (error.diagnostics().rstrip("."),)))
        try:
            faces = self._locating().locate(bgr)
            assessment = assess(bgr, faces)
            flaws = tuple(Result(flaw.value) for flaw in assessment.flaws)
            look = PhotoLook(flaws, tuple(flaw.advice for flaw in assessment.flaws))
            return _Seen(look, assessment.face, sketch(bgr, faces.found) if len(faces.found) else None)
        finally:
            _overwrite(bgr)

    def _locating(self) -> FaceLocator:
        if self._locator is None:
            self._locator = load_locator(thorough=True)
        return self._locator

    def _embedding(self) -> Embedder:
        if self._embedder is None:
            self._embedder = load_embedder()
        return self._embedder


def _without_copies(seen: Sequence[_Seen]) -> tuple[PhotoLook, ...]:
    """Return what the photos are like; one that is the same picture as an earlier good one is none that will do."""
    looks: list[PhotoLook] = []
    for one in seen:
        first = next(
            (
                number
                for number, (look, other) in enumerate(zip(looks, seen, strict=False))
                if look.good and other.sketch and one.sketch and other.sketch.same(one.sketch)
            ),
            None,
        )
        looks.append(one.look if first is None or not one.look.good else _copy_of(first))
    return tuple(looks)


def _copy_of(number: int) -> PhotoLook:
    advice = (
        f"It is the same picture as photo {number + 1}, or hardly another: take one with the head a little differently"
    )
    return PhotoLook((Result.REPEATED,), (advice,))


def _commonest(looks: Sequence[PhotoLook]) -> Result:
    """Return the flaw that most photos have to change first; of equals, that of the earlier photo."""
    return Counter(look.flaws[0] for look in looks if not look.good).most_common(1)[0][0]


def _overwrite(*arrays: NDArray[np.generic] | None) -> None:
    for array in arrays:
        if array is not None:
            array.fill(0)
