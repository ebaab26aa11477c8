"""How well presentation attack detection tells people from pictures of them, on attacks staged from photos.

Terms are those of ISO/IEC 30107-3. Everything but the way the camera sees a print is real: points are found by what is
shipped, in rendered pictures.
"""

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from custodes.domain.errors import ConfigError
from custodes.evaluate.biometrics import Rate
from custodes.evaluate.extras import scorer
from custodes.evaluate.face_attacks import ATTACKS, BONA_FIDE, FLAT_KINDS, Kind
from custodes.evaluate.face_pairs import photos_by_person, read_closed, read_sides
from custodes.evaluate.folder import make_folder
from custodes.evaluate.liveness_plots import Panel, write_plot
from custodes.evaluate.liveness_stage import Act, Labels, Locator, Part, Stage
from custodes.evaluate.progress import shown
from custodes.perceive.embed import load_locator
from custodes.perceive.pad import LEAST_CLOSED, LEAST_GROWN, LEAST_RELIEF

_FEWEST: Final = 4
"""People, two for each half."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a face has turned, and eyes are closed."""

    relief: float
    closed: float

    def passes(self, act: Act) -> bool:
        """Return whether an act is taken for what was asked for."""
        return act.found >= {Part.TURN: self.relief, Part.EYES: self.closed, Part.CLOSER: LEAST_GROWN}[act.part]


SHIPPED: Final = Limits(LEAST_RELIEF, LEAST_CLOSED)


@dataclass(frozen=True, slots=True)
class LivenessReport:
    """How well people are told from pictures of them.

    Attributes:
        acts: All acts.
        target: Share of turns and of closings of flat pictures that the chosen limits were to let through at most.
        chosen: Those limits, chosen on one half of the people.
        persons: People whose photos were used.
        left_out: Folders of which no photo will do, and why.
    """

    acts: tuple[Act, ...]
    target: float
    chosen: Limits
    persons: int
    left_out: tuple[tuple[str, str], ...]

    def rate(self, kind: Kind, limits: Limits, part: Part) -> Rate:
        """Return how often `kind` was taken for a person who does what is asked, on the measured half."""
        passed: dict[tuple[str, int, int], list[bool]] = {}
        for number, act in enumerate(self.acts):
            if not act.measured or act.kind != kind.name or (part is not act.part and part is not Part.WHOLE):
                continue
            if part is not Part.WHOLE or act.whole:
                key = (act.person, act.attempt, 0 if part is Part.WHOLE else number)
                passed.setdefault(key, []).append(limits.passes(act))
        return Rate(sum(all(one) for one in passed.values()), len(passed))

    def rows(self) -> list[tuple[str, str, str]]:
        """Return measure, value and N, one row each, for people to read."""
        measured = {act.person for act in self.acts if act.measured}
        closing = {act.person for act in self.acts if act.kind == BONA_FIDE.name and act.part is Part.EYES}
        found = [
            ("people of the measured half", str(len(measured)), str(self.persons)),
            ("of them with photos of closed eyes", str(len(closing & measured)), str(len(closing))),
        ]
        for limits, name, how in (
            (SHIPPED, "shipped", "-"),
            (self.chosen, f"chosen for {self.target:g} of flat pictures", "on the other half"),
        ):
            found.append((f"{name}: relief of a turn, closing", f"{limits.relief:.3f}, {limits.closed:.3f}", how))
            for part in Part:
                found += self._rates(f"{name.split()[0]}, {part}", limits, part)
        return [*found, *((f"left out: {one}", why, "1") for one, why in self.left_out)]

    def _rates(self, name: str, limits: Limits, part: Part) -> list[tuple[str, str, str]]:
        passed = self.rate(BONA_FIDE, limits, part)
        missed = Rate(passed.trials - passed.errors, passed.trials)
        attacks = [(kind.title, self.rate(kind, limits, part)) for kind in ATTACKS]
        return [
            (f"{name}: BPCER, {BONA_FIDE.title}", missed.shown(), str(missed.trials)),
            *((f"{name}: APCER, {title}", rate.shown(), str(rate.trials)) for title, rate in attacks),
        ]


