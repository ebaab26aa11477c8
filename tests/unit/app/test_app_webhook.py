"""Webhooks: who is told what, signed, logged first, once each, and not when it is too late."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api_support import GATE, YARD, make_charter, make_event
from custodes.api.adverse import Proposal
from custodes.app.webhook import Secret, Webhooks, WebhookSettings
from custodes.app.webhook import webhooks as module
from custodes.charter import Charters
from custodes.domain.errors import ConfigError, StoreError
from custodes.domain.events import CameraId, EventKind
from custodes.domain.time import SystemClock
from custodes.identity import AdverseAction
from sim.receiver import Receiver

RECEIVES = [{"name": "Porter", "reason": "Opens the door for staff by a relay.", "receives": ["event"]}]
OPEN = Charters({GATE: make_charter(GATE, recipients=RECEIVES), YARD: make_charter(YARD)})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def settings(folder: Path, url: str, *kinds: str) -> WebhookSettings:
    return WebhookSettings.model_validate(
        {
            "name": "door",
            "url": url,
            "recipient": "Porter",
            "kinds": kinds or ("recognition.verified", "appeared", "adverse.confirmed"),
            "secret": folder / "door.secret",
        }
    )


@contextmanager
def telling(
    one: WebhookSettings, note: Callable[[str, CameraId], None] = lambda *_: None, charters: Charters = OPEN
) -> Iterator[Webhooks]:
    with Webhooks([one], charters, note, SystemClock()) as webhooks:
        yield webhooks


def test_a_message_is_signed_as_the_specification_says(tmp_path: Path, receiver: Receiver) -> None:
    one = settings(tmp_path, receiver.url)
    with telling(one) as webhooks:
        webhooks.tell(make_event(kind=EventKind.VERIFIED, subject="ab" * 16))
        (document,) = receiver.wait(1)
    headers, body = receiver.taken[0]
    assert (document["type"], document["data"]["camera"]) == ("recognition.verified", "gate")
    assert document["data"]["subject"] == "ab" * 16
    key = base64.b64decode(one.secret.read_text().removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_an_event_is_told_when_it_begins_and_when_it_ends_once_each(tmp_path: Path, receiver: Receiver) -> None:
    event = make_event(end_ns=None)
    with telling(settings(tmp_path, receiver.url)) as webhooks:
        for end_ns in (None, None, event.start_ns + 5, event.start_ns + 5, None):
            webhooks.tell(make_event(event_id=event.event_id, end_ns=end_ns))
        webhooks.tell(make_event())
        told = receiver.wait(3)
    assert [one["data"]["end"] is None for one in told] == [True, False, False]
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 3


def test_other_kinds_are_not_told(tmp_path: Path, receiver: Receiver) -> None:
    with telling(settings(tmp_path, receiver.url, "crossed")) as webhooks:
        webhooks.tell(make_event())
        webhooks.tell(make_event(kind=EventKind.CROSSED))
        (told,) = receiver.wait(1)
    assert told["type"] == "crossed"


def test_where_the_charter_does_not_name_the_recipient_nothing_is_told(tmp_path: Path, receiver: Receiver) -> None:
    noted: list[tuple[str, CameraId]] = []
    with telling(settings(tmp_path, receiver.url), lambda *what: noted.append(what)) as webhooks:
        webhooks.tell(make_event(camera=YARD))
        webhooks.tell(make_event(camera=GATE))
        (told,) = receiver.wait(1)
    assert told["data"]["camera"] == "gate"
    assert noted == [("Porter", GATE)]


def test_what_cannot_be_logged_is_not_told(tmp_path: Path, receiver: Receiver) -> None:
    broken = [True, True]

    def note(_recipient: str, _camera: CameraId) -> None:
        if broken:
            broken.pop()
            assert not receiver.taken
            raise StoreError("no space left")

    with telling(settings(tmp_path, receiver.url), note) as webhooks:
        webhooks.tell(make_event())
        receiver.wait(1)
    assert not broken


def test_a_receiver_that_fails_is_tried_again_with_the_same_id(tmp_path: Path, receiver: Receiver) -> None:
    receiver.statuses = [503, 429]
    with telling(settings(tmp_path, receiver.url)) as webhooks:
        webhooks.tell(make_event())
        receiver.wait(3)
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1


@pytest.mark.parametrize("status", [302, 400])
def test_a_refusal_is_final_and_a_redirection_is_not_followed(tmp_path: Path, receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    with telling(settings(tmp_path, receiver.url)) as webhooks:
        webhooks.tell(make_event())
        webhooks.tell(make_event())
        receiver.wait(2)
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 2


def test_what_is_too_old_is_dropped(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STALE_S", 0.2)
    receiver.statuses = [503]
    with telling(settings(tmp_path, receiver.url)) as webhooks:
        webhooks.tell(make_event())
        receiver.wait(1)
        time.sleep(1.0)
        webhooks.tell(make_event())
        receiver.wait(2)
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 2


def test_what_two_people_confirmed_is_told(tmp_path: Path, receiver: Receiver) -> None:
    action = AdverseAction("lock out", 0, ("ann", "bob"))
    with telling(settings(tmp_path, receiver.url)) as webhooks:
        webhooks.tell_confirmed(Proposal("01" * 13, GATE, "cd" * 16, 0, 60, action))
        (told,) = receiver.wait(1)
    assert told["type"] == "adverse.confirmed"
    assert told["data"] == {"camera": "gate", "subject": "cd" * 16, "what": "lock out", "lasts_s": 60}


def test_the_secret_is_made_once_private_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "door.secret"
    first = Secret.kept(path)
    assert Secret.kept(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("whsec_")
    assert repr(first) == "Secret()"


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_AAAA", "not base64 at all!"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "door.secret"
    path.write_text(text)
    with pytest.raises(ConfigError, match="holds no secret"):
        Secret.kept(path)
