"""From raw pictures to redacted ones: the only place where `RedactedFrame` is made."""

import logging
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from custodes.capture.raw import RawFrame
from custodes.domain.imagery import RedactedFrame
from custodes.domain.time import MediaTime
from custodes.redact.mask import blank_picture, mask_picture
from custodes.redact.settings import RedactionSettings

_log = logging.getLogger(__name__)


class Redactor:
    """Masks what it is told to, and blanks the whole picture when it does not know or fails.

    Attributes:
        blanked: Pictures blanked since the start.
    """

    def __init__(self, settings: RedactionSettings) -> None:
        self._settings = settings
        self.blanked = 0

    def redact(self, frame: RawFrame, masks: NDArray[np.floating[Any]] | None) -> RedactedFrame:
        """Mask boxes of `frame`.

        The picture is masked in place unless the decoder still refers to it, so `frame` must not be used afterwards.

        Args:
            frame: The picture.
            masks: (n, 4) pixels; None where it is not known what to mask.

        Returns:
            The masked picture; a uniform grey one where `masks` is None or masking failed for whatever reason.
        """
        if masks is not None:
            try:
                mask_picture(frame.picture, masks, self._settings)
                return _seal(frame.picture, frame.time, blank=False)
            except Exception:  # noqa: BLE001  fail closed, whatever it was
                _log.exception("redaction failed; the picture is blanked")
        return self.blank(frame.width, frame.height, frame.time)

    def blank(self, width: int, height: int, time: MediaTime) -> RedactedFrame:
        """Return a uniform grey picture of `width` x `height` pixels."""
        self.blanked += 1
        picture = blank_picture(width, height)
        picture.pts, picture.time_base = time.ticks, time.time_base
        return _seal(picture, time, blank=True)


def _seal(picture: av.VideoFrame, time: MediaTime, *, blank: bool) -> RedactedFrame:
    return RedactedFrame._seal(picture, time, blank)  # type: ignore[no-any-return]
