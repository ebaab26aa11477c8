"""The only faces that are ever made templates of: those of people who present themselves at a recognition point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from custodes.capture.raw import RawFrame
from custodes.charter import Charters, Recognise
from custodes.domain.events import CameraId
from custodes.domain.geometry import Point
from custodes.domain.imagery import NoPublicConstructor
from custodes.domain.time import Clock
from custodes.identity.template import Vector
from custodes.perceive.embed import Embedder, aligned
from custodes.recognition.attempt import Presenting, Sight
from custodes.recognition.zone import PixelZone

_NO_FACES: Final = "a presented face stays in its worker"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PresentedFace(metaclass=NoPublicConstructor):
    """The face of somebody who presents themselves; made by `Gate` alone.

    Attributes:
        aligned: uint8 (112, 112, 3), BGR, unredacted.
    """

    aligned: NDArray[np.uint8]

    def wipe(self) -> None:
        """Overwrite the pixels."""
        self.aligned.fill(0)

    def __repr__(self) -> str:
        return "PresentedFace()"

    def __reduce__(self) -> NoReturn:
        raise TypeError(_NO_FACES)


class Gate:
    """Lets those faces through that lie in the zone as a whole, of people who present themselves as the charter says.

    Args:
        camera: Whose.
        zone: Polygon of the zone, normalised.
        charters: What cameras may do.
        model: SHA-256 (hex) of the model that makes templates.
        clock: Wall time.
    """

    def __init__(
        self, camera: CameraId, zone: Sequence[Point], charters: Charters, *, model: str, clock: Clock
    ) -> None:
        self._camera = camera
        self._zone = tuple(zone)
        self._charters = charters
        self._model = model
        self._clock = clock

    def present(self, frame: RawFrame, sight: Sight, presenting: Presenting) -> PresentedFace | None:
        """Return the face of `sight` in `frame`, None where it is not in the zone or the charter does not allow it."""
        zone = PixelZone.of(self._zone, (frame.width, frame.height))
        request = Recognise(self._camera, presenting.mode, self._model)
        if not zone.holds(sight.xyxy) or not self._charters.decide(request, self._clock.utc_ns()).allowed:
            return None
        face: PresentedFace = PresentedFace._seal(aligned(frame.bgr(), sight.points))
        return face


class TemplateMaker:
    """Makes numbers of presented faces, and of nothing else. Threads may share it.

    Args:
        embedder: What computes them.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def model(self) -> str:
        """SHA-256 (hex) of the model."""
        return self._embedder.model

    @property
    def computed(self) -> int:
        """How many embeddings were computed so far."""
        return self._embedder.computed

    def vector_of(self, face: PresentedFace) -> Vector:
        """Return the embedding of `face`, float32 (128,) of length 1, and overwrite the face.

        Raises:
            ModelError: The model failed.
        """
        try:
            vector: Vector = self._embedder.embed(face.aligned[None])[0]
        finally:
            face.wipe()
        return vector
