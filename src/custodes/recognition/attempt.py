"""How somebody presents themselves at a recognition point: by a pass, or by holding still. Pure; no pixels."""

import math
from dataclasses import dataclass
from typing import Final

from custodes.charter import Recognition, RecognitionMode
from custodes.domain.imagery import NoPublicConstructor
from custodes.domain.time import NS_PER_S
from custodes.perceive.pad import Sight
from custodes.recognition.settings import RecognitionSettings

_LEAST_STILL_NS: Final = NS_PER_S
"""Whoever passes by holds still for less."""
_MISSED_NS: Final = round(0.6 * NS_PER_S)
"""A face that is not seen well for no longer than this still holds still."""


@dataclass(frozen=True, slots=True)
class Presenting(metaclass=NoPublicConstructor):
    """Somebody presents themselves; made by `Attempt` alone.

    Attributes:
        mode: By a pass, or by holding still.
        since_ns: Since when, nanoseconds since the Unix epoch.
    """

    mode: RecognitionMode
    since_ns: int


class Attempt:
    """Follows one person at the recognition point, from the first sight to an answer.

    Attributes:
        presenting: How the person presents themselves; None while they do not.

    Args:
        settings: Of the point.
        allowed: What the charter says of recognition.
    """

    def __init__(self, settings: RecognitionSettings, allowed: Recognition) -> None:
        self.presenting: Presenting | None = None
        self._settings = settings
        self._allowed = allowed
        self._still_ns = max(_LEAST_STILL_NS, round(allowed.still_s * NS_PER_S))
        self._anchor: Sight | None = None
        self._last_ns = 0

    @property
    def wants_faces(self) -> bool:
        """Whether anything is to be done with a face yet: where only a pass counts, not before it was shown."""
        return self.presenting is not None or RecognitionMode.IDENTIFY in self._allowed.modes

    @property
    def challenged(self) -> bool:
        """Whether the person presents themselves in a way in which they are asked to do something."""
        return self.presenting is not None and self._settings.challenge.asks(self.presenting.mode)

    def show_pass(self, utc_ns: int) -> None:
        """Note that a valid pass was shown at `utc_ns`."""
        self._present(RecognitionMode.VERIFY, utc_ns)

    def see(self, sight: Sight | None, utc_ns: int) -> None:
        """Note what the picture of `utc_ns` shows: a face that will do, or None.

        A face that moves too far begins anew; where it presented itself by holding still, it does so no more. Whoever
        is asked to do something need not hold still any longer: the challenge follows them.
        """
        if self.presenting is not None and (self.presenting.mode is RecognitionMode.VERIFY or self.challenged):
            return
        if sight is None:
            if utc_ns - self._last_ns > _MISSED_NS:
                self._begin(None)
        elif self._holds_still(sight):
            self._last_ns = utc_ns
            self._present_if_due(utc_ns)
        else:
            self._last_ns = utc_ns
            self._begin(sight)

    def overdue(self, utc_ns: int) -> bool:
        """Return whether the time of whoever presents themselves is over at `utc_ns`."""
        since = self.presenting
        return since is not None and not 0 <= utc_ns - since.since_ns <= self._settings.timeout_s * NS_PER_S

    def _holds_still(self, sight: Sight) -> bool:
        anchor = self._anchor
        if anchor is None or sight.utc_ns < anchor.utc_ns:
            return False
        allowed = self._settings.movement * anchor.height
        return math.dist(sight.middle, anchor.middle) <= allowed and abs(sight.height - anchor.height) <= allowed

    def _present_if_due(self, utc_ns: int) -> None:
        anchor = self._anchor
        if self.presenting is None and anchor and utc_ns - anchor.utc_ns >= self._still_ns:
            self._present(RecognitionMode.IDENTIFY, utc_ns)

    def _present(self, mode: RecognitionMode, utc_ns: int) -> None:
        if mode in self._allowed.modes:
            self.presenting = Presenting._seal(mode, utc_ns)

    def _begin(self, anchor: Sight | None) -> None:
        self.presenting = None
        self._anchor = anchor
