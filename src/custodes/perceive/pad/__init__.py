"""Presentation attack detection: whether a face does what is asked, as a person can and a picture cannot.

It turns, where a nose that stands out is told from a flat picture by five points; it closes its eyes, told by how dark
they are against a moment before; and it comes closer. No model is needed beyond the one that finds the points.
"""

from custodes.perceive.pad.challenge import CLOSED_NS, DRAWS, LEAST_GROWN, Challenge, Prompt, Verdict
from custodes.perceive.pad.eyes import LEAST_CLOSED, Eyes
from custodes.perceive.pad.parallax import LEAST_RELIEF, LEAST_SHORTENING, WINDOW, Parallax, Side, parallax, reference
from custodes.perceive.pad.sight import Sight

__all__ = [
    "CLOSED_NS",
    "DRAWS",
    "LEAST_CLOSED",
    "LEAST_GROWN",
    "LEAST_RELIEF",
    "LEAST_SHORTENING",
    "WINDOW",
    "Challenge",
    "Eyes",
    "Parallax",
    "Prompt",
    "Side",
    "Sight",
    "Verdict",
    "parallax",
    "reference",
]