def evaluate_liveness(
    root: Path,
    *,
    turned: Path | None = None,
    closed: Path | None = None,
    target: float = 0.01,
    out: Path | None = None,
    locator: Locator | None = None,
) -> LivenessReport:
    """Stage people who do what is asked and attacks with their photos, and measure how often each passes.

    Writes into `out`: `attempts.csv`, a row for each act as `Act` describes it, and `liveness.png`.

    Args:
        root: Folder with a folder of photos for each person.
        turned: CSV with the columns file and side (`left` or `right`, the person's own): photos of turned heads.
            Without it, the photo in which a head is turned farthest to a side counts as turned to it.
        closed: CSV with the columns file and open: photos of closed eyes, and the photo of the same person with open
            eyes that each is like otherwise. Without it, no people who close their eyes are staged.
        target: Share of turns and of closings of flat pictures, 0-1, that the chosen limits let through at most.
        out: Folder for what is written, made where it is missing; None writes nothing.
        locator: What finds faces; by default what is shipped.

    Raises:
        ConfigError: There are no photos of four people that will do, `turned` or `closed` is not what it should be, or
            the extra `evaluate` is not installed and `out` is given.
        ModelError: A model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    if out is not None:
        scorer("matplotlib")
    labels = Labels(read_sides(turned) if turned else None, read_closed(closed) if closed else {})
    people = photos_by_person(root)
    _check(root, len(people))
    make_folder(out)
    stage = Stage(locator or load_locator(), root, labels)
    with ThreadPoolExecutor(psutil.cpu_count(logical=False) or 1) as pool:
        jobs = [(number, name, files) for number, (name, files) in enumerate(people.items())]
        found = list(shown(pool.map(lambda job: stage.acts(*job), jobs), "Staging", len(jobs)))
    acts = tuple(act for one in found if not isinstance(one, str) for act in one)
    left_out = tuple((name, one) for name, one in zip(people, found, strict=True) if isinstance(one, str))
    _check(root, len(people) - len(left_out))
    chosen = Limits(_threshold(acts, Part.TURN, target), _threshold(acts, Part.EYES, target))
    report = LivenessReport(acts, target, chosen, len(people) - len(left_out), left_out)
    if out is not None:
        _write(report, out / "attempts.csv")
        write_plot(out / "liveness.png", _panels(report))
    return report


def _check(root: Path, people: int) -> None:
    if people < _FEWEST:
        raise ConfigError(
            f"{root} has no photos of {_FEWEST} people that will do",
            why=f"it has such of {people}",
            fix="give a folder with a folder for each person, each with a photo from the front",
        )


def _threshold(acts: Sequence[Act], part: Part, target: float) -> float:
    """Return the least limit that at most `target` of the acts of flat pictures on the other half reach."""
    flat = {kind.name for kind in FLAT_KINDS}
    found = np.sort([act.found for act in acts if not act.measured and act.kind in flat and act.part is part])
    if not len(found):
        return 1.0
    return float(np.nextafter(max(found[len(found) - 1 - int(target * len(found))], 0.0), 1.0))


def _panels(report: LivenessReport) -> list[Panel]:
    limits = {Part.TURN: (LEAST_RELIEF, report.chosen.relief), Part.EYES: (LEAST_CLOSED, report.chosen.closed)}
    about = {Part.TURN: "relief, distances between the eyes", Part.EYES: "share of the eyes' darkness that is gone"}
    return [
        Panel(
            f"{part}"[0].upper() + f"{part}"[1:],
            about[part],
            [
                (
                    kind.title,
                    np.array(
                        [
                            act.found
                            for act in report.acts
                            if act.kind == kind.name and act.measured and act.part is part
                        ]
                    ),
                )
                for kind in (BONA_FIDE, *ATTACKS)
            ],
            *limits[part],
        )
        for part in limits
    ]


def _write(report: LivenessReport, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("person", "half", "kind", "attempt", "asked", "found", "whole"))
        for act in report.acts:
            half = "measured" if act.measured else "chosen on"
            row = (act.person, half, act.kind, act.attempt, act.asked.value, f"{act.found:.6f}", int(act.whole))
            writer.writerow(row)
