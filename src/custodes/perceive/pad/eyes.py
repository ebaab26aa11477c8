"""How far both eyes of a face are closed, against the same eyes a moment before.

Where an iris and its lashes were dark, a lid is as light as skin. So of the darkest parts of an open eye is asked how
much of their darkness is left. What surrounds the eyes, brows, lids' edges and the bridge of the nose, has to look as
it did: under a finger or a hand it does not. Nothing is known of eyes but how these same ones looked when open.
"""

from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.perceive.pad.parallax import WINDOW

LEAST_CLOSED: Final = 0.1
"""From here on both eyes are closed. docs/adr/0028-closed-eyes.md says how it was chosen."""

_Patches = NDArray[np.float32]
"""float32 (2, 29, 31): the surroundings of both eyes, 1 where they are as light as the skin below them."""

_EYES: Final = ((38, 52), (74, 52))
"""Columns and rows of the eyes in an aligned face of 112x112."""
_ACROSS: Final = 13
_DOWN: Final = 12
"""The surroundings reach so far to each side, and up and down."""
_SHIFT: Final = 2
"""Points of closed eyes are found a little elsewhere: so far is searched, to all sides."""
_OPENING: Final = (slice(8, 18), slice(4, 23))
"""Rows and columns of the surroundings that an open eye lies in."""
_AROUND: Final = np.ones((2 * _DOWN + 1, 2 * _ACROSS + 1), bool)
"""What is neither eye nor lid."""
_AROUND[7:18, 3:24] = False
_SKIN: Final = (slice(9, 16), slice(-9, 10))
"""Rows and columns of the cheek, from the eye."""
_DARKEST: Final = 0.2
"""Share of the opening that counts as the dark part of an eye."""
_LEAST_DARK: Final = 0.05
_MOST_CLOSED: Final = 0.85
"""A line of lashes stays dark in closed eyes: in the photographs of such that there are, .67 is the most."""
_LEAST_ALIKE: Final = 0.6
"""Least correlation of what surrounds an eye with how it looked before."""
_SMOOTHED_PX: Final = 1.0
_GREY: Final = 1e-3


class Eyes:
    """Looks at the eyes of one face. What it keeps of them is overwritten by `wipe`."""

    def __init__(self) -> None:
        self._recent: deque[_Patches] = deque()
        self._open: _Patches | None = None

    def look(self, face: NDArray[np.uint8], *, ahead: bool) -> float:
        """Return how far both eyes are closed: 0 as when they were open, 1 where all that was dark is gone.

        Args:
            face: uint8 (112, 112, 3), BGR, aligned; it is not kept.
            ahead: Whether the person is asked to look ahead, as one does with open eyes. The last few such looks before
                something else is asked are what eyes are compared with from then on.

        Returns:
            The lesser of both eyes, below 0 where they are darker than before; 0 as well where nothing can be said, as
            too much around them has changed.
        """
        patches = _patches(face)
        if not ahead and self._recent:
            _overwrite(self._open)
            self._open = np.asarray(np.median(np.array(self._recent), axis=0), np.float32)
            self._forget_recent()
        closed = min(map(_closed, self._open, patches)) if self._open is not None else 0.0
        if not ahead:
            _overwrite(patches)
        else:
            if len(self._recent) == WINDOW:
                _overwrite(self._recent.popleft())
            self._recent.append(patches)
        return closed

    def wipe(self) -> None:
        """Overwrite what is kept of the face."""
        _overwrite(self._open)
        self._open = None
        self._forget_recent()

    def _forget_recent(self) -> None:
        for patches in self._recent:
            _overwrite(patches)
        self._recent.clear()


def _overwrite(patches: _Patches | None) -> None:
    if patches is not None:
        patches.fill(0)


def _patches(face: NDArray[np.uint8]) -> _Patches:
    grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), _SMOOTHED_PX), np.float32)
    found = []
    for x, y in _EYES:
        rows, columns = _SKIN
        skin = np.median(grey[y + rows.start : y + rows.stop, x + columns.start : x + columns.stop])
        across, down = _ACROSS + _SHIFT, _DOWN + _SHIFT
        found.append(grey[y - down : y + down + 1, x - across : x + across + 1] / max(float(skin), _GREY))
    return np.array(found, np.float32)


def _closed(before: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    """Return how far one eye is closed, 0 where too much around it has changed, or where even its lashes are gone."""
    before = before[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
    scores = np.asarray(cv2.matchTemplate(now, before, cv2.TM_CCOEFF_NORMED))
    row, column = np.unravel_index(np.argmax(scores), scores.shape)
    now = now[row : row + before.shape[0], column : column + before.shape[1]]
    if _correlation(before[_AROUND], now[_AROUND]) < _LEAST_ALIKE:
        return 0.0
    opened, seen = before[_OPENING], now[_OPENING]
    dark = opened <= np.quantile(opened, _DARKEST)
    gone = float(1 - (1 - seen[dark]).mean() / max(float((1 - opened[dark]).mean()), _LEAST_DARK))
    return gone if gone <= _MOST_CLOSED else 0.0


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), _GREY)
