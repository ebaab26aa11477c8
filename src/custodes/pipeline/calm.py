"""Whether anything in a camera's view asks for every picture."""

from custodes.domain.coco import PERSON
from custodes.domain.time import NS_PER_S
from custodes.pipeline.analysis import Seen

_AFTER_NS = 10 * NS_PER_S


class Calm:
    """Says when a view has been calm for ten seconds: nothing moved, and nobody was in it, not even standing still."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    def update(self, seen: Seen, utc_ns: int) -> bool:
        """Return whether the view is calm, given what was `seen` in the picture of wall time `utc_ns`."""
        stirred = seen.moved or any(track.class_id == PERSON for track in seen.tracks)
        if stirred or self._since_ns is None or utc_ns < self._since_ns:
            self._since_ns = utc_ns
        return utc_ns - self._since_ns >= _AFTER_NS
