"""Decisions: closed unless a charter names it, and resting on the clause they carry."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from charters import DOCUMENT, FULL, MODELS, charters, deletions, ns, times, uses
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.charter import (
    Analyse,
    Charter,
    Decision,
    Delete,
    DeletionReason,
    Direction,
    Export,
    Kept,
    Playback,
    Recognise,
    RecognitionMode,
    Request,
    Search,
    ShowLive,
    Store,
    compare,
    decide,
)
from custodes.domain.events import CameraId, EventKind

MILL = CameraId("mill")
NOW = ns(date(2027, 6, 1))
HOUR = 3600.0
BARE = Charter.model_validate(DOCUMENT)
EVERYTHING = Charter.model_validate(FULL)

EXAMPLES: list[tuple[Request, bool, str]] = [
    (ShowLive(MILL), True, "show.live"),
    (Playback(MILL, 24 * HOUR), True, "storage.recording_hours"),
    (Playback(MILL, 24 * HOUR + 1), False, "storage.recording_hours"),
    (Playback(MILL, float("nan")), False, "storage.recording_hours"),
    (Search(MILL), True, "show.search"),
    (Store(MILL, Kept.RECORDING, 24 * HOUR), True, "storage.recording_hours"),
    (Store(MILL, Kept.SEALED, 24 * HOUR), False, "storage.sealed_hours"),
    (Store(MILL, Kept.EVENT, float("inf")), False, "storage.event_hours"),
    (Analyse(MILL, "car", EventKind.CROSSED), True, "analytics.rules"),
    (Analyse(MILL, "person", EventKind.CROSSED), False, "analytics.classes"),
    (Analyse(MILL, "car", EventKind.DWELL), False, "analytics.rules"),
    (Recognise(MILL, RecognitionMode.VERIFY), True, "recognition.modes"),
    (Recognise(MILL, RecognitionMode.IDENTIFY), False, "recognition.modes"),
    (Recognise(MILL, RecognitionMode.VERIFY, MODELS[0]), True, "recognition.capability.model"),
    (Recognise(MILL, RecognitionMode.VERIFY, MODELS[1]), False, "recognition.capability.model"),
    (Recognise(MILL, RecognitionMode.IDENTIFY, MODELS[0]), False, "recognition.modes"),
    (Export(MILL, Kept.RECORDING, "Police"), True, "recipients.receives"),
    (Export(MILL, Kept.EVENT, "Police"), False, "recipients.receives"),
    (Export(MILL, Kept.RECORDING, "police"), False, "recipients"),
    (Delete(MILL, Kept.RECORDING, 24 * HOUR, DeletionReason.EXPIRED), True, "storage.recording_hours"),
    (Delete(MILL, Kept.RECORDING, 24 * HOUR - 1, DeletionReason.EXPIRED), False, "storage.recording_hours"),
    (Delete(MILL, Kept.RECORDING, 0.0, DeletionReason.DISK_SPACE), True, "storage.early_deletion"),
    (Delete(MILL, Kept.RECORDING, 0.0, DeletionReason.ERASURE_REQUEST), False, "storage.early_deletion"),
    (ShowLive(CameraId("door")), False, "cameras"),
    (Search(CameraId("door")), False, "cameras"),
]


@pytest.mark.parametrize(("request_", "allowed", "clause"), EXAMPLES, ids=lambda value: str(value)[:60])
def test_examples(request_: Request, allowed: bool, clause: str) -> None:
    decision = decide(request_, EVERYTHING, NOW)
    assert (decision.allowed, decision.clause, decision.charter) == (allowed, clause, EVERYTHING.version)


def test_the_examples_have_both_answers_for_every_kind() -> None:
    answers = Counter((type(request), allowed) for request, allowed, _ in EXAMPLES)
    kinds = {type(request) for request, _, _ in EXAMPLES}
    assert {kind.__name__ for kind in kinds} == {kind.__name__ for kind in Request.__subclasses__()}
    assert [kind for kind in kinds if not (answers[kind, True] and answers[kind, False])] == []


@given(uses | deletions, charters() | st.none(), times)
def test_every_question_has_one_answer_with_a_clause(request: Any, charter: Charter | None, now_ns: int) -> None:
    decision = decide(request, charter, now_ns)
    assert decision == decide(request, charter, now_ns)
    assert isinstance(decision.allowed, bool)
    assert decision.clause
    assert decision.reason
    assert decision.charter == (charter.version if charter else "")


@given(uses | deletions, times)
def test_without_a_charter_nothing_is_allowed(request: Any, now_ns: int) -> None:
    assert decide(request, None, now_ns) == Decision(
        allowed=False, clause="charter", reason="there is no charter, so nothing is allowed", charter=""
    )


@given(uses, times)
def test_a_charter_that_names_nothing_allows_nothing(request: Any, now_ns: int) -> None:
    assert not decide(request, BARE, now_ns).allowed


@given(uses | deletions, charters(), times)
def test_cameras_that_are_not_named_stay_dark(request: Any, charter: Charter, now_ns: int) -> None:
    if request.camera not in charter.cameras:
        decision = decide(request, charter, now_ns)
        assert (decision.allowed, decision.clause) == (False, "cameras")


@given(uses, charters(), st.integers(1, 10**5))
def test_outside_its_days_a_charter_allows_no_use(request: Any, charter: Charter, days: int) -> None:
    before = ns(charter.adopted - timedelta(days=days))
    after = ns(charter.necessity.review_by + timedelta(days=days))
    assert not decide(request, charter, before).allowed
    assert not decide(request, charter, after).allowed


@given(deletions, charters(), times, times)
def test_deletion_does_not_depend_on_the_day(request: Any, charter: Charter, one: int, other: int) -> None:
    assert decide(request, charter, one) == decide(request, charter, other)


def test_the_first_and_the_last_day_belong_to_it() -> None:
    first, last = ns(EVERYTHING.adopted) - 43_200 * 10**9, ns(EVERYTHING.necessity.review_by) + 43_200 * 10**9
    live = ShowLive(MILL)
    assert [decide(live, EVERYTHING, now).allowed for now in (first - 1, first, last - 1, last)] == [
        False,
        True,
        True,
        False,
    ]
    assert decide(live, EVERYTHING, first - 1).clause == "adopted"
    assert decide(live, EVERYTHING, last).clause == "necessity.review_by"


@given(uses, charters(), st.integers(0, 731))
def test_an_allowance_rests_on_its_clause(request: Any, charter: Charter, days: int) -> None:
    now_ns = ns(charter.adopted + timedelta(days=days))
    decision = decide(request, charter, now_ns)
    if decision.allowed:
        assert not decide(request, without(charter, decision.clause), now_ns).allowed


def without(charter: Charter, clause: str) -> Charter:
    """Return `charter` with what `clause` names left at its default."""
    head, _, tail = clause.partition(".")
    if head in {"recipients", "recognition"}:
        return charter.model_copy(update={head: () if head == "recipients" else None})
    part = getattr(charter, head)
    empty = type(part).model_fields[tail].default
    return charter.model_copy(update={head: part.model_copy(update={tail: empty})})


def swapped(charter: Charter, other: Charter, field: str) -> Charter:
    """Return `charter` with dotted `field` from `other`."""
    head, _, tail = field.partition(".")
    if tail:
        part = getattr(charter, head).model_copy(update={tail: getattr(getattr(other, head), tail)})
        return charter.model_copy(update={head: part})
    return charter.model_copy(update={head: getattr(other, head)})


def all_uses(charter: Charter) -> Iterator[Request]:
    """Yield uses of every kind, at the very limits of `charter`."""
    for camera in charter.cameras:
        yield from (ShowLive(camera), Search(camera), Playback(camera, charter.storage.recording_hours * HOUR))
        for kept in Kept:
            yield Store(camera, kept, charter.storage.hours(kept) * HOUR)
            yield from (Export(camera, kept, recipient.name) for recipient in charter.recipients)
        yield from (Recognise(camera, mode, model) for mode in RecognitionMode for model in ("", *MODELS))
        for name in charter.analytics.classes:
            yield from (Analyse(camera, name, rule) for rule in charter.analytics.rules)


ALLOWING = [
    *("cameras", "adopted", "necessity.review_by", "show.live", "show.playback", "show.search", "analytics.classes"),
    *("analytics.rules", "storage.recording_hours", "storage.sealed_hours", "storage.event_hours"),
    *("storage.thumbnail_hours", "recognition", "recipients"),
]


@pytest.mark.parametrize("field", ALLOWING)
def test_what_becomes_allowed_is_told_as_more(field: str) -> None:
    found = Counter[bool]()

    @settings(max_examples=60, derandomize=True)
    @given(charters(), charters())
    def tell(old: Charter, other: Charter) -> None:
        new = swapped(old, other, field)
        uses_of_new = list(all_uses(new))
        # On a day that only the new charter allows, where there is one.
        days = (new.adopted, new.necessity.review_by, old.adopted, old.necessity.review_by)
        widened = any(
            decide(use, new, ns(day)).allowed and not decide(use, old, ns(day)).allowed
            for day in days
            for use in uses_of_new
        )
        found[widened] += 1
        told = Direction.MORE in {change.direction for change in compare(old, new)}
        assert told or not widened

    tell()
    assert found[True]
    assert found[False]


def test_a_request_of_another_kind_is_denied() -> None:
    class Broadcast(ShowLive):
        """A kind that nobody thought of."""

    assert not decide(Broadcast(MILL), EVERYTHING, NOW).allowed
    assert not decide(Request(MILL), EVERYTHING, NOW).allowed
    assert not decide(object(), EVERYTHING, NOW).allowed  # type: ignore[arg-type]
