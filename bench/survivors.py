"""What the strongest face search still finds in redacted videos, with pictures.

    python bench/survivors.py ORIGINAL REDACTED --out FOLDER

Runs YuNet and CenterFace at twice the size over every picture of REDACTED. Finds of which more than half differs from
ORIGINAL are masks that look like a face to a detector (`blobs-N.png`); the others may be faces that survived
(`survivors-N.png`). Both are to be looked at by a person. Prints JSON and writes it to `finds.json`.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.perceive.detect import FaceDetectors, load_face_detectors
from custodes.redact.stills import strongest_union

CHANGED = 10
"""Luma difference from which a pixel counts as masked; coding noise is smaller once blurred."""
CROP_PX = 128
PER_ROW = 10
PER_SHEET = 100

Bgr = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("original", type=Path)
    parser.add_argument("redacted", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="look at every n-th picture")
    parser.add_argument("--score", type=float, default=0.0, help="leave out finds below this score")
    given = parser.parse_args()
    result = audit(given.original, given.redacted, given.out, load_face_detectors(), given.every, given.score)
    print(json.dumps(result, indent=1))


def audit(  # noqa: PLR0917
    original: Path, redacted: Path, out: Path, faces: FaceDetectors, every: int = 1, score: float = 0.0
) -> dict[str, Any]:
    """Search every `every`-th picture of `redacted`; write crops into `out` and return the finds as a dict."""
    survivors: list[dict[str, Any]] = []
    blobs: list[dict[str, Any]] = []
    crops: dict[str, list[Bgr]] = {"survivors": [], "blobs": []}
    pictures = blank = 0
    for number, (before, after) in enumerate(pairs(original, redacted)):
        if number % every:
            continue
        pictures += 1
        if int(after.max()) - int(after.min()) < CHANGED:
            blank += 1
            continue
        changed = differs(before, after)
        found = strongest_union(faces, after)
        for box, value in zip(found.xyxy, found.score, strict=True):
            if value < score:
                continue
            left, top, right, bottom = np.clip(np.rint(box), 0, [*after.shape[1::-1]] * 2).astype(int)
            inside = changed[top:bottom, left:right]
            masked = float(inside.mean()) if inside.size else 1.0
            row = {"picture": number, "box": [int(side) for side in (left, top, right, bottom)]}
            row |= {"score": round(float(value), 2), "masked": round(masked, 2)}
            (blobs if masked > 0.5 else survivors).append(row)
            crops["blobs" if masked > 0.5 else "survivors"].append(crop(after, box, row))
    out.mkdir(parents=True, exist_ok=True)
    for name, parts in crops.items():
        for first in range(0, len(parts), PER_SHEET):
            cv2.imwrite(str(out / f"{name}-{first // PER_SHEET + 1}.png"), sheet(parts[first : first + PER_SHEET]))
    counts = {"pictures": pictures, "blank": blank, "survivors": len(survivors), "blobs": len(blobs)}
    result = {"video": original.name, **counts, "found": survivors, "masked": blobs}
    (out / "finds.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def pairs(original: Path, redacted: Path) -> Iterator[tuple[Bgr, Bgr]]:
    """Yield each picture of `redacted` with that of `original` nearest in time."""
    with av.open(original) as first, av.open(redacted) as second:
        before = timed(first)
        time, picture = next(before)
        following = next(before, None)
        for now, after in timed(second):
            while following is not None and abs(following[0] - now) <= abs(time - now):
                time, picture = following
                following = next(before, None)
            if picture.shape != after.shape:
                picture = np.asarray(cv2.resize(picture, after.shape[1::-1]), np.uint8)
            yield picture, after


def timed(container: Any) -> Iterator[tuple[float, Bgr]]:
    start = None
    for frame in container.decode(video=0):
        start = frame.time if start is None else start
        yield frame.time - start, frame.to_ndarray(format="bgr24")


def differs(before: Bgr, after: Bgr) -> NDArray[np.bool_]:
    """Return where (h, w) the pictures differ by more than coding noise."""
    grey = [cv2.blur(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), (3, 3)).astype(int) for one in (before, after)]
    changed = (np.abs(grey[0] - grey[1]) >= CHANGED).astype(np.uint8)
    return cv2.dilate(changed, np.ones((7, 7), np.uint8)) > 0


def crop(picture: Bgr, box: NDArray[np.float32], row: dict[str, Any]) -> Bgr:
    """Return the surroundings of `box`, twice its size, with its number and score."""
    reach = int(max(box[2] - box[0], box[3] - box[1])) + 2
    x, y = int(box[0] + box[2]) // 2, int(box[1] + box[3]) // 2
    padded = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    part = cv2.resize(padded[y : y + 2 * reach, x : x + 2 * reach], (CROP_PX, CROP_PX))
    label = f"{row['picture']}: {row['score']}"
    cv2.putText(part, label, (2, CROP_PX - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 255, 255), 1)
    return np.asarray(part, np.uint8)


def sheet(parts: list[Bgr]) -> Bgr:
    """Return crops in rows as one picture."""
    chosen = parts + [np.zeros_like(parts[0])] * (-len(parts) % PER_ROW)
    rows = [np.hstack(chosen[i : i + PER_ROW]) for i in range(0, len(chosen), PER_ROW)]
    return np.asarray(np.vstack(rows), np.uint8)


if __name__ == "__main__":
    main()
