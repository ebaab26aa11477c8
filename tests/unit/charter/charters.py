"""Charters and requests to test with."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from api_support import capability
from custodes.charter import (
    Analyse,
    Charter,
    Delete,
    DeletionReason,
    Export,
    Kept,
    Playback,
    Recognise,
    RecognitionMode,
    Search,
    ShowLive,
    Store,
)
from custodes.domain.events import RULE_KINDS, CameraId, EventKind

DAY_NS = 86_400 * 10**9
ADOPTED = date(2027, 1, 1)
MODELS = ("5f" * 32, "6e" * 32)
"""SHA-256 of models that make templates."""

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "cameras": ["mill"],
    "adopted": ADOPTED,
    "controller": {"name": "City of Example", "contact": "traffic@example.org"},
    "purpose": {"statement": "Count bicycles and cars on Mill Street hourly, to plan the signal timing."},
    "legal_basis": {
        "basis": "public task",
        "citation": "GDPR Art. 6(1)(e)",
        "law": "Road Traffic Act, Art. 12",
        "reason": "Planning traffic is a task of the city.",
    },
    "necessity": {
        "baseline": "Counts by hand on two days a year.",
        "alternatives": ["Induction loops do not count bicycles."],
        "review_by": date(2027, 12, 31),
    },
    "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    "location": {"place": "Mill Street 5"},
    "field_of_view": {"description": "The carriageway and both pavements.", "public_space": True},
    "sign": {"text": "City of Example counts traffic here: traffic@example.org"},
}
"""The least that a charter has to say; it allows nothing."""

FULL: dict[str, Any] = {
    **DOCUMENT,
    "cameras": ["mill", "bridge"],
    "location": {"place": "Mill Street 5", "latitude": 44.8125, "longitude": 20.4612},
    "show": {"live": True, "playback": True, "search": True},
    "analytics": {"classes": ["car", "bicycle"], "rules": ["crossed", "zone"]},
    "storage": {
        "recording_hours": 24,
        "sealed_hours": 12,
        "event_hours": 72,
        "thumbnail_hours": 24,
        "early_deletion": ["disk space"],
    },
    "recognition": {
        "modes": ["verify"],
        "alternative": "Ring the bell; the porter opens.",
        "capability": capability(MODELS[0]),
    },
    "recipients": [{"name": "Police", "reason": "On a written request with a case number.", "receives": ["recording"]}],
    "custodians": {"needed": 2, "names": ["Mayor", "Ombudsman", "Works council"]},
}
"""Says something in every table."""


def with_(document: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """Return `document` with dotted `field` set to `value`, or taken out where that is None."""
    head, _, rest = field.partition(".")
    changed = dict(document)
    if rest:
        changed[head] = with_(changed.get(head, {}), rest, value)
    elif value is None:
        del changed[head]
    else:
        changed[head] = value
    return changed


CAPABILITY: dict[str, Any] = FULL["recognition"]["capability"]


def without_capability() -> dict[str, Any]:
    return {name: value for name, value in FULL["recognition"].items() if name != "capability"}


def ns(day: date) -> int:
    """Return noon of `day`, UTC, nanoseconds since the Unix epoch."""
    return (day - date(1970, 1, 1)).days * DAY_NS + DAY_NS // 2


CAMERAS = ("mill", "bridge", "door")
CLASSES = ("person", "car", "bicycle")
NAMES = ("Police", "Court")


def subsets(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), unique=True)


@st.composite
def charters(draw: st.DrawFn) -> Charter:
    adopted = ADOPTED + timedelta(days=draw(st.integers(-40, 40)))
    recording = draw(st.integers(0, 72))
    document = {
        **DOCUMENT,
        "cameras": draw(subsets(CAMERAS).filter(bool)),
        "adopted": adopted,
        "necessity": {**DOCUMENT["necessity"], "review_by": adopted + timedelta(days=draw(st.integers(1, 731)))},
        "show": draw(st.fixed_dictionaries({name: st.booleans() for name in ("live", "playback", "search")})),
        "analytics": {"classes": draw(subsets(CLASSES)), "rules": draw(subsets(RULE_KINDS))},
        "storage": {
            "recording_hours": recording,
            "sealed_hours": draw(st.integers(0, 72)) if recording else 0,
            "event_hours": draw(st.integers(0, 72)),
            "thumbnail_hours": draw(st.integers(0, 72)),
            "early_deletion": draw(subsets([DeletionReason.DISK_SPACE, DeletionReason.ERASURE_REQUEST])),
        },
        "recipients": [
            {"name": name, "reason": "On a written request with a case number.", "receives": draw(receives)}
            for receives in [subsets(Kept).filter(bool)]
            for name in draw(subsets(NAMES))
        ],
        "custodians": FULL["custodians"],
    }
    if modes := draw(subsets(RecognitionMode)):
        measured = [{**FULL["recognition"], "capability": {**CAPABILITY, "model": model}} for model in MODELS]
        recognition = draw(st.sampled_from([without_capability(), *measured]))
        document["recognition"] = {**recognition, "modes": modes}
    return Charter.model_validate(document)


_cameras = st.sampled_from([*map(CameraId, CAMERAS), CameraId("absent")])
_kept = st.sampled_from(Kept)
_seconds = st.integers(-10, 80).map(lambda hours: hours * 3600.0) | st.floats()
deletions = st.builds(Delete, _cameras, _kept, _seconds, st.sampled_from(DeletionReason))
uses = st.one_of(
    st.builds(ShowLive, _cameras),
    st.builds(Playback, _cameras, _seconds),
    st.builds(Search, _cameras),
    st.builds(Store, _cameras, _kept, _seconds),
    st.builds(Analyse, _cameras, st.sampled_from([*CLASSES, "zebra", "", "face"]), st.sampled_from(EventKind)),
    st.builds(Recognise, _cameras, st.sampled_from(RecognitionMode), st.sampled_from(["", *MODELS, "00" * 32])),
    st.builds(Export, _cameras, _kept, st.sampled_from([*NAMES, "Press", ""])),
)
"""Requests of every kind but deletion."""
times = st.integers(-60, 900).map(lambda days: ns(ADOPTED + timedelta(days=days))) | st.integers()
