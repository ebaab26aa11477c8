"""From detections of one camera to tracks: objects with ids that hold over time, in this camera only."""

from custodes.perceive.track.log import LONGEST_GAP_S, TrackLog, TrackRow, write_mot
from custodes.perceive.track.settings import TrackerSettings
from custodes.perceive.track.tracker import ByteTracker

__all__ = ["LONGEST_GAP_S", "ByteTracker", "TrackLog", "TrackRow", "TrackerSettings", "write_mot"]
