"""What the recognition points of one worker share: the models, and the templates of those who enrolled."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from custodes.charter import Charter, Charters
from custodes.domain.errors import PolicyDenied
from custodes.domain.events import CameraId
from custodes.domain.time import Clock
from custodes.identity import Gallery, TemplateSafe, Verifier
from custodes.perceive.embed import Embedder, FaceLocator, load_embedder, load_locator
from custodes.perceive.pad import Challenge
from custodes.recognition.point import Comparison, RecognitionPoint
from custodes.recognition.presented import Gate, TemplateMaker
from custodes.recognition.settings import RecognitionSettings


class Recogniser:
    """Makes recognition points. Threads may share it.

    Args:
        safe: Templates and keys.
        embedder: Makes embeddings; only presented faces get to it.
        locator: Finds faces.
        clock: Wall time.
        draw: Draws what a person is asked to do.
    """

    def __init__(
        self,
        safe: TemplateSafe,
        embedder: Embedder,
        locator: FaceLocator,
        *,
        clock: Clock,
        draw: Callable[[], Challenge] = Challenge.drawn,
    ) -> None:
        self._safe = safe
        self._maker = TemplateMaker(embedder)
        self._locator = locator
        self._clock = clock
        self._draw = draw

    @classmethod
    def open(cls, templates: Path, keys: Path, clock: Clock) -> Self:
        """Load the models, fetching them if need be, and open the templates in a folder with the keys in another.

        Raises:
            IntegrityError: The rotation of templates is damaged.
            ModelError: A model cannot be had or loaded.
            StoreError: Something cannot be used, or the keys are not those of these templates.
        """
        return cls(TemplateSafe.open(templates, keys), load_embedder(forgets=True), load_locator(), clock=clock)

    @property
    def computed(self) -> int:
        """How many embeddings were computed so far."""
        return self._maker.computed

    @property
    def gallery_version(self) -> int:
        """Version of the gallery: how often anything sealed was changed.

        Raises:
            StoreError: It cannot be read.
        """
        return self._safe.generation

    def point(self, camera: CameraId, settings: RecognitionSettings, charter: Charter) -> RecognitionPoint:
        """Return the recognition point of `camera`.

        Raises:
            PolicyDenied: The charter does not name recognition, or not how often it errs.
        """
        recognition = charter.recognition
        if recognition is None or recognition.capability is None:
            raise PolicyDenied(
                f"{camera} has no recognition point",
                why="its charter does not name recognition and how often that errs",
                fix="write the tables recognition and recognition.capability into it",
            )
        charters, threshold = Charters({camera: charter}), recognition.capability.threshold
        model, clock = self._maker.model, self._clock
        return RecognitionPoint(
            camera,
            settings,
            gate=Gate(camera, settings.zone, charters, model=model, clock=clock),
            locator=self._locator,
            maker=self._maker,
            comparison=Comparison(
                verifier=Verifier(self._safe, charters, clock=clock, model=model, threshold=threshold),
                gallery=Gallery(self._safe, charters, clock=clock, model=model, threshold=threshold),
                allowed=recognition,
                threshold=threshold,
            ),
            draw=self._draw,
        )

    def close(self) -> None:
        """Close all connections."""
        self._safe.close()
