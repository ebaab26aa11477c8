"""Charters: what a camera may do, for what, by which right, and for how long.

Pure but for `load_charter` and `read_charters`, which read files. `decide` answers whether something may be done and
names the clause it rests on; whatever a charter does not name is denied.
"""

from custodes.charter.assessment import ASSESSED, assessed_in, configuration_hash, not_assessed
from custodes.charter.book import Charters
from custodes.charter.compare import Change, Direction, compare
from custodes.charter.decide import (
    Analyse,
    Decision,
    Delete,
    Export,
    Playback,
    Recognise,
    Request,
    Search,
    ShowLive,
    Store,
    decide,
)
from custodes.charter.folder import Found, read_charters
from custodes.charter.load import load_charter, parse_charter
from custodes.charter.model import Charter
from custodes.charter.problems import CharterError, Problem
from custodes.charter.resolution import PX_PER_M, Level, Resolution, resolution
from custodes.charter.summary import lapsed, summary
from custodes.charter.tables import Capability, Recognition
from custodes.charter.templates import TEMPLATES, Answers, Template, TemplateName, render
from custodes.charter.terms import DeletionReason, Kept, RecognitionMode

__all__ = [
    "ASSESSED",
    "PX_PER_M",
    "TEMPLATES",
    "Analyse",
    "Answers",
    "Capability",
    "Change",
    "Charter",
    "CharterError",
    "Charters",
    "Decision",
    "Delete",
    "DeletionReason",
    "Direction",
    "Export",
    "Found",
    "Kept",
    "Level",
    "Playback",
    "Problem",
    "Recognise",
    "Recognition",
    "RecognitionMode",
    "Request",
    "Resolution",
    "Search",
    "ShowLive",
    "Store",
    "Template",
    "TemplateName",
    "assessed_in",
    "compare",
    "configuration_hash",
    "decide",
    "lapsed",
    "load_charter",
    "not_assessed",
    "parse_charter",
    "read_charters",
    "render",
    "resolution",
    "summary",
]
