"""Measures detection, tracking, redaction and comparison of faces on anyone's data, with what is shipped by default."""

from custodes.evaluate.faces import FacesReport, evaluate_faces
from custodes.evaluate.objects import ObjectsReport, evaluate_objects
from custodes.evaluate.redaction import RedactionReport, evaluate_redaction
from custodes.evaluate.tracking import TrackingReport, evaluate_tracking

__all__ = [
    "FacesReport",
    "ObjectsReport",
    "RedactionReport",
    "TrackingReport",
    "evaluate_faces",
    "evaluate_objects",
    "evaluate_redaction",
    "evaluate_tracking",
]
