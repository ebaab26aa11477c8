"""Consent says what the charter says, ends, and is refused for minors without a guardian."""

import pickle
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import CHARTER, CHARTERS, DAY_NS, DOOR, NOW_NS, YARD, charters, face

from custodes.charter import Charters, RecognitionMode
from custodes.domain.errors import ConfigError, IntegrityError, PolicyDenied
from custodes.domain.events import CameraId
from custodes.identity.consent import (
    LONGEST_NS,
    Consent,
    DataSubject,
    check_current,
    draft,
    new_subject,
)
from custodes.identity.receipt import Receipt
from custodes.identity.template import Template
from custodes.identity.wording import languages, wording
from custodes.ledger import KeyKind, SigningKey

VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY
KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)


def drafted(cameras: Sequence[CameraId] = (DOOR,), charters: Charters = CHARTERS, **changes: Any) -> Consent:
    fields = {"given_ns": NOW_NS, "expires_ns": NOW_NS + 90 * DAY_NS, "minor": False, "guardian": "", **changes}
    return draft(charters, cameras, fields.pop("modes", (VERIFY,)), **fields)


def test_a_consent_says_what_the_charter_says() -> None:
    consent = drafted([YARD, DOOR, YARD], modes=[IDENTIFY, VERIFY])
    assert (consent.cameras, consent.modes) == (("door", "yard"), (IDENTIFY, VERIFY))
    assert consent.controller == "Example Works"
    assert consent.purpose == CHARTER["purpose"]["statement"]
    words = consent.words()
    for part in ("Example Works", "privacy@example.org", "door, yard", "A badge from the reception", "2027-04-15"):
        assert part in words
    assert "{" not in words
    assert "guardian" not in words
    check_current(consent, CHARTERS, NOW_NS)


def test_what_a_charter_does_not_name_cannot_be_agreed_to() -> None:
    only = charters(recognition={"modes": ["verify"], "alternative": "A badge from the reception does it too."})
    drafted(charters=only)
    with pytest.raises(PolicyDenied, match="Nobody may be recognised at door by identify"):
        drafted(charters=only, modes=[VERIFY, IDENTIFY])
    with pytest.raises(PolicyDenied, match="there is no charter"):
        drafted([CameraId("elsewhere")])
    with pytest.raises(PolicyDenied, match="review"):
        drafted(given_ns=NOW_NS + 731 * DAY_NS, expires_ns=NOW_NS + 740 * DAY_NS)
    with pytest.raises(ConfigError, match="no camera"):
        drafted([])


def test_one_consent_is_for_one_purpose() -> None:
    other = charters(purpose={"statement": "Count how often staff come through the yard with parcels on Mondays."})
    mixed = Charters({DOOR: CHARTERS.by_camera[DOOR], YARD: other.by_camera[YARD]})
    with pytest.raises(ConfigError, match="differ in controller, purpose"):
        drafted([DOOR, YARD], mixed)


def test_a_consent_that_is_out_of_date_does_not_count() -> None:
    consent = drafted()
    with pytest.raises(ConfigError, match="to something else"):
        check_current(consent, charters(controller={"name": "Example", "contact": "privacy@example.org"}), NOW_NS)
    with pytest.raises(ConfigError, match="to something else"):
        check_current(consent.model_copy(update={"text": "0" * 64}), CHARTERS, NOW_NS)
    with pytest.raises(PolicyDenied, match="does not hold"):
        check_current(consent, CHARTERS, consent.expires)
    lapsed = charters(necessity={**CHARTER["necessity"], "review_by": date(2027, 2, 1)})
    with pytest.raises(PolicyDenied, match="review"):
        check_current(consent, lapsed, NOW_NS + 60 * DAY_NS)


@given(st.booleans(), st.sampled_from(["", "  ", "Parent, file 12/2027"]))
def test_a_minor_enrols_with_a_guardian_and_an_adult_without(minor: bool, guardian: str) -> None:
    if minor == bool(guardian.strip()) and (minor or not guardian):
        assert drafted(minor=minor, guardian=guardian).minor == minor
        assert ("You agree as guardian" in drafted(minor=minor, guardian=guardian).words()) == minor
    else:
        with pytest.raises(IntegrityError, match=r"guardian|nobody else"):
            drafted(minor=minor, guardian=guardian)


