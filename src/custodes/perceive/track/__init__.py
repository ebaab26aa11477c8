"""From detections of one camera to tracks: objects with ids that hold over time, in this camera only."""

from custodes.perceive.track.log import TrackLog, TrackRow, write_mot
from custodes.perceive.track.settings import TrackerSettings
from custodes.perceive.track.tracker import ByteTracker

__all__ = ["ByteTracker", "TrackLog", "TrackRow", "TrackerSettings", "write_mot"]
