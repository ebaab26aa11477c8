"""Whether a camera is configured as it was when its impact was assessed."""

import hashlib
from typing import Any

from custodes.charter import Charter, configuration_hash, not_assessed
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.settings import CameraSettings


def shown_settings(camera: CameraSettings) -> dict[str, Any]:
    """Return the settings of `camera` as JSON, without its source, whose addresses may hold passwords."""
    return camera.model_dump(mode="json", exclude={"source"})


def detector_settings(detector: DetectorSettings) -> dict[str, Any]:
    """Return the settings of `detector` as JSON, with the SHA-256 of a model of one's own instead of its path."""
    return {**detector.model_dump(mode="json"), "model": model_digest(detector)}


def model_digest(detector: DetectorSettings) -> str | None:
    """Return the SHA-256 (hex) of a model of one's own, None where there is none or it cannot be read."""
    try:
        return hashlib.sha256(detector.model.read_bytes()).hexdigest() if detector.model else None
    except OSError:
        return None


def configuration_of(charter: Charter, camera: CameraSettings, detector: DetectorSettings) -> str:
    """Return the hash of all that an impact assessment of `camera` is about."""
    return configuration_hash(charter, shown_settings(camera), detector_settings(detector))


def why_unassessed(charter: Charter, camera: CameraSettings, detector: DetectorSettings) -> str:
    """Return why `camera` must stay dark for its impact assessment's sake, empty where it need not."""
    return not_assessed(charter, configuration_of(charter, camera, detector)) if charter.dpia.configuration else ""
