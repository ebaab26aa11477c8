"""What the charter does not name is not run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_support import GATE, NOON_NS, ManualClock, make_charter
from custodes.charter import Kept
from custodes.domain.coco import class_index
from custodes.domain.events import RULE_KINDS, EventKind
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState
from custodes.pipeline.mandate import Mandate, within
from custodes.pipeline.settings import CameraSettings
from custodes.rules import RuleEngine

SQUARE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
SETTINGS = CameraSettings.model_validate(
    {
        "source": {"url": "clip.mp4"},
        "rules": {
            "zones": [{"name": "yard", "polygon": SQUARE, "dwell_s": 2, "occupancy": 1}],
            "tripwires": [{"name": "line", "start": (0.5, 0.0), "end": (0.5, 1.0)}],
        },
    }
)
CLASSES = ("person", "bicycle", "car")


def rules(classes: list[str], kinds: list[EventKind]):
    analytics = {"classes": classes, "rules": [kind.value for kind in kinds]}
    return within(SETTINGS, make_charter(GATE, analytics=analytics)).rules


@given(
    st.lists(st.sampled_from(CLASSES), unique=True),
    st.lists(st.sampled_from(RULE_KINDS), unique=True),
    st.sampled_from(CLASSES),
)
def test_events_are_of_named_classes_and_kinds_only(classes: list[str], kinds: list[EventKind], walker: str) -> None:
    engine = RuleEngine(GATE, rules(classes, kinds))
    said = []
    for step in range(40):
        foot_px = 20.0 + 9.0 * step
        xyxy = np.array([foot_px - 15, 140, foot_px + 15, 200], np.float32)
        track = Track(1, class_index(walker), TrackState.CONFIRMED, xyxy, 0.8)
        said += engine.update([track], 400, 400, NOON_NS + step * NS_PER_S // 5)
    said += engine.close()
    assert {event.kind for event in said} == (set(kinds) if walker in classes else set())


def test_what_is_all_allowed_stays_as_it_was() -> None:
    assert rules([*CLASSES, "motorcycle", "bus", "truck"], list(RULE_KINDS)) == SETTINGS.rules


def test_a_mandate_follows_the_charter() -> None:
    charter = make_charter(
        GATE,
        show={"search": True},
        storage={"event_hours": 5},
        analytics={"classes": ["car"], "rules": ["crossed"]},
    )
    mandate = Mandate(GATE, charter, ManualClock())
    assert not mandate.shows_live()
    assert [kept for kept in Kept if mandate.stores(kept)] == [Kept.EVENT]
    assert not mandate.needs_pictures()
    assert mandate.classes == {class_index("car")}
    assert mandate.version == charter.version


@pytest.mark.parametrize("storage", [{"recording_hours": 1}, {"thumbnail_hours": 1}])
def test_pictures_are_needed_for_what_is_stored(storage: dict[str, int]) -> None:
    assert Mandate(GATE, make_charter(GATE, show={}, storage=storage), ManualClock()).needs_pictures()


def test_a_lapsed_charter_allows_nothing() -> None:
    clock = ManualClock()
    mandate = Mandate(GATE, make_charter(GATE), clock)
    assert mandate.ended() == ""
    assert mandate.shows_live()
    clock.sleep(370 * 86_400)
    assert "review_by" in mandate.ended()
    assert not mandate.needs_pictures()
    assert not any(mandate.stores(kept) for kept in Kept)
