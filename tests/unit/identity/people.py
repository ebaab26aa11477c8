"""Consents, charters and faces to test with. The faces are numbers of nobody."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from api_support import capability
from custodes.charter import Charter, Charters
from custodes.domain.events import CameraId
from custodes.identity.template import DIMENSIONS, Template

DAY_NS = 86_400 * 10**9
NOW_NS = 1_800_000_000 * 10**9
"""In January 2027."""
DOOR, YARD = CameraId("door"), CameraId("yard")
MODEL = "5f" * 32

CHARTER: dict[str, Any] = {
    "format": 1,
    "cameras": [DOOR, YARD],
    "adopted": date(2027, 1, 1),
    "controller": {"name": "Example Works", "contact": "privacy@example.org"},
    "purpose": {"statement": "Open the door of the laboratory to staff who enrolled, instead of a badge."},
    "legal_basis": {"basis": "consent", "citation": "GDPR Art. 9(2)(a)", "reason": "Who enrols asks for it freely."},
    "necessity": {
        "baseline": "Badges are lent and lost about once a week.",
        "alternatives": ["A badge does the same, and stays available to all."],
        "review_by": date(2028, 12, 31),
    },
    "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    "location": {"place": "Mill Street 5"},
    "field_of_view": {"description": "The door from inside the lobby.", "public_space": False},
    "recognition": {
        "modes": ["verify", "identify"],
        "alternative": "A badge from the reception opens the door too.",
        "capability": capability(MODEL),
    },
    "sign": {"text": "Example Works recognises staff who enrolled, at the door: privacy@example.org"},
}


def charters(**changes: Any) -> Charters:
    """Charters of both cameras, with some tables changed."""
    charter = Charter.model_validate({**CHARTER, **changes})
    return Charters(dict.fromkeys(charter.cameras, charter))


CHARTERS = charters()


def unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return (vector / np.linalg.norm(vector, axis=-1, keepdims=True)).astype(np.float32)


def faces(seed: int, count: int, photos: int = 2, spread: float = 0.6) -> npt.NDArray[np.float32]:
    """Return templates of `count` people, `photos` each: (count, photos, 128).

    All faces have something in common, each person has much of their own, and each photo differs a little.
    """
    rng = np.random.default_rng(seed)
    common = rng.normal(size=DIMENSIONS) * 0.3
    own = rng.normal(size=(count, 1, DIMENSIONS))
    noise = rng.normal(size=(count, photos, DIMENSIONS)) * spread
    return unit(common + own + noise)


def face(seed: int) -> Template:
    """Return the template of a person."""
    return Template(faces(seed, 1, 1)[0, 0])


def alike(template: Template, seed: int = 0, spread: float = 0.03) -> Template:
    """Return the template of the same person on another photo; `spread` .03 gives a cosine of about .95."""
    noise = np.random.default_rng(seed).normal(size=DIMENSIONS) * spread
    return Template(unit(template.vector.astype(np.float64) + noise))
