"""How well faces are compared: the whole path from a picture to a score, with what is shipped by default."""

import csv
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import psutil
from numpy.typing import NDArray

from custodes.domain.errors import CaptureError, ConfigError
from custodes.evaluate.biometrics import FAILED, ErrorRates, Rate, Scores
from custodes.evaluate.extras import scorer
from custodes.evaluate.face_pairs import PairList, identity_pairs, read_groups, read_pairs
from custodes.evaluate.face_plots import write_page
from custodes.evaluate.folder import make_folder
from custodes.evaluate.identification import SearchRates, search_rates
from custodes.evaluate.progress import shown
from custodes.perceive.embed import MATCH_COSINE, aligned, load_embedder, load_locator, load_photo

Rows = list[tuple[str, str, str]]
_FARS = (1e-2, 1e-3)
_SHOW = 10
"""Failures to enrol shown by name; `failures.csv` has them all."""


class Reader(Protocol):
    """Turns the face of a photo into an embedding."""

    def read(self, path: Path) -> NDArray[np.float32]:
        """Return float32 (d,) of length 1.

        Raises:
            CaptureError: There is no face in it, or it is no picture.
        """
        ...


class FaceReader:
    """The default path: locate, align, embed. Thread-safe."""

    def __init__(self) -> None:
        self._locator = load_locator(thorough=True)
        self._embedder = load_embedder()

    def read(self, path: Path) -> NDArray[np.float32]:
        """Return the embedding of the face that the photo at `path` is of.

        Raises:
            CaptureError: There is no face in it, or it is no picture.
            ModelError: A model failed.
        """
        bgr = load_photo(path)
        faces = self._locator.locate(bgr)
        if not len(faces.found):
            raise CaptureError("no face was found")
        return np.asarray(self._embedder.embed(aligned(bgr, faces.points[0])[None])[0], np.float32)


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Error rates within one group, at the threshold chosen for all.

    Attributes:
        name: As the user's file says.
        failures: Pictures of the group that could not be enrolled; None where only pairs have groups.
        rates: Of the pairs of which both pictures are of the group.
    """

    name: str
    failures: Rate | None
    rates: ErrorRates


@dataclass(frozen=True, slots=True)
class FacesReport:
    """How well faces were compared.

    Attributes:
        pairs: What was compared.
        score: float32 (n,), cosine of each pair, -1 where a picture could not be enrolled.
        failures: File and reason of each picture that could not be enrolled.
        target_fmr: False match rate that the threshold was chosen for.
        chosen: Error rates at that threshold.
        default: Error rates at the threshold that is shipped.
        groups: Error rates within each group, as the user named them.
        searches: Error rates of 1:N searches.
    """

    pairs: PairList
    score: NDArray[np.float32]
    failures: tuple[tuple[str, str], ...]
    target_fmr: float
    chosen: ErrorRates
    default: ErrorRates
    groups: tuple[GroupRates, ...]
    searches: tuple[SearchRates, ...]

    @property
    def scores(self) -> Scores:
        """Return the scores of mated and non-mated pairs."""
        return Scores.of(self.score, self.pairs.same)

    def rows(self) -> Rows:
        """Return measure, value and N, one row each, for people to read."""
        return [*self._overview(), *self._thresholds(), *self._by_group(), *self._by_gallery(), *self._failed()]

    def _overview(self) -> Rows:
        scores, pictures = self.scores, len(self.pairs.files)
        accuracy, at = scores.accuracy()
        pairs = f"{len(scores.mated)} mated, {len(scores.non_mated)} non-mated pairs"
        rows = [
            ("failures to enrol", Rate(len(self.failures), pictures).shown(), f"{pictures} pictures"),
            (f"best accuracy, at {at:.3f} chosen on these pairs", f"{accuracy:.4f}", pairs),
            ("equal error rate", f"{scores.equal_error():.4f}", pairs),
        ]
        for far in _FARS:
            rates = scores.at(scores.threshold_for(far))
            hits = Rate(rates.fnmr.trials - rates.fnmr.errors, rates.fnmr.trials)
            rows.append((f"TAR at FAR {far:g}, threshold {rates.threshold:.3f}", hits.shown(), pairs))
        return rows

    def _thresholds(self) -> Rows:
        rows = []
        for name, rates in (
            (f"threshold {self.chosen.threshold:.3f}, for FMR {self.target_fmr:g}", self.chosen),
            (f"threshold {self.default.threshold:.3f}, the default", self.default),
        ):
            rows.append((f"{name}: FMR", rates.fmr.shown(), f"{rates.fmr.trials} non-mated pairs"))
            rows.append((f"{name}: FNMR", rates.fnmr.shown(), f"{rates.fnmr.trials} mated pairs"))
        if self.target_fmr * self.chosen.fmr.trials < 1:
            rows.append(
                (f"FMR {self.target_fmr:g} cannot be shown", "too few non-mated pairs", str(self.chosen.fmr.trials))
            )
        return rows

    def _by_group(self) -> Rows:
        rows = []
        for group in self.groups:
            if group.failures is not None:
                pictures = f"{group.failures.trials} pictures"
                rows.append((f"group {group.name}: failures to enrol", group.failures.shown(), pictures))
            for name, rate, kind in (
                ("FMR", group.rates.fmr, "non-mated"),
                ("FNMR", group.rates.fnmr, "mated"),
            ):
                at = f"{name} at {group.rates.threshold:.3f}"
                rows.append((f"group {group.name}: {at}", rate.shown(), f"{rate.trials} {kind} pairs"))
        return rows

    def _by_gallery(self) -> Rows:
        if self.pairs.person is None:
            return [("1:N", "not measured: pictures are not in a folder for each person", "-")]
        if not self.searches:
            return [("1:N", "not measured: it takes six people", "-")]
        return [
            (f"1:{one.gallery} at {one.threshold:.3f}: {name}", rate.shown(), f"{rate.trials} searches")
            for one in self.searches
            for name, rate in (("FPIR", one.fpir), ("FNIR", one.fnir))
        ]

    def _failed(self) -> Rows:
        rows = [(f"not enrolled: {file}", reason, "1") for file, reason in self.failures[:_SHOW]]
        if len(self.failures) > _SHOW:
            reasons = Counter(reason for _, reason in self.failures[_SHOW:])
            rows.append(("not enrolled: others", "; ".join(reasons), str(sum(reasons.values()))))
        return rows


def evaluate_faces(
    *,
    pairs: Path | None = None,
    root: Path | None = None,
    identities: Path | None = None,
    groups: Path | None = None,
    target_fmr: float = 1e-3,
    out: Path | None = None,
    reader: Reader | None = None,
) -> FacesReport:
    """Embed every picture once, compare the pairs, and measure.

    Writes into `out`: `scores.csv` (a, b, same, score; -1 where a picture could not be enrolled), `failures.csv` (file,
    reason), `det.png`, `scores.png`, and `report.html`, which holds both and the table.

    Args:
        pairs: CSV with the columns a, b, same, and perhaps group.
        root: Folder that their paths begin in; by default the folder of `pairs`.
        identities: Instead: folder with a folder for each person.
        groups: CSV with the columns file and group.
        target_fmr: False match rate, 0-1, that a threshold is chosen for from these non-mated pairs.
        out: Folder for what is written, made where it is missing; None writes nothing.
        reader: What embeds pictures; by default what is shipped.

    Raises:
        ConfigError: Not exactly one of `pairs` and `identities` is given, a file is not what it should be, pictures are
            missing, or the extra `evaluate` is not installed and `out` is given.
        ModelError: A model cannot be had or does not run.
        StoreError: `out` cannot be written into.
    """
    listed, folder = _listed(pairs, root, identities)
    make_folder(out)
    group = read_groups(groups, listed.files) if groups else None
    if out is not None:
        scorer("matplotlib")
    embeddings, failures = embed_all(reader or FaceReader(), [folder / file for file in listed.files])
    report = _report(listed, embeddings, failures, group, target_fmr)
    if out is not None:
        _write_raw(report, out)
        write_page(out, report.scores, report.chosen, report.default, report.rows())
    return report


def _listed(pairs: Path | None, root: Path | None, identities: Path | None) -> tuple[PairList, Path]:
    if pairs is not None and identities is None:
        folder = root or pairs.parent
        return read_pairs(pairs, folder), folder
    if identities is not None and pairs is None and root is None:
        return identity_pairs(identities), identities
    raise ConfigError(
        "it is not clear what to compare", fix="give --pairs, with --root where needed, or else --identities alone"
    )


def embed_all(reader: Reader, paths: Sequence[Path]) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Return the embeddings (n, d) of pictures, zero for those that could not be enrolled, and why by their numbers.

    Raises:
        ModelError: A model failed.
    """

    def read(path: Path) -> NDArray[np.float32] | str:
        try:
            return reader.read(path)
        except CaptureError as error:
            return error.why or error.what

    with ThreadPoolExecutor(psutil.cpu_count(logical=False) or 1) as pool:
        found = list(shown(pool.map(read, paths), "Embedding", len(paths)))
    failures = {number: one for number, one in enumerate(found) if isinstance(one, str)}
    rows = [one for one in found if not isinstance(one, str)]
    embeddings = np.zeros((len(paths), rows[0].shape[0] if rows else 1), np.float32)
    for number, one in enumerate(found):
        if not isinstance(one, str):
            embeddings[number] = one
    return embeddings, failures


