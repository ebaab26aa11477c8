"""A camera whose configuration is not what was assessed is told why it stays dark."""

from datetime import date
from pathlib import Path

from custodes.app.assessment import configuration_of, why_unassessed
from custodes.charter import Answers, Charter, parse_charter, render
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.settings import CameraSettings

CAMERA = CameraSettings.model_validate({"source": {"url": "rtsp://viewer:hunter2@camera.example/1"}})


def charter(configuration: str = "") -> Charter:
    answers = Answers(
        camera="door",
        controller="Example Ltd",
        contact="privacy@example.org",
        place="Mill Street 5",
        view="The door and two metres in front of it.",
        baseline="Three break-ins in 2025, none cleared up.",
        adopted=date(2027, 1, 1),
        dpia_reference="DPIA 1" if configuration else "",
        dpia_sha256="ab" * 32 if configuration else "",
        dpia_configuration=configuration,
        no_dpia_because="" if configuration else "One camera, faces covered.",
    )
    return parse_charter(render("workplace-door", answers))


def test_a_camera_may_run_as_it_was_assessed_and_in_no_other_way() -> None:
    detector = DetectorSettings()
    assessed = charter(configuration_of(charter(), CAMERA, detector))
    assert why_unassessed(assessed, CAMERA, detector) == ""
    solid = CAMERA.model_copy(update={"redaction": CAMERA.redaction.model_copy(update={"style": "solid"})})
    assert "it is not what was assessed" in why_unassessed(assessed, solid, detector)
    sharper = detector.model_copy(update={"threshold": 0.2})
    assert "it is not what was assessed" in why_unassessed(assessed, CAMERA, sharper)


def test_another_address_or_name_of_the_camera_is_the_same_configuration() -> None:
    other = CameraSettings.model_validate({"name": "Door", "source": {"url": "rtsp://camera.example/2"}})
    detector = DetectorSettings()
    assert configuration_of(charter(), other, detector) == configuration_of(charter(), CAMERA, detector)


def test_a_model_of_ones_own_counts_by_its_content_not_its_place(tmp_path: Path) -> None:
    def hashed(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        detector = DetectorSettings(model=tmp_path / name, decoder="yolox")
        return configuration_of(charter(), CAMERA, detector)

    assert hashed("one.onnx", b"weights") == hashed("two.onnx", b"weights")
    assert hashed("one.onnx", b"weights") != hashed("one.onnx", b"others")
    absent = DetectorSettings(model=tmp_path / "absent.onnx", decoder="yolox")
    assert configuration_of(charter(), CAMERA, absent) != hashed("one.onnx", b"weights")


def test_without_an_assessment_there_is_nothing_to_differ_from() -> None:
    assert why_unassessed(charter(), CAMERA, DetectorSettings()) == ""
