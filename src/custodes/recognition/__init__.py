"""Recognition points: where people who enrolled present themselves to a camera, and are recognised.

A face gets to the embedder only as a `PresentedFace`: it lies in the zone of a point as a whole, its owner shows a pass
or holds still, and the charter names that. Faces elsewhere are redacted, and nothing else is done with them.
"""

from custodes.recognition.attempt import AttackDetector, Sight, Verdict
from custodes.recognition.point import Answer, RecognitionPoint
from custodes.recognition.presented import Gate, PresentedFace, TemplateMaker
from custodes.recognition.recogniser import Recogniser
from custodes.recognition.settings import RecognitionSettings

__all__ = [
    "Answer",
    "AttackDetector",
    "Gate",
    "PresentedFace",
    "Recogniser",
    "RecognitionPoint",
    "RecognitionSettings",
    "Sight",
    "TemplateMaker",
    "Verdict",
]
