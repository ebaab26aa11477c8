"""Visits in real footage, counted by hand: six people who come into a corridor one after another."""

import json

import pytest

from custodes.capture import open_file
from custodes.capture.pace import Pace
from custodes.domain.events import CameraId, EventKind
from custodes.domain.time import NS_PER_S
from custodes.perceive.detect import load_detector
from custodes.perceive.settings import DetectorSettings
from custodes.perceive.track import ByteTracker, TrackerSettings
from custodes.rules import RuleEngine, RulesSettings

CLIP = "one-by-one-person-detection.mp4"
FPS = 10


@pytest.mark.needs_fixtures
@pytest.mark.slow
def test_six_people_one_after_another_are_six_visits(fixtures):
    truth = json.loads((fixtures / "intel/counts.json").read_text())[CLIP]
    detector, tracker = load_detector(DetectorSettings()), ByteTracker(TrackerSettings())
    engine, pace = RuleEngine(CameraId("corridor"), RulesSettings()), Pace(5)
    events = {}
    source = open_file(fixtures / "intel" / CLIP, start_ns=0)
    for frame in source.frames():
        if pace.due(frame.time.utc_ns):
            tracks = tracker.update(detector.detect(frame.bgr()), frame.time.utc_ns / NS_PER_S)
            for event in engine.update(tracks, frame.width, frame.height, frame.time.utc_ns):
                events[event.event_id] = event
    source.close()
    events |= {event.event_id: event for event in engine.close()}
    visits = sorted(
        (event.start_ns / NS_PER_S, event.end_ns / NS_PER_S)
        for event in events.values()
        if event.kind is EventKind.APPEARED and event.class_name == "person"
    )
    assert len(visits) == truth["people_visits"] == 6
    for (start, end), (first, last) in zip(visits, truth["presence_frames_0based"], strict=True):
        assert start == pytest.approx(first / FPS, abs=1.5)
        assert end == pytest.approx(last / FPS, abs=1.5)
