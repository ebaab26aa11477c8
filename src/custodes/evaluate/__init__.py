"""Measures detection, tracking and redaction on anyone's data, with what is shipped by default."""

from custodes.evaluate.redaction import RedactionReport, evaluate_redaction
from custodes.evaluate.tracking import TrackingReport, evaluate_tracking

__all__ = ["RedactionReport", "TrackingReport", "evaluate_redaction", "evaluate_tracking"]