def _report(
    pairs: PairList,
    embeddings: NDArray[np.float32],
    failures: dict[int, str],
    group: tuple[str, ...] | None,
    target_fmr: float,
) -> FacesReport:
    enrolled = np.ones(len(pairs.files), bool)
    enrolled[list(failures)] = False
    score = np.einsum("ij,ij->i", embeddings[pairs.a], embeddings[pairs.b])
    score = np.where(enrolled[pairs.a] & enrolled[pairs.b], score, FAILED).astype(np.float32)
    scores = Scores.of(score, pairs.same)
    chosen = scores.at(scores.threshold_for(target_fmr))
    searches: list[SearchRates] = []
    if pairs.person is not None:
        searches = search_rates(embeddings, enrolled, pairs.person, (chosen.threshold, MATCH_COSINE))
    return FacesReport(
        pairs=pairs,
        score=score,
        failures=tuple((pairs.files[number], reason) for number, reason in failures.items()),
        target_fmr=target_fmr,
        chosen=chosen,
        default=scores.at(MATCH_COSINE),
        groups=tuple(_groups(pairs, score, enrolled, group, chosen.threshold)),
        searches=tuple(searches),
    )


def _groups(
    pairs: PairList,
    score: NDArray[np.float32],
    enrolled: NDArray[np.bool_],
    group: tuple[str, ...] | None,
    threshold: float,
) -> list[GroupRates]:
    of_file = np.array(group) if group else None
    if of_file is not None:
        of_pair = np.where(of_file[pairs.a] == of_file[pairs.b], of_file[pairs.a], "")
    else:
        of_pair = np.array(pairs.group or [""] * len(score))
    found = []
    for name in np.unique(of_file if of_file is not None else of_pair).tolist():
        if name:
            mine = of_pair == name
            failures = None
            if of_file is not None:
                failures = Rate(int((~enrolled[of_file == name]).sum()), int((of_file == name).sum()))
            rates = Scores.of(score[mine], pairs.same[mine]).at(threshold)
            found.append(GroupRates(name, failures, rates))
    return found


def _write_raw(report: FacesReport, out: Path) -> None:
    pairs = report.pairs
    with (out / "scores.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("a", "b", "same", "score"))
        rows = zip(pairs.a.tolist(), pairs.b.tolist(), pairs.same.tolist(), report.score.tolist(), strict=True)
        writer.writerows((pairs.files[a], pairs.files[b], int(same), f"{score:.6f}") for a, b, same, score in rows)
    with (out / "failures.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "reason"))
        writer.writerows(report.failures)
