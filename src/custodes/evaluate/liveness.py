"""How well presentation attack detection tells people from pictures of them, on attacks staged from photos.

Terms are those of ISO/IEC 30107-3. Everything but the way the camera sees a print is real: points are found by what is
shipped, in rendered pictures.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import psutil
from numpy.typing import NDArray

from custodes.domain.errors import CaptureError, ConfigError
from custodes.evaluate.biometrics import Rate
from custodes.evaluate.extras import scorer
from custodes.evaluate.face_attacks import ATTACKS, BONA_FIDE, FLAT_KINDS, Kind, Photos
from custodes.evaluate.face_pairs import photos_by_person, read_sides
from custodes.evaluate.folder import make_folder
from custodes.evaluate.liveness_plots import write_plot
from custodes.evaluate.progress import shown
from custodes.evaluate.staging import Picture, Pose, printed, seen
from custodes.perceive.embed import PointedFaces, load_locator, load_photo
from custodes.perceive.pad import LEAST_RELIEF, TURNS, WINDOW, Side, parallax, reference

ATTEMPTS: Final = 3
"""Attempts of each kind with each person's photos, each of as many turns as a challenge has."""
_FEWEST: Final = 4
"""People, two for each half."""
UNSEEN: Final = -1.0
"""Relief of a turn in which no face was seen often enough."""


class Locator(Protocol):
    """Finds faces and their points, as `FaceLocator` does."""

    def locate(self, bgr: Picture) -> PointedFaces:
        """Return the faces in a picture (h, w, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn that was asked for.

    Attributes:
        person: Whose photos; name of their folder.
        measured: Whether the person is of the half that is measured; else of the one that a threshold is chosen on.
        kind: Name of what was presented.
        attempt: Number of the attempt.
        asked: Where to turn to.
        relief: The largest median relief of `WINDOW` sights in a row towards that side, `UNSEEN` where there is none.
    """

    person: str
    measured: bool
    kind: str
    attempt: int
    asked: Side
    relief: float


@dataclass(frozen=True, slots=True)
class LivenessReport:
    """How well people are told from pictures of them.

    Attributes:
        turns: All turns.
        target: Share of turns of flat pictures that a threshold was to let through at most.
        chosen: That threshold, chosen on one half of the people.
        persons: People whose photos were used.
        left_out: Folders of which no photo will do, and why.
    """

    turns: tuple[Turn, ...]
    target: float
    chosen: float
    persons: int
    left_out: tuple[tuple[str, str], ...]

    def rate(self, kind: Kind, threshold: float, *, whole: bool) -> Rate:
        """Return how often `kind` was taken for a person who turned, on the measured half.

        Args:
            kind: What was presented.
            threshold: Relief from which a face has turned.
            whole: Of whole challenges; else of single turns.
        """
        passed: dict[tuple[str, int, int], list[bool]] = {}
        for number, turn in enumerate(self.turns):
            if turn.measured and turn.kind == kind.name:
                key = (turn.person, turn.attempt, 0 if whole else number)
                passed.setdefault(key, []).append(turn.relief >= threshold)
        return Rate(sum(all(one) for one in passed.values()), len(passed))

    def rows(self) -> list[tuple[str, str, str]]:
        """Return measure, value and N, one row each, for people to read."""
        found = [
            (f"threshold for {self.target:g} of turns of flat pictures", f"{self.chosen:.3f}", "on the other half"),
            ("threshold shipped", f"{LEAST_RELIEF:.3f}", "-"),
        ]
        for threshold, name in ((LEAST_RELIEF, "shipped"), (self.chosen, "chosen")):
            for whole, what in ((False, "a turn"), (True, f"{TURNS} turns")):
                passed = self.rate(BONA_FIDE, threshold, whole=whole)
                missed = Rate(passed.trials - passed.errors, passed.trials)
                found.append((f"{name}, {what}: BPCER, {BONA_FIDE.title}", missed.shown(), str(missed.trials)))
                for kind in ATTACKS:
                    rate = self.rate(kind, threshold, whole=whole)
                    found.append((f"{name}, {what}: APCER, {kind.title}", rate.shown(), str(rate.trials)))
        measured = len({turn.person for turn in self.turns if turn.measured})
        left_out = [(f"left out: {one}", why, "1") for one, why in self.left_out]
        return [("people of the measured half", str(measured), str(self.persons)), *found, *left_out]


