"""Measures detection, tracking and redaction on anyone's data, with what is shipped by default."""

from custodes.evaluate.objects import ObjectsReport, evaluate_objects
from custodes.evaluate.redaction import RedactionReport, evaluate_redaction
from custodes.evaluate.tracking import TrackingReport, evaluate_tracking

__all__ = [
    "ObjectsReport",
    "RedactionReport",
    "TrackingReport",
    "evaluate_objects",
    "evaluate_redaction",
    "evaluate_tracking",
]
