"""What a charter has to say, how each mistake is named, and that its version stands still."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from charters import CAPABILITY, DOCUMENT, FULL, charters, with_, without_capability
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from custodes.charter import Charter, CharterError, compare, load_charter, parse_charter
from custodes.charter.purpose import vagueness
from custodes.charter.terms import Part
from custodes.domain.errors import ConfigError


def parsed(document: dict[str, Any]) -> Charter:
    return parse_charter(tomlkit.dumps(document))


def refused(document: dict[str, Any]) -> CharterError:
    with pytest.raises(CharterError) as caught:
        parsed(document)
    return caught.value


SENTENCE = "Disputes about deliveries take two weeks."
REFUSALS: list[tuple[str, object, str, str]] = [
    # field to set, value, field that is named, part of the message
    ("format", 2, "format", "does not know this format"),
    ("cameras", ["Mill Street"], "cameras.0", "no camera id"),
    ("cameras", [], "cameras", "at least 1 item"),
    ("controller.name", "", "controller.name", "at least 2 characters"),
    ("purpose", None, "purpose", "missing"),
    ("purpose.statement", "For your safety and security, always.", "purpose.statement", "vague"),
    ("purpose.statement", "Count bicycles on Mill Street, Bridge Street etc.", "purpose.statement", "open"),
    ("legal_basis", None, "legal_basis", "there is no legal basis"),
    ("legal_basis.basis", "because we can", "legal_basis.basis", "input should be 'consent'"),
    ("legal_basis.citation", "the GDPR", "legal_basis.citation", "names no provision"),
    ("legal_basis.law", "", "legal_basis.law", "laid down by law"),
    ("necessity.alternatives", [], "necessity.alternatives", "at least 1 item"),
    ("necessity.review_by", date(2029, 1, 2), "necessity.review_by", "within two years"),
    ("necessity.review_by", date(2026, 12, 31), "necessity.review_by", "within two years"),
    ("dpia.sha256", "", "dpia.sha256", "belong together"),
    ("dpia.configuration", "", "dpia.configuration", "belong together"),
    ("dpia.configuration", "CD" * 32, "dpia.configuration", "match pattern"),
    ("dpia.not_required_because", "It is only one camera.", "dpia.not_required_because", "has to be clear"),
    ("storage.recording_hours", 73, "storage.recording_hours", "published justification"),
    ("storage.event_hours", 73, "storage.event_hours", "published justification"),
    ("storage.thumbnail_hours", 24.5, "storage.thumbnail_hours", "valid integer"),
    ("storage.early_deletion", ["expired"], "storage.early_deletion.0", "always deleted"),
    ("storage.sealed_hours", 1, "storage.sealed_hours", "beside recordings"),
    ("storage", {"recording_hours": 1, "sealed_hours": 1}, "storage.sealed_hours", "need custodians"),
    ("analytics.classes", ["face"], "analytics.classes.0", "no such class"),
    ("analytics.rules", ["mood"], "analytics.rules.0", "input should be 'appeared'"),
    ("analytics.emotions", True, "analytics.emotions", "no such field"),
    ("show.live", "yes", "show.live", "valid boolean"),
    ("analytics.rules", ["recognition.verified"], "analytics.rules.0", "no rule makes such events"),
    ("recognition", {"modes": ["verify"]}, "recognition.alternative", "missing"),
    (
        "recognition",
        {**FULL["recognition"], "capability": {**CAPABILITY, "false_matches": 78_001}},
        "recognition.capability.false_matches",
        "more errors than non_mated",
    ),
    (
        "recognition",
        {**FULL["recognition"], "modes": ["identify"], "capability": {**CAPABILITY, "gallery": 0}},
        "recognition.capability.gallery",
        "error rates of its own",
    ),
    (
        "recognition",
        {**FULL["recognition"], "capability": {**CAPABILITY, "threshold": 45}},
        "recognition.capability.threshold",
        "less than or equal to 1",
    ),
    ("custodians", {"needed": 3, "names": ["Mayor", "Ombudsman"]}, "custodians.needed", "only 2 custodians"),
    ("custodians", {"needed": 1, "names": ["Mayor", "Ombudsman"]}, "custodians.needed", "greater than or equal to 2"),
    ("recipients", FULL["recipients"] * 2, "recipients", "same name"),
    ("sign.text", "Somebody counts traffic here: traffic@example.org", "sign.text", '"City of Example"'),
]


@pytest.mark.parametrize(("field", "value", "named", "message"), REFUSALS)
def test_a_refusal_names_field_value_and_fix(field: str, value: object, named: str, message: str) -> None:
    error = refused(with_(DOCUMENT, field, value))
    [problem] = error.problems
    assert problem.field == named
    assert message in problem.problem
    assert problem.fix
    assert message in str(error)
    if isinstance(value, str | int) and field == named:
        assert str(value) in problem.value


def test_recognition_needs_an_impact_assessment() -> None:
    document = with_(DOCUMENT, "recognition", FULL["recognition"])
    assert parsed(document).recognition
    [problem] = refused(with_(document, "dpia", {"not_required_because": "One camera."})).problems
    assert (problem.field, "impact assessment" in problem.problem) == ("dpia.reference", True)


def test_all_mistakes_are_named_at_once() -> None:
    document = with_(with_(DOCUMENT, "legal_basis", None), "storage.event_hours", 100)
    assert [problem.field for problem in refused(document).problems] == ["legal_basis", "storage.event_hours"]


@pytest.mark.parametrize(
    ("justification", "published_at", "accepted"),
    [
        (SENTENCE, "https://example.org/why", True),
        (SENTENCE, "", False),
        ("", "https://example.org/why", False),
        (SENTENCE, "in the town hall", False),
    ],
)
def test_long_retention_needs_a_justification_and_where_it_is_read(
    justification: str, published_at: str, accepted: bool
) -> None:
    storage = {"event_hours": 100, "justification": justification, "published_at": published_at}
    document = with_(DOCUMENT, "storage", storage)
    if accepted:
        assert parsed(document).storage.event_hours == 100
    else:
        assert [problem.field for problem in refused(document).problems] == ["storage.event_hours"]


def test_72_hours_need_none() -> None:
    assert parsed(with_(DOCUMENT, "storage.recording_hours", 72)).storage.recording_hours == 72


@pytest.mark.parametrize(
    "statement",
    [
        "safety",
        "For your safety",
        "To ensure the safety and security of people and property",
        "Crime prevention and protection of public order",
        "Video surveillance of the premises for security reasons",
        "Improving services for citizens with smart analytics",
        "Bezbednost ljudi i imovine",
        "Безбедност лица и заштита имовине",
        "Count bicycles on Mill Street, and any other purpose",
        "",
    ],
)
def test_vague_purposes_are_told(statement: str) -> None:
    assert vagueness(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "Count bicycles and cars on Mill Street hourly, to plan the signal timing",
        "Find out after a burglary at the bicycle racks when it happened and what took place",
        "Show the driver of tram 6 whether the rear doors are clear before closing them",
        "Brojanje bicikala i automobila u Mlinskoj ulici radi podešavanja semafora",
    ],
)
def test_concrete_purposes_are_not(statement: str) -> None:
    assert not vagueness(statement)


def test_what_is_no_charter_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="custodes charter new"):
        load_charter(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("format = ", encoding="utf-8")
    with pytest.raises(ConfigError, match="not TOML"):
        load_charter(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not TOML"):
        load_charter(broken)


# Versions stand in logs for ever: a change here breaks what they refer to.
BARE_CANONICAL = (
    '{"adopted":"2027-01-01","cameras":["mill"],'
    '"controller":{"contact":"traffic@example.org","name":"City of Example"},'
    f'"dpia":{{"configuration":"{"cd" * 32}","reference":"DPIA 7/2026","sha256":"{"ab" * 32}"}},'
    '"field_of_view":{"description":"The carriageway and both pavements.","public_space":true},"format":1,'
    '"legal_basis":{"basis":"public task","citation":"GDPR Art. 6(1)(e)","law":"Road Traffic Act, Art. 12",'
    '"reason":"Planning traffic is a task of the city."},"location":{"place":"Mill Street 5"},'
    '"necessity":{"alternatives":["Induction loops do not count bicycles."],'
    '"baseline":"Counts by hand on two days a year.","review_by":"2027-12-31"},'
    '"purpose":{"statement":"Count bicycles and cars on Mill Street hourly, to plan the signal timing."},'
    '"sign":{"text":"City of Example counts traffic here: traffic@example.org"}}'
)
FULL_VERSION = "57a097af1da3a358fad7e136247907439df02a93bc7287c10c2b6823a1ed0d52"


def test_the_canonical_form_and_the_version_stand_still() -> None:
    assert parsed(DOCUMENT).canonical().decode() == BARE_CANONICAL
    assert parsed(DOCUMENT).version == hashlib.sha256(BARE_CANONICAL.encode()).hexdigest()
    assert parsed(with_(FULL, "recognition", without_capability())).version == FULL_VERSION


def test_order_comments_and_stated_defaults_do_not_change_the_version() -> None:
    other = dict(reversed(FULL.items()))
    other = with_(other, "cameras", ["bridge", "mill", "mill"])
    other = with_(other, "analytics.classes", ["bicycle", "car"])
    other = with_(other, "controller.officer", "")
    text = "# a comment\n" + tomlkit.dumps(with_(other, "location.place", "  Mill Street 5 "))
    assert parse_charter(text).version == parsed(FULL).version


@given(charters(), charters())
def test_versions_are_the_same_exactly_where_nothing_differs(one: Charter, other: Charter) -> None:
    assert (one.version == other.version) == (compare(one, other) == ())
    assert compare(one, one) == ()


@given(charters())
def test_a_charter_comes_back_from_its_canonical_form(charter: Charter) -> None:
    back = Charter.model_validate_json(charter.canonical())
    assert back == charter
    assert back.version == charter.version


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), st.lists, max_leaves=4), st.data())
def test_no_value_makes_another_error_than_a_refusal(value: Any, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(FULL)))
    document = {**FULL, field: value}
    try:
        Charter.model_validate(document)
    except ValueError as error:
        assert type(error).__name__ == "ValidationError"  # noqa: PT017


def parts() -> list[type[BaseModel]]:
    return [Part, *Part.__subclasses__()]


def test_every_part_is_frozen_refuses_what_it_does_not_know_and_describes_each_field() -> None:
    assert len(parts()) > 10
    for part in parts():
        assert part.model_config.get("frozen")
        assert part.model_config.get("extra") == "forbid"
        assert [name for name, field in part.model_fields.items() if not field.description] == []


def test_every_default_is_nothing() -> None:
    defaults = [field.default for part in parts() for field in part.model_fields.values() if not field.is_required()]
    assert len(defaults) > 15
    nothing = ("", (), None, False, 0)
    assert [one for one in defaults if not isinstance(one, BaseModel) and one not in nothing] == []
