"""The figures of a comparison of faces as pictures, and as one page that needs nothing else."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from custodes.evaluate.biometrics import FAILED, ErrorRates, Scores
from custodes.evaluate.extras import scorer

_DPI: Final = 110
_BINS: Final = 80
_MATED, _NON_MATED, _THRESHOLD = "#1b6ca8", "#c8553d", "#444444"


def write_page(
    out: Path, scores: Scores, chosen: ErrorRates, default: ErrorRates, rows: Sequence[tuple[str, str, str]]
) -> None:
    """Write `det.png`, `scores.png`, and `report.html` with both and a table.

    Args:
        out: Folder.
        scores: Of the pairs.
        chosen: Threshold chosen from these pairs, and what it does.
        default: The same of the threshold that is shipped.
        rows: Measure, value and N.

    Raises:
        ConfigError: The extra `evaluate` is not installed.
    """
    _save(out / "det.png", lambda axes: _det(axes, scores, chosen, default))
    _save(out / "scores.png", lambda axes: _histogram(axes, scores, chosen, default))
    pictures = {name: base64.b64encode((out / f"{name}.png").read_bytes()).decode() for name in ("det", "scores")}
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("faces.html").render(rows=rows, pictures=pictures)
    (out / "report.html").write_text(page, encoding="utf-8")


def _save(path: Path, draw: Callable[[Any], None]) -> None:
    figure = scorer("matplotlib.figure").Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.grid(visible=True, which="both", alpha=0.25)
    figure.savefig(path, dpi=_DPI)


def _det(axes: Any, scores: Scores, chosen: ErrorRates, default: ErrorRates) -> None:
    fmr, fnmr = scores.det()
    least_x, least_y = 0.5 / max(len(scores.non_mated), 1), 0.5 / max(len(scores.mated), 1)
    axes.step(np.maximum(fmr, least_x), np.maximum(fnmr, least_y), where="post", color=_MATED)
    for rates, marker, name in ((chosen, "o", "chosen"), (default, "s", "default")):
        x, y = max(rates.fmr.share, least_x), max(rates.fnmr.share, least_y)
        axes.plot(x, y, marker, color=_THRESHOLD, label=f"{name}: {rates.threshold:.3f}")
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(least_x, 1),
        ylim=(least_y, 1),
        xlabel=f"false match rate, {len(scores.non_mated)} non-mated pairs",
        ylabel=f"false non-match rate, {len(scores.mated)} mated pairs",
        title="Detection error trade-off (edge: none counted)",
    )
    axes.legend()


def _histogram(axes: Any, scores: Scores, chosen: ErrorRates, default: ErrorRates) -> None:
    for values, colour, name in ((scores.non_mated, _NON_MATED, "non-mated"), (scores.mated, _MATED, "mated")):
        real = values[values > FAILED]
        weights = np.full(len(real), 1 / max(len(values), 1))
        label = f"{name}: {len(values)} pairs, {len(values) - len(real)} not enrolled"
        axes.hist(real, bins=_BINS, range=(-0.4, 1.0), weights=weights, color=colour, alpha=0.6, label=label)
    for rates, style, name in ((chosen, "-", "chosen"), (default, "--", "default")):
        axes.axvline(rates.threshold, color=_THRESHOLD, linestyle=style, label=f"{name}: {rates.threshold:.3f}")
    axes.set(xlabel="cosine", ylabel="share of its kind of pair", title="Scores")
    axes.legend()
