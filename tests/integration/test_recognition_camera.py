"""A camera with a recognition point, from a film to events, recordings and the log."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from custodes.domain.cameras import CameraStatus
from custodes.domain.events import EventKind
from custodes.identity import Reason
from custodes.pipeline.messages import Message  # noqa: TC001  as elsewhere, imports say what is used
from custodes.recognition import Challenged
from custodes.store import EventQuery
from sim.houses import DOOR, IDENTIFY, VERIFY, House
from sim.visitors import AT, film, portrait, wall

pytestmark = [pytest.mark.slow, pytest.mark.needs_fixtures]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


def photos(fixtures: Path, person: int) -> list:
    return [portrait(fixtures, person, number) for number in (1, 2, 3, 4)]


def test_who_shows_a_pass_is_verified_recorded_redacted_and_owed_to_the_log(house: House, fixtures: Path) -> None:
    enrolled = house.enrol(photos(fixtures, 1), VERIFY)
    pictures = [wall((portrait(fixtures, 1, 5 + one % 5), AT), shown=enrolled.shown, seed=one) for one in range(30)]
    answers = house.watch(pictures, lambda: EventKind.VERIFIED in {one.kind for one in house.answers()})
    event = next(one for one in answers if one.kind is EventKind.VERIFIED)
    assert event.subject == enrolled.receipt.body.subject
    assert (event.box_norm, event.track_id, event.score, event.reason) == (None, None, 0.0, None)
    made, *uses = house.store.owed.waiting()
    assert made.kind == "enrolment.made"
    assert {(used.kind, used.camera, used.fields["mode"]) for used in uses} == {("recognition.use", DOOR, "verify")}
    assert len(uses) == len(answers)
    [used, *_] = [used for used in uses if used.fields.get("subject")]
    assert used.fields["subject"] == event.subject
    assert used.fields["gallery"] == str(house.safe.generation)
    assert used.fields["from"] < used.fields["to"]
    kept = house.store.events.find(EventQuery(rule="recognition")).items
    assert {item.thumbnail for item in kept} == {None}
    assert house.store.segments.all(DOOR)


def test_what_is_asked_goes_out_with_the_status_and_a_photo_that_holds_still_gets_no_answer(
    house: House, fixtures: Path
) -> None:
    house.enrol(photos(fixtures, 2), IDENTIFY)
    enrolling = house.recogniser.computed
    clip = film(house.folder / "door.mkv", [wall((portrait(fixtures, 2, 6), AT), seed=one) for one in range(40)])
    said: list[Message] = []
    worker = house.camera(clip, said, challenge=Challenged.IDENTIFY)
    worker.start()
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not house.answers():
        time.sleep(0.1)
    worker.stop()
    worker.join(10)
    event = house.answers()[-1]
    assert (event.kind, event.subject, event.reason) == (EventKind.ABSTAINED, None, Reason.UNMOVED.value)
    prompts = [message.prompt for message in said if isinstance(message, CameraStatus)]
    changes = [prompt for prompt, before in zip(prompts, ["", *prompts[:-1]], strict=True) if prompt != before]
    assert changes[0] == "ahead"
    assert changes[1] in {"left", "right", "eyes", "closer"}
    assert changes[2] == ""
    answers = [message.answer for message in said if isinstance(message, CameraStatus)]
    assert list(dict.fromkeys(answers)) == ["", "unmoved"]
    assert house.recogniser.computed - enrolling == 2, "the last face is taken after the turns"


def test_who_holds_still_is_identified_and_a_stranger_is_not(house: House, fixtures: Path) -> None:
    enrolled = {person: house.enrol(photos(fixtures, person), IDENTIFY) for person in (1, 2, 12)}
    known = [wall((portrait(fixtures, 2, 6), AT), seed=one) for one in range(40)]
    answers = house.watch(known, lambda: EventKind.IDENTIFIED in {one.kind for one in house.answers()})
    event = next(one for one in answers if one.kind is EventKind.IDENTIFIED)
    assert event.subject == enrolled[2].receipt.body.subject
    stranger = [wall((portrait(fixtures, 30, 1), AT), seed=one) for one in range(40)]
    answers = house.watch(stranger, lambda: EventKind.NOT_RECOGNISED in {one.kind for one in house.answers()})
    refused = next(one for one in answers if one.kind is EventKind.NOT_RECOGNISED)
    assert (refused.subject, refused.reason) == (None, None)
    assert (refused.box_norm, refused.track_id, refused.score, refused.key_ns) == (None, None, 0.0, refused.end_ns)
    uses = [owed.fields for owed in house.store.owed.waiting() if owed.kind == "recognition.use"]
    assert {use["mode"] for use in uses} == {"identify"}
    assert {use.get("subject") for use in uses} == {event.subject, None}
    assert {one.subject for one in answers} == {event.subject, None}
