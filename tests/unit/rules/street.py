"""A picture of 400 x 400 pixels in which boxes are put, five times a second, and the events that rules make of it."""

import numpy as np

from custodes.domain.coco import class_index
from custodes.domain.events import CameraId, EventKind
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState
from custodes.rules import RuleEngine, RulesSettings

SIZE = 400
STEP_S = 0.2
HEIGHT = 60.0
START_NS = 1_700_000_000 * NS_PER_S


def track(foot, track_id=1, *, name="person", height=HEIGHT, state=TrackState.CONFIRMED, score=0.8):
    """Return a track whose box stands on `foot`, pixels."""
    x, y = foot
    xyxy = np.array([x - height / 4, y - height, x + height / 4, y], np.float32)
    return Track(track_id, class_index(name), state, xyxy, score)


def walk(start, end, seconds):
    """Return the foot points of a steady walk."""
    steps = round(seconds / STEP_S)
    return [tuple(np.add(start, np.subtract(end, start) * n / steps)) for n in range(steps + 1)]


class Street:
    """An engine, its time, and the last word on each event."""

    def __init__(self, **settings):
        self.engine = RuleEngine(CameraId("street"), RulesSettings(**settings))
        self.time_ns = START_NS
        self.said = []

    def show(self, *tracks, width=SIZE, height=SIZE):
        """Add one picture; return what the engine says about it."""
        said = self.engine.update(tracks, width, height, self.time_ns)
        self.time_ns += round(STEP_S * NS_PER_S)
        self.said += said
        return said

    def play(self, feet, track_id=1, **how):
        """Show one object at one place after another."""
        for foot in feet:
            self.show(track(foot, track_id, **how))
        return self

    def stand(self, foot, seconds, track_id=1, **how):
        """Show one object that stands still."""
        return self.play([foot] * round(seconds / STEP_S), track_id, **how)

    def empty(self, seconds):
        """Show pictures of nothing."""
        for _ in range(round(seconds / STEP_S)):
            self.show()
        return self

    def close(self):
        """End what lasts."""
        self.said += self.engine.close()
        return self

    @property
    def now_s(self):
        return (self.time_ns - START_NS) / NS_PER_S

    def events(self, kind=None):
        """Return each event as it was last reported, by start."""
        last = {event.event_id: event for event in self.said}
        chosen = [event for event in last.values() if kind is None or event.kind is EventKind(kind)]
        return sorted(chosen, key=lambda event: (event.start_ns, event.event_id))

    def intervals(self, kind):
        """Return starts and ends in seconds since the first picture, an end None while the event lasts."""
        return [(seconds(event.start_ns), seconds(event.end_ns)) for event in self.events(kind)]


def seconds(ns):
    """Return seconds since the first picture."""
    return None if ns is None else round((ns - START_NS) / NS_PER_S, 3)