@given(st.integers(-DAY_NS, 2 * LONGEST_NS), st.integers(-2 * DAY_NS, 2 * LONGEST_NS))
def test_every_consent_ends(length_ns: int, later_ns: int) -> None:
    millisecond = 10**6
    if not millisecond <= length_ns < LONGEST_NS + millisecond:
        with pytest.raises(IntegrityError, match="has to end"):
            drafted(expires_ns=NOW_NS + length_ns)
        return
    consent = drafted(expires_ns=NOW_NS + length_ns)
    assert consent.holds(NOW_NS + later_ns) == (0 <= later_ns < consent.expires - NOW_NS)


def test_no_field_holds_a_date_of_birth() -> None:
    assert not [name for name in (*Consent.model_fields, *DataSubject.model_fields) if "birth" in name or name == "age"]
    with pytest.raises(IntegrityError, match="born"):
        Consent.parse(drafted().canonical().replace(b'"minor"', b'"born":"2012-01-01","minor"'), "The consent")


def test_a_receipt_is_text_and_data_that_agree() -> None:
    subject, consent = new_subject(), drafted()
    receipt = Receipt.of(subject, NOW_NS, consent, KEY)
    body = receipt.body
    assert Receipt.of(subject, NOW_NS, consent, KEY).note == receipt.note
    text = receipt.note.decode()
    for part in (
        body.subject,
        wording("en").version,
        "To withdraw",
        "Example Works",
        "not recognised from the next attempt on",
    ):
        assert part in text
    assert Receipt.verified(receipt.note, KEY.verifier).body == body


def test_a_changed_receipt_is_noticed() -> None:
    receipt = Receipt.of(new_subject(), NOW_NS, drafted(), KEY)
    other = SigningKey.generate("example.org/other", KeyKind.LOG)
    with pytest.raises(IntegrityError, match="wrong"):
        Receipt.verified(receipt.note.replace(b"door", b"roof", 1), KEY.verifier)
    with pytest.raises(IntegrityError, match="not signed by this server"):
        Receipt.verified(receipt.note, other.verifier)
    from custodes.ledger.note import Note

    forged = Note.signed(Note.parse(receipt.note).text.replace("door", "roof", 1), KEY)
    with pytest.raises(IntegrityError, match="contradicts itself"):
        Receipt.verified(bytes(forged), KEY.verifier)


def test_a_purpose_with_lines_and_tabs_fits_on_a_receipt() -> None:
    statement = "Open the door of the laboratory\n\tto staff who enrolled, instead of a badge."
    consent = drafted(charters=charters(purpose={"statement": statement}))
    receipt = Receipt.of(new_subject(), NOW_NS, consent, KEY)
    assert Receipt.verified(receipt.note, KEY.verifier).body.consent == consent


@pytest.mark.parametrize("tag", languages())
def test_consent_and_receipt_are_in_the_language_that_was_agreed_in(tag: str) -> None:
    consent = drafted(language=tag, minor=True, guardian="Parent", modes=[IDENTIFY, VERIFY])
    assert consent.text == wording(tag).version
    check_current(consent, CHARTERS, NOW_NS)
    assert "{" not in consent.words()
    text = Receipt.of(new_subject(), NOW_NS, consent, KEY).note.decode()
    assert text.startswith(wording(tag).receipt["heading"])
    assert consent.words() in text
    with pytest.raises(ConfigError, match="no language xx"):
        drafted(language="xx")


def test_a_consent_to_words_that_are_not_known_cannot_be_read_out() -> None:
    with pytest.raises(IntegrityError, match="not among those known"):
        drafted().model_copy(update={"text": "0" * 64}).words()


def test_ids_are_random() -> None:
    ids = {new_subject() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 32 for one in ids)


@pytest.mark.parametrize(
    "vector",
    [
        np.ones(128, np.float32),
        np.zeros(128, np.float32),
        np.eye(128)[0],
        np.eye(1, 64, dtype=np.float32)[0],
        np.full(128, np.nan, np.float32),
        np.full(128, np.inf, np.float32),
    ],
)
def test_only_unit_vectors_are_templates(vector: np.ndarray) -> None:
    with pytest.raises(IntegrityError, match="This is no template"):
        Template(vector)


def test_a_template_shows_nothing_and_stays() -> None:
    source = face(1).vector.copy()
    template = Template(source)
    source[:] = 0
    assert abs(np.linalg.norm(template.vector) - 1) < 1e-3
    assert repr(template) == "Template()"
    assert str(drafted()) == "Consent()"
    assert repr(DataSubject(name="Ana Anić", contact="ana@example.org")) == "DataSubject()"
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(template)
    with pytest.raises(ValueError, match="read-only"):
        template.vector[0] = 1
