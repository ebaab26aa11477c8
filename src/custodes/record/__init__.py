"""Redacted recordings: one encode feeds files and live view; a crash loses at most the file being written.

Only redacted frames come in. What goes out is fragments of MP4 for viewers, files of a few seconds with an index, and
thumbnails.
"""

from custodes.record.encoder import FragmentEncoder, write_video
from custodes.record.forecast import CameraForecast, Forecast, forecast
from custodes.record.reconcile import reconcile
from custodes.record.recorder import SegmentRecorder
from custodes.record.retention import Retention
from custodes.record.settings import RecordingSettings
from custodes.record.stills import contact_sheet, make_still

__all__ = [
    "CameraForecast",
    "Forecast",
    "FragmentEncoder",
    "RecordingSettings",
    "Retention",
    "SegmentRecorder",
    "contact_sheet",
    "forecast",
    "make_still",
    "reconcile",
    "write_video",
]
