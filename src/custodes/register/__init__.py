"""The public register of cameras, signs, and drafts of impact assessment and record of processing.

All are made of plain facts (`Facts`): the same bytes for the same facts. Nothing here reaches capture, asks a clock, or
knows how a server is configured.
"""

from custodes.register.document import Document, markdown
from custodes.register.dpia import dpia
from custodes.register.facts import CameraFact, Component, Facts, LogFact, ModelFact, Standing
from custodes.register.ground import Ground, read_ground
from custodes.register.log import read_log
from custodes.register.paper import document_pdf
from custodes.register.ropa import ropa
from custodes.register.sbom import installed
from custodes.register.signs import sign_pdf
from custodes.register.site import build_register, render_register
from custodes.register.words import Words, languages, words

__all__ = [
    "CameraFact",
    "Component",
    "Document",
    "Facts",
    "Ground",
    "LogFact",
    "ModelFact",
    "Standing",
    "Words",
    "build_register",
    "document_pdf",
    "dpia",
    "installed",
    "languages",
    "markdown",
    "read_ground",
    "read_log",
    "render_register",
    "ropa",
    "sign_pdf",
    "words",
]
