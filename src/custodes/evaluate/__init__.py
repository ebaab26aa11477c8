"""Measures detection, tracking, redaction, comparison of faces and detection of presentation attacks.

On anyone's data, with what is shipped by default.
"""

from custodes.evaluate.faces import FacesReport, evaluate_faces
from custodes.evaluate.liveness import LivenessReport, evaluate_liveness
from custodes.evaluate.objects import ObjectsReport, evaluate_objects
from custodes.evaluate.redaction import RedactionReport, evaluate_redaction
from custodes.evaluate.tracking import TrackingReport, evaluate_tracking

__all__ = [
    "FacesReport",
    "LivenessReport",
    "ObjectsReport",
    "RedactionReport",
    "TrackingReport",
    "evaluate_faces",
    "evaluate_liveness",
    "evaluate_objects",
    "evaluate_redaction",
    "evaluate_tracking",
]
