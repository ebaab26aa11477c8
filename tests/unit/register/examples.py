"""Cameras to make registers of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from custodes.charter import Charter, configuration_hash
from custodes.domain.events import EventKind
from custodes.pipeline.settings import CameraSettings
from custodes.register import CameraFact, Component, Facts, LogFact, ModelFact
from custodes.store import Figures

DAY = date(2027, 6, 1)
MILL: dict[str, Any] = {
    "format": 1,
    "cameras": ["mill"],
    "adopted": date(2027, 1, 1),
    "controller": {
        "name": "City of Example",
        "contact": "Traffic office, traffic@example.org",
        "officer": "dpo@example.org",
    },
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
    "dpia": {"not_required_because": "Only counts are kept."},
    "location": {"place": "Mill Street 5", "latitude": 44.8125, "longitude": 20.4612},
    "field_of_view": {
        "description": "The carriageway and both pavements.",
        "public_space": True,
        "azimuth_deg": 90,
        "width_deg": 80,
        "reach_m": 40,
    },
    "show": {"search": True},
    "analytics": {"classes": ["bicycle", "car"], "rules": ["crossed"]},
    "storage": {"event_hours": 72},
    "sign": {"text": "City of Example counts traffic here: Traffic office, traffic@example.org"},
}
STATED: dict[str, Any] = {
    **MILL,
    "cameras": ["stated"],
    "optics": {"image_width_px": 1920, "distances_m": [5, 40]},
    "contract": {"supplier": "Example Video Ltd", "reference": "7/2026", "link": "https://example.org/contract-7"},
    "cost": {"currency": "EUR", "capital": 12_900, "yearly": 1_120},
}
"""States what a charter need not state."""
GATE: dict[str, Any] = {
    **MILL,
    "cameras": ["gate"],
    "controller": {"name": "Grad Ćuprija", "contact": "+381 35 000 000", "officer": "dpo@example.org"},
    "purpose": {"statement": "Установити после пријављене крађе бицикла када се десила и шта се догодило."},
    "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    "location": {"place": "Трг слободе 1", "latitude": 44.8071, "longitude": 20.4689},
    "show": {"live": True, "playback": True, "search": True},
    "storage": {"recording_hours": 24, "sealed_hours": 12, "event_hours": 72, "thumbnail_hours": 24},
    "recognition": {"modes": ["verify"], "alternative": "Ring the bell; the porter opens."},
    "recipients": [{"name": "Police", "reason": "On a written request with a case number.", "receives": ["recording"]}],
    "custodians": {"needed": 2, "names": ["Mayor", "Ombudsman", "Works council"]},
    "sign": {"text": "Град Ћуприја води ову камеру. Grad Ćuprija, +381 35 000 000"},
}
DETECTOR: dict[str, Any] = {"threshold": 0.1, "width": 640, "height": 384, "model": None}
LOG = LogFact(
    checkpoint="example.org/log\n3\nAAAA\n\n— example.org/log BBBB\n",
    origin="example.org/log",
    size=3,
    newest_s=1_811_800_000,
    counts={
        "mill": {"consultation.live": 2, "consultation.playback": 3, "unseal.request": 1},
        "": {"consultation.search": 4},
    },
)


def charter(document: Mapping[str, Any]) -> Charter:
    return Charter.model_validate(document)


def settings(challenge: str = "") -> dict[str, Any]:
    """Return settings of a camera; `challenge` is who is asked to move at its recognition point, if it has one."""
    point = {"zone": [[0, 0], [1, 0], [1, 1]], "challenge": challenge} if challenge else None
    made = CameraSettings.model_validate({"source": {"url": "rtsp://camera.example/1"}, "recognition": point})
    return made.model_dump(mode="json", exclude={"source"})


def camera(key: str, document: Mapping[str, Any] | None, *, assessed: bool = True, **more: Any) -> CameraFact:
    """Return a configured camera; `assessed` writes its configuration into the charter's assessment, if it has one."""
    own = charter(document) if document else None
    found = configuration_hash(own, settings(), DETECTOR) if own else ""
    if own and assessed and own.dpia.reference:
        own = charter({**(document or {}), "dpia": {**GATE["dpia"], "configuration": found}})
    given = {"name": key.title(), "charter": own, "settings": settings(), "configuration": found, **more}
    return CameraFact(id=key, **given)


def facts(*cameras: CameraFact, **more: Any) -> Facts:
    usual = Facts(
        day=DAY,
        software="custodes 0.1.0",
        cameras=cameras,
        models=(ModelFact("yunet", "faces, for redaction", "MIT", "pypi: x 1", "ef" * 32, "Small faces are missed."),),
        components=(Component("custodes", "0.1.0", "AGPL-3.0-or-later"), Component("numpy", "2.0", "BSD")),
        detector=DETECTOR,
    )
    return replace(usual, **more)


FIGURES = Figures(
    first_ns=1_811_700_000 * 10**9,
    last_ns=1_811_800_000 * 10**9,
    gaps=2,
    gap_ns=1_000 * 10**9,
    events={EventKind.CROSSED: 17},
)


def everything() -> Facts:
    """Return a register with a camera of every standing, figures and a log."""
    return facts(
        camera("absent", {**MILL, "cameras": ["absent"]}, settings=None),
        camera("bare", None),
        camera("broken", None, problem="broken.toml: purpose.statement: it is vague"),
        camera("changed", {**GATE, "cameras": ["changed"]}, assessed=False),
        camera("early", {**MILL, "cameras": ["early"], "adopted": date(2027, 7, 1)}),
        camera("gate", GATE),
        camera(
            "lapsed",
            {
                **MILL,
                "cameras": ["lapsed"],
                "adopted": date(2026, 1, 1),
                "necessity": {**MILL["necessity"], "review_by": date(2027, 5, 31)},
            },
        ),
        camera("mill", MILL, figures=FIGURES),
        camera("unsigned", {**MILL, "cameras": ["unsigned"]}, unsigned_by=("mayor.example.org",)),
        log=LOG,
    )
