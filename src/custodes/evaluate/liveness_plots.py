"""How the relief of people who turn lies beside that of pictures of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from custodes.evaluate.extras import scorer
from custodes.perceive.pad import LEAST_RELIEF

_DPI: Final = 110
_PEOPLE, _ATTACK, _THRESHOLD = "#1b6ca8", "#c8553d", "#444444"


def write_plot(path: Path, reliefs: Sequence[tuple[str, NDArray[np.float64]]], chosen: float) -> None:
    """Write a picture with a row of points for each kind of presentation, that of people first.

    Args:
        path: PNG file.
        reliefs: What was presented, and the relief of its turns (n,).
        chosen: Threshold chosen on the other half of the people.

    Raises:
        ConfigError: The extra `evaluate` is not installed.
    """
    figure = scorer("matplotlib.figure").Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    rng = np.random.default_rng(0)
    for number, (_, values) in enumerate(reliefs):
        height = len(reliefs) - number + rng.uniform(-0.3, 0.3, len(values))
        colour = _ATTACK if number else _PEOPLE
        axes.plot(np.maximum(values, -0.3), height, "o", color=colour, markersize=2.5, alpha=0.6)
    for threshold, style, name in ((LEAST_RELIEF, "-", "shipped"), (chosen, "--", "chosen")):
        axes.axvline(threshold, color=_THRESHOLD, linestyle=style, label=f"{name}: {threshold:.3f}")
    axes.set_yticks(range(len(reliefs), 0, -1), [f"{name} ({len(values)})" for name, values in reliefs])
    axes.set(xlabel="relief towards the side asked for, distances between the eyes", title="Turns")
    axes.grid(visible=True, axis="x", alpha=0.25)
    axes.legend()
    figure.savefig(path, dpi=_DPI)
