"""Is what runs what was assessed? The hash of a configuration that an impact assessment is approved for."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from custodes.charter.model import Charter
from custodes.domain.canonical import Json, canonical_json

ASSESSED: Final = "Configuration assessed"
"""What stands before the hash in the head of a drafted assessment, in every language."""

_APART: Final = frozenset({"name", "source"})
"""Fields of a camera's settings that change nothing about what is done with its pictures."""
_LINE: Final = re.compile(rf"{ASSESSED}[*`\s]*:[*`\s]*([0-9a-f]{{64}})\b")


def configuration_hash(charter: Charter, camera: Mapping[str, Json], detector: Mapping[str, Json]) -> str:
    """Return the SHA-256, 64 digits of hex, of all that an impact assessment is about.

    That is the canonical JSON (RFC 8785) of an object with the members `charter`, `camera` and `detector`: the charter
    without its table `dpia`, the camera's settings without `name` and `source`, and the detector's settings.

    Args:
        charter: The charter of the camera.
        camera: Settings of the camera as JSON, every field, those at their defaults too.
        detector: Settings of the detector, likewise.
    """
    stated = charter.model_dump(mode="json", exclude_defaults=True)
    assessed: dict[str, Json] = {
        "charter": {name: value for name, value in stated.items() if name != "dpia"},
        "camera": {name: value for name, value in camera.items() if name not in _APART},
        "detector": dict(detector),
    }
    return hashlib.sha256(canonical_json(assessed)).hexdigest()


def not_assessed(charter: Charter, configuration: str) -> str:
    """Return why a camera with this `configuration_hash` must not run under `charter`, empty where it may.

    A charter that says why no assessment is required has no hash to differ from.
    """
    if charter.dpia.configuration in {"", configuration}:
        return ""
    return (
        f'dpia.configuration = "{charter.dpia.configuration}": the camera is configured as {configuration}, so it is '
        "not what was assessed; assess it again with `custodes dpia`, or set it back"
    )


def assessed_in(document: bytes) -> str:
    """Return the hash that the head of a drafted assessment names, empty where `document` names none or several."""
    found = set(_LINE.findall(document.decode("utf-8", "replace")))
    return found.pop() if len(found) == 1 else ""