def evaluate_liveness(
    root: Path,
    *,
    turned: Path | None = None,
    target: float = 0.01,
    out: Path | None = None,
    locator: Locator | None = None,
) -> LivenessReport:
    """Stage people who turn and attacks with their photos, and measure how often each passes.

    Writes into `out`: `attempts.csv`, a row for each turn as `Turn` describes it, and `liveness.png`.

    Args:
        root: Folder with a folder of photos for each person.
        turned: CSV with the columns file and side (`left` or `right`, the person's own): photos of turned heads.
            Without it, the photo in which a head is turned farthest to a side counts as turned to it.
        target: Share of turns of flat pictures, 0-1, that the chosen threshold lets through at most.
        out: Folder for what is written, made where it is missing; None writes nothing.
        locator: What finds faces; by default what is shipped.

    Raises:
        ConfigError: There are no photos of four people that will do, `turned` is not what it should be, or the extra
            `evaluate` is not installed and `out` is given.
        ModelError: A model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    if out is not None:
        scorer("matplotlib")
    sides = read_sides(turned) if turned else None
    people = photos_by_person(root)
    _check(root, len(people))
    make_folder(out)
    stage = _Stage(locator or load_locator(), root, sides)
    with ThreadPoolExecutor(psutil.cpu_count(logical=False) or 1) as pool:
        jobs = [(number, name, files) for number, (name, files) in enumerate(people.items())]
        found = list(shown(pool.map(lambda job: stage.turns(*job), jobs), "Staging", len(jobs)))
    turns = tuple(turn for one in found if not isinstance(one, str) for turn in one)
    left_out = tuple((name, one) for name, one in zip(people, found, strict=True) if isinstance(one, str))
    _check(root, len(people) - len(left_out))
    report = LivenessReport(turns, target, _threshold(turns, target), len(people) - len(left_out), left_out)
    if out is not None:
        _write(report, out / "attempts.csv")
        write_plot(out / "liveness.png", _by_kind(report), report.chosen)
    return report


def _check(root: Path, people: int) -> None:
    if people < _FEWEST:
        raise ConfigError(
            f"{root} has no photos of {_FEWEST} people that will do",
            why=f"it has such of {people}",
            fix="give a folder with a folder for each person, each with a photo from the front",
        )


def _threshold(turns: Sequence[Turn], target: float) -> float:
    """Return the least threshold that at most `target` of the turns of flat pictures on the other half reach."""
    flat = {kind.name for kind in FLAT_KINDS}
    reliefs = np.sort([turn.relief for turn in turns if not turn.measured and turn.kind in flat])
    allowed = int(target * len(reliefs))
    return float(np.nextafter(max(reliefs[len(reliefs) - 1 - allowed], 0.0), 1.0))


def _by_kind(report: LivenessReport) -> list[tuple[str, NDArray[np.float64]]]:
    return [
        (kind.title, np.array([turn.relief for turn in report.turns if turn.kind == kind.name and turn.measured]))
        for kind in (BONA_FIDE, *ATTACKS)
    ]


def _write(report: LivenessReport, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("person", "half", "kind", "attempt", "asked", "relief"))
        for turn in report.turns:
            half = "measured" if turn.measured else "chosen on"
            row = (turn.person, half, turn.kind, turn.attempt, turn.asked.value, f"{turn.relief:.6f}")
            writer.writerow(row)


class _Stage:
    """Stages everything of one person. Threads may share it."""

    def __init__(self, locator: Locator, root: Path, sides: dict[str, Side] | None) -> None:
        self._locator = locator
        self._root = root
        self._sides = sides

    def turns(self, number: int, person: str, files: Sequence[str]) -> list[Turn] | str:
        """Return the turns with the photos of a person, or why there are none."""
        rng = np.random.default_rng(number)
        photos = self._photos(files, rng)
        if photos is None:
            return "no photo from the front was found"
        found = []
        for kind in (BONA_FIDE, *ATTACKS):
            for attempt in range(ATTEMPTS):
                for asked, relief in self._attempt(kind, photos, rng):
                    found.append(Turn(person, number % 2 == 1, kind.name, attempt, asked, relief))
        return found

    def _attempt(self, kind: Kind, photos: Photos, rng: np.random.Generator) -> Iterator[tuple[Side, float]]:
        """Yield the turns of one attempt, and their relief; none where there is no photo of what is to be shown."""
        first = Side.LEFT if rng.integers(2) else Side.RIGHT
        other = Side.RIGHT if first is Side.LEFT else Side.LEFT
        asked = [Side.LEFT if one else Side.RIGHT for one in rng.integers(0, 2, TURNS)]
        if kind.shows is not None:
            needed = {kind.shows(one, shows) for one, shows in zip(asked, (first, other), strict=True)}
            if not needed <= photos.turned.keys():
                return
        facing = list(self._points(kind.ahead(photos, rng)))
        for one, shows in zip(asked, (first, other), strict=True):
            now = list(self._points(kind.views(photos, one, shows, rng)))
            yield one, _relief(facing, now, one)

    def _points(self, pictures: Iterable[Picture]) -> Iterator[NDArray[np.float32]]:
        for picture in pictures:
            faces = self._locator.locate(picture)
            if len(faces.found):
                yield faces.points[0]

    def _photos(self, files: Sequence[str], rng: np.random.Generator) -> Photos | None:
        """Return prints of a person: of the photo in the middle between those turned to either side, and of these."""
        prints = {}
        for file in files:
            if (found := self._print(file)) is not None:
                prints[file] = found
        points = {
            file: one
            for file, picture in prints.items()
            if (one := next(self._points([seen(picture, Pose(), rng)]), None)) is not None
        }
        facing = [file for file in points if self._sides is None or file not in self._sides]
        if not facing:
            return None
        ahead = sorted(facing, key=lambda file: _yaw(points[file]))[len(facing) // 2]
        return Photos(prints[ahead], {side: prints[file] for side, file in self._turned(points, ahead, rng).items()})

    def _turned(self, points: dict[str, NDArray[np.float32]], ahead: str, rng: np.random.Generator) -> dict[Side, str]:
        found = {}
        for side in Side:
            if self._sides is not None:
                named = [file for file in points if self._sides.get(file) is side]
                if named:
                    found[side] = named[int(rng.integers(len(named)))]
            else:
                found[side] = max(points, key=lambda file: _relief([points[ahead]], [points[file]] * WINDOW, side))
        return found

    def _print(self, file: str) -> Picture | None:
        try:
            photo = load_photo(self._root / file)
        except CaptureError:
            return None
        faces = self._locator.locate(photo)
        return printed(photo, faces.found.xyxy[0]) if len(faces.found) else None


def _relief(facing: Sequence[NDArray[np.float32]], now: Sequence[NDArray[np.float32]], asked: Side) -> float:
    if not facing or len(now) < WINDOW:
        return UNSEEN
    before = reference(facing)
    towards = [found.towards(asked) for one in now if (found := parallax(before, one)) is not None]
    if len(towards) < WINDOW:
        return UNSEEN
    return float(np.median(np.lib.stride_tricks.sliding_window_view(towards, WINDOW), axis=1).max())


def _yaw(points: NDArray[np.float32]) -> float:
    """Return how far the tip of the nose lies beside the middle of the other points, in distances between the eyes."""
    left, right, nose, *mouth = points.astype(np.float64)
    across = right - left
    middle = (left + right + np.sum(mouth, axis=0)) / 4
    return float((nose - middle) @ across / max(float(across @ across), 1e-6))
