"""What people count with tracks: who is there, and who crosses a line."""

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.mot import MotRows

_MARGIN = 0.1
"""An object is on a side of a line once its foot point is so many box heights away from it: who stands on the line
does not cross it with every sway of the box."""


def occupancy(rows: MotRows, first: int, last: int) -> float:
    """Return the mean number of objects in frames `first` to `last`."""
    return len(rows.between(first, last)) / (last - first + 1)


def crossings(rows: MotRows, axis: str, at_px: float) -> tuple[int, int]:
    """Count how often objects cross the whole line x = `at_px` or y = `at_px`.

    A crossing is counted between two frames in which the foot point, the middle of the box's lower edge, is clear of
    the line, on different sides.

    Args:
        rows: Tracks.
        axis: `x` or `y`.
        at_px: Where the line is, pixels.

    Returns:
        Crossings towards larger and towards smaller coordinates.
    """
    left, top, right, bottom = rows.xyxy.T
    distance = ((left + right) / 2 if axis == "x" else bottom) - at_px
    clear = np.abs(distance) >= _MARGIN * (bottom - top)
    side = np.where(clear, np.sign(distance), 0)
    turns = np.concatenate([_turns(rows, side, track_id) for track_id in np.unique(rows.track_id)] or [np.empty(0)])
    return int((turns > 0).sum()), int((turns < 0).sum())


def _turns(rows: MotRows, side: NDArray[np.float64], track_id: int) -> NDArray[np.float64]:
    """Return the changes of side, +2 or -2, of one track in the order of its frames."""
    mine = np.nonzero((rows.track_id == track_id) & (side != 0))[0]
    return np.diff(side[mine[np.argsort(rows.frame[mine], kind="stable")]])
