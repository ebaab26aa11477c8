"""The public register of cameras, signs, and drafts of impact assessment and record of processing.

All are made of plain facts (`Facts`): the same bytes for the same facts. Nothing here reaches capture, asks a clock, or
knows how a server is configured.
"""

from custodes.register.facts import CameraFact, Component, Facts, LogFact, ModelFact, Standing
from custodes.register.log import read_log
from custodes.register.sbom import installed
from custodes.register.site import build_register, render_register
from custodes.register.words import Words, languages, words

__all__ = [
    "CameraFact",
    "Component",
    "Facts",
    "LogFact",
    "ModelFact",
    "Standing",
    "Words",
    "build_register",
    "installed",
    "languages",
    "read_log",
    "render_register",
    "words",
]
