"""A server's surroundings in small: a clock that is told the time, events, synthetic redacted pictures."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import tomlkit

from custodes.api import ApiContext, CameraInfo, ConsultationKind, LiveHub, ServerSettings, add_account
from custodes.charter import Charter, Charters
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.coco import COCO_CLASSES
from custodes.domain.errors import StoreError
from custodes.domain.events import RULE_KINDS, CameraId, Event, EventKind, Tripwire, Zone, new_event_id
from custodes.domain.imagery import RedactedFragment, RedactedFrame
from custodes.domain.persons import Person, Role
from custodes.domain.time import NS_PER_S, Clock, MediaTime, SystemClock, utc_day
from custodes.store import FileBlobs, PrivateTexts, Store
from custodes.vault import SealedFolder

TEXTS = PrivateTexts(b"\x05" * 32)
"""Encrypts names and reasons, where no server made a key."""
NOON_NS = 1_767_268_800 * NS_PER_S
"""2026-01-01T12:00:00Z."""
GATE, YARD = CameraId("gate"), CameraId("yard")
CAMERAS = {
    GATE: CameraInfo(
        "Main gate",
        zones=(Zone("forecourt", ((0.1, 0.4), (0.6, 0.35), (0.7, 0.9), (0.05, 0.95))),),
        tripwires=(Tripwire("entrance", (0.75, 0.1), (0.7, 0.9)),),
    ),
    YARD: CameraInfo("Yard"),
}


def charter_document(*cameras: str, clock: Clock | None = None) -> dict[str, Any]:
    """Return the document of a charter that allows all there is, from the day before the clock's on."""
    adopted = utc_day((clock or SystemClock()).utc_ns()) - timedelta(days=1)
    return {
        "format": 1,
        "cameras": list(cameras),
        "adopted": adopted,
        "controller": {"name": "Example Campus", "contact": "cameras@example.org"},
        "purpose": {"statement": "Count bicycles and walkers on the path hourly, to plan lighting and its width."},
        "legal_basis": {
            "basis": "legitimate interests",
            "citation": "GDPR Art. 6(1)(f)",
            "reason": "The campus has to know how many use the path; faces are covered.",
        },
        "necessity": {
            "baseline": "Counts by hand on two days a year.",
            "alternatives": ["A light barrier counts two who walk side by side as one."],
            "review_by": adopted + timedelta(days=365),
        },
        "dpia": {"not_required_because": "Faces are covered before anything is stored."},
        "location": {"place": "Example Street 5"},
        "field_of_view": {"description": "The path and its verges, no windows.", "public_space": True},
        "show": {"live": True, "playback": True, "search": True},
        "analytics": {"classes": list(COCO_CLASSES), "rules": [kind.value for kind in RULE_KINDS]},
        "storage": {
            "recording_hours": 72,
            "event_hours": 72,
            "thumbnail_hours": 72,
            "early_deletion": ["disk space", "erasure request"],
        },
        "sign": {"text": "Example Campus counts on this path. Questions: cameras@example.org"},
    }


def capability(model: str, threshold: float = 0.45) -> dict[str, Any]:
    """Return a charter's statement of how often recognition with `model` errs."""
    return {
        "model": model,
        "threshold": threshold,
        "measured": "Photographs of 40 people, 2027-01-05, custodes evaluate faces.",
        "non_mated": 78_000,
        "false_matches": 3,
        "mated": 1800,
        "false_non_matches": 3,
        "gallery": 20,
        "non_mated_searches": 200,
        "false_positives": 0,
        "mated_searches": 180,
        "false_negatives": 1,
    }


def make_charter(*cameras: str, **changes: Any) -> Charter:
    """Return that charter as of `ManualClock`'s day, with whole tables changed."""
    return Charter.model_validate({**charter_document(*cameras, clock=ManualClock()), **changes})


def write_charter(folder: Path, *cameras: str, **changes: Any) -> Path:
    """Write that charter, as of today, into `folder`, where `custodes run` reads it; return its path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{cameras[0]}.toml"
    path.write_text(tomlkit.dumps({**charter_document(*cameras), **changes}), encoding="utf-8")
    return path


class ManualClock:
    """Shows the time it was told."""

    def __init__(self, utc_ns: int = NOON_NS) -> None:
        self.now_ns = utc_ns
        self.now_s = 1000.0

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.now_ns += int(seconds * NS_PER_S)


class Notebook:
    """`Consultations` that remembers, or refuses, what it is told."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, CameraId | None]] = []
        self.broken = False

    def note(self, person: Person, kind: ConsultationKind, camera: CameraId | None) -> None:
        if self.broken:
            raise StoreError("the log is full")
        self.notes.append((person.name, kind, camera))


