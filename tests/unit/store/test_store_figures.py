"""Figures about what is kept of a camera."""

from pathlib import Path

import pytest

from api_support import TEXTS
from custodes.domain.events import CameraId, Event, EventKind
from custodes.domain.time import NS_PER_S
from custodes.store import Segment, Store

GATE, YARD = CameraId("gate"), CameraId("yard")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "custodes.db", TEXTS)


def event(number: int, kind: EventKind, *, start_s: int, end_s: int | None, camera: CameraId = GATE) -> Event:
    end_ns = None if end_s is None else end_s * NS_PER_S
    return Event(f"{number:026}", camera, kind, "rule", "v", "none", start_s * NS_PER_S, end_ns, "person")


def test_nothing_is_known_of_a_camera_of_which_nothing_is_kept(store: Store) -> None:
    store.gaps.add(YARD, 1, 2, "no picture")
    assert store.figures(GATE) is None


def test_events_gaps_and_recordings_are_counted_for_one_camera(store: Store) -> None:
    store.events.put(event(1, EventKind.CROSSED, start_s=150, end_s=160))
    store.events.put(event(2, EventKind.CROSSED, start_s=170, end_s=None))
    store.events.put(event(3, EventKind.ZONE, start_s=190, end_s=300))
    store.events.put(event(4, EventKind.ZONE, start_s=10, end_s=900, camera=YARD))
    store.gaps.add(GATE, 200 * NS_PER_S, 210 * NS_PER_S, "no picture")
    store.gaps.add(GATE, 220 * NS_PER_S, 240 * NS_PER_S, "no picture")
    store.segments.open(Segment(GATE, "s", "gate/1.mp4", 100 * NS_PER_S, 104 * NS_PER_S, 1, 1, "avc1"))
    found = store.figures(GATE)
    assert found is not None
    assert (found.first_ns, found.last_ns) == (100 * NS_PER_S, 300 * NS_PER_S)
    assert (found.gaps, found.gap_ns) == (2, 30 * NS_PER_S)
    assert found.events == {EventKind.CROSSED: 2, EventKind.ZONE: 1}
    assert found.coverage == pytest.approx(0.85)


def test_of_one_instant_no_share_can_be_told(store: Store) -> None:
    store.segments.open(Segment(GATE, "s", "gate/1.mp4", 100 * NS_PER_S, None, 1, 1, "avc1"))
    found = store.figures(GATE)
    assert found is not None
    assert found.first_ns == found.last_ns
    assert found.coverage is None
