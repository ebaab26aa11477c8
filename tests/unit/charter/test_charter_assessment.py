"""The hash of what an impact assessment is about changes with all of it, and with nothing else."""

import hashlib
from typing import Any

import pytest
from charters import DOCUMENT, FULL, with_

from custodes.charter import ASSESSED, Charter, assessed_in, configuration_hash, not_assessed
from custodes.domain.canonical import canonical_json

CAMERA: dict[str, Any] = {
    "name": "Mill Street",
    "source": {"url": "rtsp://camera.example/1"},
    "analysis": {"fps": 5.0},
    "redaction": {"style": "pixelate"},
    "recording": {"retention_hours": 72.0},
    "rules": {"zones": []},
}
DETECTOR: dict[str, Any] = {"threshold": 0.1, "model": None}
CHARTER = Charter.model_validate(FULL)


def hashed(document: dict[str, Any] = FULL, camera: Any = CAMERA, detector: Any = DETECTOR) -> str:
    return configuration_hash(Charter.model_validate(document), camera, detector)


def test_it_is_what_the_documentation_says() -> None:
    stated = CHARTER.model_dump(mode="json", exclude_defaults=True)
    del stated["dpia"]
    camera = {name: CAMERA[name] for name in ("analysis", "redaction", "recording", "rules")}
    written = canonical_json({"charter": stated, "camera": camera, "detector": DETECTOR})
    assert hashed() == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Another name"),
        ("source", {"url": "rtsp://camera.example/2"}),
    ],
)
def test_name_and_source_of_the_camera_do_not_count(field: str, value: object) -> None:
    assert hashed(camera=with_(CAMERA, field, value)) == hashed()


def test_the_assessment_itself_does_not_count() -> None:
    assert hashed(with_(FULL, "dpia", {**FULL["dpia"], "configuration": "ef" * 32})) == hashed()
    assert hashed(with_(DOCUMENT, "dpia", {"not_required_because": "One camera."})) == hashed(DOCUMENT)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("document", "storage.recording_hours", 25),
        ("document", "purpose.statement", "Count buses on Mill Street hourly, to plan the timetable."),
        ("document", "cameras", ["mill"]),
        ("camera", "redaction.style", "solid"),
        ("camera", "analysis.fps", 6.0),
        ("camera", "recording.retention_hours", 71.0),
        ("camera", "rules.zones", [{"name": "crossing"}]),
        ("detector", "threshold", 0.2),
        ("detector", "model", "own.onnx"),
    ],
)
def test_everything_else_counts(part: str, field: str, value: object) -> None:
    parts = {"document": FULL, "camera": CAMERA, "detector": DETECTOR}
    assert hashed(**{**parts, part: with_(parts[part], field, value)}) != hashed()


def test_a_camera_that_differs_from_what_was_assessed_is_told_why() -> None:
    found = hashed()
    assessed = Charter.model_validate(with_(FULL, "dpia.configuration", found))
    assert not_assessed(assessed, found) == ""
    reason = not_assessed(assessed, "ef" * 32)
    assert f'dpia.configuration = "{found}"' in reason
    assert "ef" * 32 in reason


def test_without_an_assessment_nothing_can_differ() -> None:
    bare = Charter.model_validate(with_(DOCUMENT, "dpia", {"not_required_because": "One camera."}))
    assert not_assessed(bare, "ef" * 32) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"# X\n\n**{ASSESSED}:** `{'ab' * 32}`\n", "ab" * 32),
        (f"{ASSESSED}: {'ab' * 32}\n\n{ASSESSED}: {'ab' * 32}\n", "ab" * 32),
        (f"{ASSESSED}: {'ab' * 32}\n\n{ASSESSED}: {'cd' * 32}\n", ""),
        (f"{ASSESSED}: {'ab' * 33}", ""),
        ("", ""),
    ],
)
def test_the_hash_is_read_out_of_a_document_where_it_is_clear(text: str, found: str) -> None:
    assert assessed_in(text.encode()) == found


def test_any_bytes_can_be_read() -> None:
    assert assessed_in(b"%PDF-1.4\xff\x00") == ""
