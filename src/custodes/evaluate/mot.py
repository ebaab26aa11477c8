"""MOT metrics, computed by the package `trackeval`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import ConfigError
from custodes.domain.geometry import iou
from custodes.evaluate.extras import scorer

_MATCH = 0.5
"""Overlap from which CLEAR MOT and identity metrics count a match."""
_COLUMNS = 7


@dataclass(frozen=True, slots=True)
class MotScores:
    """How well predicted tracks match true ones, each up to 1.

    Attributes:
        hota: Higher-order tracking accuracy, mean over overlaps of 0.05-0.95.
        deta: Its part for finding objects, mean over the same overlaps.
        assa: Its part for keeping identities, likewise.
        loca: Mean overlap of what was found with the truth.
        mota: Multiple-object tracking accuracy.
        idf1: Identity F1.
        switches: Times a true object changed its predicted id.
    """

    hota: float
    deta: float
    assa: float
    loca: float
    mota: float
    idf1: float
    switches: int


@dataclass(frozen=True, slots=True)
class MotRows:
    """Boxes of a MOT file as columns.

    Attributes:
        frame: int (n,), from 1.
        track_id: int (n,).
        xyxy: float64 (n, 4), pixels.
    """

    frame: NDArray[np.int64]
    track_id: NDArray[np.int64]
    xyxy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)

    def between(self, first: int, last: int) -> "MotRows":
        """Return the rows of frames `first` to `last`."""
        keep = (self.frame >= first) & (self.frame <= last)
        return MotRows(self.frame[keep], self.track_id[keep], self.xyxy[keep])


def read_mot(path: Path) -> MotRows:
    """Read a ground truth in MOT format; rows whose seventh column is 0 are to be ignored, and are.

    Args:
        path: The file, or a folder that holds it as `gt/gt.txt` or `gt.txt`.

    Raises:
        ConfigError: It is not there or not in MOT format.
    """
    files = [path, path / "gt/gt.txt", path / "gt.txt"]
    file = next((one for one in files if one.is_file()), None)
    if file is None:
        raise ConfigError(f"no ground truth at {path}", fix="name a MOT gt.txt, or the folder that holds gt/gt.txt")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        table = np.array([[float(cell) for cell in line.split(",")[:_COLUMNS]] for line in lines if line.strip()])
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} is not in MOT format", why=str(error)) from error
    if not table.size:
        table = np.empty((0, _COLUMNS))
    if table.shape[1] < _COLUMNS - 1 or not np.isfinite(table).all():
        raise ConfigError(f"{file} is not in MOT format", why="a row is not frame, id, left, top, width, height")
    if table.shape[1] == _COLUMNS:
        table = table[table[:, -1] != 0]
    xyxy = np.concatenate([table[:, 2:4], table[:, 2:4] + table[:, 4:6]], axis=1)
    return MotRows(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), xyxy)


def score(truth: MotRows, predicted: MotRows, first: int, last: int) -> MotScores:
    """Score predicted tracks of frames `first` to `last` against the truth.

    Raises:
        ConfigError: The extra `evaluate` is not installed.
    """
    _restore_aliases()
    metrics = scorer("trackeval.metrics")
    data = _as_trackeval(truth.between(first, last), predicted.between(first, last), first, last)
    hota = metrics.HOTA().eval_sequence(data)
    clear = metrics.CLEAR({"THRESHOLD": _MATCH, "PRINT_CONFIG": False}).eval_sequence(data)
    identity = metrics.Identity({"THRESHOLD": _MATCH, "PRINT_CONFIG": False}).eval_sequence(data)
    higher = {name.lower(): float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA", "LocA")}
    return MotScores(**higher, mota=float(clear["MOTA"]), idf1=float(identity["IDF1"]), switches=int(clear["IDSW"]))


def _restore_aliases() -> None:
    """Give numpy the names that it dropped and trackeval 1.3.0 still uses."""
    for name, kind in (("float", float), ("int", int), ("bool", bool)):
        if name not in np.__dict__:
            setattr(np, name, kind)


def _as_trackeval(truth: MotRows, predicted: MotRows, first: int, last: int) -> dict[str, Any]:
    true_ids, true_index = np.unique(truth.track_id, return_inverse=True)
    own_ids, own_index = np.unique(predicted.track_id, return_inverse=True)
    frames = range(first, last + 1)
    true_rows = [np.nonzero(truth.frame == frame)[0] for frame in frames]
    own_rows = [np.nonzero(predicted.frame == frame)[0] for frame in frames]
    return {
        "num_timesteps": len(frames),
        "num_gt_ids": len(true_ids),
        "num_tracker_ids": len(own_ids),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(predicted),
        "gt_ids": [true_index[rows] for rows in true_rows],
        "tracker_ids": [own_index[rows] for rows in own_rows],
        "similarity_scores": [iou(truth.xyxy[a], predicted.xyxy[b]) for a, b in zip(true_rows, own_rows, strict=True)],
    }
