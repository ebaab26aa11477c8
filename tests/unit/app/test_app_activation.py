"""No charter, no camera, and the reason in words."""

from datetime import timedelta
from pathlib import Path

import pytest

from api_support import ManualClock, capability, charter_document, write_charter
from custodes.app.activation import Activation, activate
from custodes.app.assessment import configuration_of
from custodes.app.settings import Settings
from custodes.charter import load_charter
from custodes.domain.time import SystemClock, utc_day
from custodes.journal.signature import sign_charter, signature_path
from custodes.ledger import KeyKind, SigningKey
from custodes.perceive.models import model_table

TODAY = utc_day(SystemClock().utc_ns())


def settings(folder: Path, *cameras: str) -> Settings:
    sources = {camera: {"source": {"url": "clip.mp4"}} for camera in cameras}
    return Settings.model_validate({"charters": folder / "charters", "cameras": sources})


def activated(folder: Path, *cameras: str, day=TODAY) -> Activation:
    return activate(settings(folder, *cameras), day)


def test_a_camera_with_a_charter_runs(tmp_path: Path) -> None:
    write_charter(tmp_path / "charters", "gate", "yard")
    made = activated(tmp_path, "gate", "yard")
    assert sorted(made.charters) == ["gate", "yard"]
    assert made.dark == {}


def test_a_camera_without_one_stays_dark_and_is_told_what_to_do(tmp_path: Path) -> None:
    write_charter(tmp_path / "charters", "gate")
    made = activated(tmp_path, "gate", "yard")
    assert list(made.charters) == ["gate"]
    assert "custodes charter new --camera yard" in made.dark["yard"]


def test_without_a_folder_of_charters_all_is_dark(tmp_path: Path) -> None:
    assert list(activated(tmp_path, "gate").dark) == ["gate"]


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("purpose.statement", {"purpose": {"statement": "Safety and security of all persons."}}),
        ("storage.recording_hours", {"storage": {"recording_hours": 100}}),
        ("legal_basis", {"legal_basis": {}}),
    ],
)
def test_an_invalid_charter_keeps_its_cameras_dark_and_says_which_field(
    tmp_path: Path, field: str, table: dict[str, object]
) -> None:
    write_charter(tmp_path / "charters", "gate", **table)
    made = activated(tmp_path, "gate")
    assert made.charters == {}
    assert field in made.dark["gate"]


def test_two_charters_for_one_camera_are_none(tmp_path: Path) -> None:
    write_charter(tmp_path / "charters", "gate")
    write_charter(tmp_path / "charters", "yard", "gate")
    made = activated(tmp_path, "gate", "yard")
    assert list(made.charters) == ["yard"]
    assert "gate.toml and yard.toml" in made.dark["gate"]


def test_before_its_first_day_and_after_its_review_is_due_a_camera_is_dark(tmp_path: Path) -> None:
    write_charter(tmp_path / "charters", "gate")
    assert "adopted" in activated(tmp_path, "gate", day=TODAY - timedelta(days=2)).dark["gate"]
    assert "necessity.review_by" in activated(tmp_path, "gate", day=TODAY + timedelta(days=366)).dark["gate"]


def test_a_file_that_names_no_camera_is_told_of(tmp_path: Path) -> None:
    write_charter(tmp_path / "charters", "gate")
    (tmp_path / "charters" / "broken.toml").write_text("cameras = [", encoding="utf-8")
    made = activated(tmp_path, "gate")
    assert list(made.charters) == ["gate"]
    (problem,) = made.unread
    assert "broken.toml" in problem


def test_the_charters_of_tests_hold_today_by_either_clock() -> None:
    for clock in (SystemClock(), ManualClock()):
        document = charter_document("gate", clock=clock)
        assert document["adopted"] <= utc_day(clock.utc_ns()) <= document["necessity"]["review_by"]


def test_where_signers_are_named_a_charter_counts_once_all_have_signed(tmp_path: Path) -> None:
    path = write_charter(tmp_path / "charters", "gate")
    keys = [SigningKey.generate(name, KeyKind.LOG) for name in ("city.example/mayor", "city.example/dpo")]
    signed = settings(tmp_path, "gate").model_copy(update={"charter_signers": tuple(str(key.verifier) for key in keys)})
    assert "city.example/mayor and city.example/dpo" in activate(signed, TODAY).dark["gate"]
    content = None
    for key in keys:
        content = sign_charter(load_charter(path), key, content)
    signature_path(path).write_bytes(content)
    assert activate(signed, TODAY).dark == {}
    write_charter(tmp_path / "charters", "gate", storage={"recording_hours": 5})
    assert "signature" in activate(signed, TODAY).dark["gate"]


RECOGNITION = {"modes": ["verify"], "alternative": "A badge from the reception opens the door too."}
SFACE = next(row.digest for row in model_table() if row.recognises)


@pytest.mark.parametrize(
    ("recognition", "keys", "why"),
    [
        (None, True, "it does not name recognition, and cameras.gate.recognition is set"),
        (RECOGNITION, True, "how often recognition errs"),
        ({**RECOGNITION, "capability": capability("5f" * 32)}, True, f"templates are made by {SFACE}"),
        ({**RECOGNITION, "capability": capability(SFACE)}, False, "set identity.keys"),
        ({**RECOGNITION, "capability": capability(SFACE)}, True, ""),
    ],
)
def test_a_recognition_point_needs_a_charter_that_says_how_often_it_errs_and_keys(
    tmp_path: Path, recognition: dict[str, object] | None, why: str, *, keys: bool
) -> None:
    point = {"zone": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8]]}
    document = {
        "charters": tmp_path / "charters",
        "cameras": {"gate": {"source": {"url": "clip.mp4"}, "recognition": point}},
        "identity": {"keys": tmp_path / "keys"} if keys else {},
    }
    made = Settings.model_validate(document)
    tables: dict[str, object] = {"recognition": recognition} if recognition else {}
    dpia = {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32}
    path = write_charter(tmp_path / "charters", "gate", dpia=dpia, **tables)
    assessed = configuration_of(load_charter(path), made.cameras["gate"], made.detector)
    write_charter(tmp_path / "charters", "gate", dpia={**dpia, "configuration": assessed}, **tables)
    told = activate(made, TODAY).dark.get("gate", "")
    assert why in told
    assert bool(why) == bool(told), told