def add_person(context: ApiContext, name: str = "anna", role: Role = Role.OPERATOR) -> str:
    """Make an account and return its password."""
    return add_account(context.store, name, role, context.clock)


def make_context(
    folder: Path,
    clock: Clock | None = None,
    settings: ServerSettings | None = None,
    charters: Charters | None = None,
) -> ApiContext:
    """Return a context on a new, empty store in `folder`."""
    clock = clock or ManualClock()
    everything = Charter.model_validate(charter_document(*CAMERAS, clock=clock))
    recordings, stills = folder / "recordings", folder / "stills"
    recordings.mkdir()
    stills.mkdir()
    return ApiContext(
        store=Store.open(folder / "custodes.db", TEXTS),
        blobs=FileBlobs(stills),
        recordings=recordings,
        sealed=SealedFolder(folder / "sealed"),
        log=folder / "log",
        register=folder / "register",
        hub=LiveHub(),
        settings=settings or ServerSettings(),
        clock=clock,
        cameras=CAMERAS,
        charters=charters or Charters(dict.fromkeys(CAMERAS, everything)),
        consultations=Notebook(),
        on_token_use=[].append,
        on_login_burst=[].append,
    )


def make_status(camera: CameraId = GATE, **changes: object) -> CameraStatus:
    """Return the status of a camera that is well."""
    values: dict[str, object] = {
        "state": CameraState.LIVE,
        "reason": "pictures arrive",
        "since_ns": NOON_NS,
        "width": 640,
        "height": 360,
        "codec": "h264",
        "fps": 10.0,
        "analysed_fps": 5.0,
        "recording": True,
        "occupancy": {"person": 2},
        "totals": {"entrance/forward": 7, "entrance/backward": 3},
    }
    return CameraStatus(camera=camera, **{**values, **changes})  # type: ignore[arg-type]


def make_event(start_ns: int = NOON_NS, camera: CameraId = GATE, **changes: object) -> Event:
    """Return a person that appeared for three seconds."""
    values: dict[str, object] = {
        "event_id": new_event_id(start_ns),
        "kind": EventKind.APPEARED,
        "rule": "appeared",
        "rule_version": "0" * 16,
        "charter_version": "none",
        "start_ns": start_ns,
        "end_ns": start_ns + 3 * NS_PER_S,
        "class_name": "person",
        "track_id": 1,
        "score": 0.81,
        "box_norm": (0.2, 0.3, 0.3, 0.7),
        "key_ns": start_ns + NS_PER_S,
    }
    return Event(camera=camera, **{**values, **changes})  # type: ignore[arg-type]


def make_fragment(number: int, stream: str = "one", camera: CameraId = GATE) -> RedactedFragment:
    """Return a fragment that no decoder would take."""
    data = f"{stream} {number}".encode()
    start_ns = NOON_NS + number * NS_PER_S if number else 0
    return RedactedFragment._seal(
        camera, stream, number, data, start_ns, start_ns and start_ns + NS_PER_S, "avc1.42c01e"
    )


def synthetic_frames(start_ns: int, fps: int = 10, size: tuple[int, int] = (640, 360)) -> Iterator[RedactedFrame]:
    """Yield for ever a bright disc going round on a grey street, as redaction would hand it out."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    street = (60 + 70 * rows / height + 25 * ((columns // 40 + rows // 40) % 2)).astype(np.uint8)
    number = 0
    while True:
        angle = number / fps
        x, y = width * (0.5 + 0.33 * np.cos(angle)), height * (0.55 + 0.3 * np.sin(angle))
        luma = np.where((columns - x) ** 2 + (rows - y) ** 2 < (height / 9) ** 2, np.uint8(225), street)
        planes = np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format="yuv420p")
        ticks = number * 1000 // fps
        yield RedactedFrame._seal(
            picture, MediaTime(ticks, Fraction(1, 1000), start_ns + ticks * 1_000_000), blank=False
        )
        number += 1
