"""Presentation attack detection: whether a face that turns has a nose that stands out, or is flat as a picture is.

It looks at five points of a face and at no pixel, and needs no model beyond the one that finds them.
"""

from custodes.perceive.pad.challenge import TURNS, Challenge, Prompt, Verdict
from custodes.perceive.pad.parallax import LEAST_RELIEF, LEAST_SHORTENING, WINDOW, Parallax, Side, parallax, reference
from custodes.perceive.pad.sight import Sight

__all__ = [
    "LEAST_RELIEF",
    "LEAST_SHORTENING",
    "TURNS",
    "WINDOW",
    "Challenge",
    "Parallax",
    "Prompt",
    "Side",
    "Sight",
    "Verdict",
    "parallax",
    "reference",
]
