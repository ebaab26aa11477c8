"""How what people do who are asked lies beside what pictures of them do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.extras import scorer

_DPI: Final = 110
_PEOPLE, _ATTACK, _THRESHOLD = "#1b6ca8", "#c8553d", "#444444"


@dataclass(frozen=True, slots=True)
class Panel:
    """What is measured of one part of a challenge.

    Attributes:
        title: The part.
        measure: What is measured.
        found: What was presented, and what is found of its acts (n,).
        shipped: Limit that is shipped.
        chosen: Limit chosen on the other half of the people.
    """

    title: str
    measure: str
    found: Sequence[tuple[str, NDArray[np.float64]]]
    shipped: float
    chosen: float


def write_plot(path: Path, panels: Sequence[Panel]) -> None:
    """Write a picture with a row of points for each kind of presentation, that of people first, in each panel.

    Args:
        path: PNG file.
        panels: One below the other.

    Raises:
        ConfigError: The extra `evaluate` is not installed.
    """
    figure = scorer("matplotlib.figure").Figure(figsize=(9, 5 * len(panels)), layout="constrained")
    rng = np.random.default_rng(0)
    for number, panel in enumerate(panels):
        _draw(figure.add_subplot(len(panels), 1, number + 1), panel, rng)
    figure.savefig(path, dpi=_DPI)


def _draw(axes: Any, panel: Panel, rng: np.random.Generator) -> None:
    rows = len(panel.found)
    for number, (_, values) in enumerate(panel.found):
        height = rows - number + rng.uniform(-0.3, 0.3, len(values))
        colour = _ATTACK if number else _PEOPLE
        axes.plot(np.maximum(values, -0.3), height, "o", color=colour, markersize=2.5, alpha=0.6)
    for threshold, style, name in ((panel.shipped, "-", "shipped"), (panel.chosen, "--", "chosen")):
        axes.axvline(threshold, color=_THRESHOLD, linestyle=style, label=f"{name}: {threshold:.3f}")
    axes.set_yticks(range(rows, 0, -1), [f"{name} ({len(values)})" for name, values in panel.found])
    axes.set(xlabel=panel.measure, title=panel.title)
    axes.grid(visible=True, axis="x", alpha=0.25)
    axes.legend()
