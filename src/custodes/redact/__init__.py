"""Redaction that fails closed: pictures wait a moment, what later analyses know is masked in them, all else is blanked.

One idea: a picture is released only when a timeline of persons and faces, built from analyses before and after it,
says what to mask; an unknown answer, a late one or a fault blanks the whole picture.
"""

from custodes.redact.faces import FaceFinder, FacePace, FoundFaces, Search
from custodes.redact.lookbehind import LookBehind
from custodes.redact.redactor import Redactor
from custodes.redact.settings import RedactionSettings
from custodes.redact.stills import StillFinder
from custodes.redact.timeline import MaskTimeline

__all__ = [
    "FaceFinder",
    "FacePace",
    "FoundFaces",
    "LookBehind",
    "MaskTimeline",
    "RedactionSettings",
    "Redactor",
    "Search",
    "StillFinder",
]
