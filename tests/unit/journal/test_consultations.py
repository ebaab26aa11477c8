"""One leaf a person, kind, camera and interval, before anything is shown."""

import pytest

from api_support import ManualClock
from custodes.domain.errors import StoreError
from custodes.domain.persons import Person, PersonKind, Role
from custodes.journal import ConsultationLog, Entry, Logged

ANN = Person("ann", PersonKind.ACCOUNT, Role.OPERATOR)
BOB = Person("bob", PersonKind.TOKEN, Role.OPERATOR, "t1")


class Log:
    """Remembers what was logged."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.broken = False

    def __call__(self, entry: Entry) -> Logged:
        if self.broken:
            raise StoreError("no space left")
        self.entries.append(entry)
        return Logged(len(self.entries) - 1, b"", b"")


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def consultations(log: Log, clock: ManualClock) -> ConsultationLog:
    return ConsultationLog(log, lambda camera: f"charter of {camera}" if camera else "", clock)


def test_looking_on_is_one_consultation(consultations: ConsultationLog, log: Log, clock: ManualClock) -> None:
    for _ in range(14):
        consultations.note(ANN, "live", "gate")
        clock.sleep(60)
    (entry,) = log.entries
    assert (entry.kind, entry.camera, entry.charter) == ("consultation.live", "gate", "charter of gate")
    assert dict(entry.body) == {
        "who": "ann",
        "from": "2026-01-01T12:00:00.000Z",
        "to": "2026-01-01T12:15:00.000Z",
        "known_by": "account",
    }
    clock.sleep(60)
    consultations.note(ANN, "live", "gate")
    assert len(log.entries) == 2


def test_persons_kinds_and_cameras_are_told_apart(consultations: ConsultationLog, log: Log) -> None:
    for who, kind, camera in [
        (ANN, "live", "gate"),
        (BOB, "live", "gate"),
        (ANN, "search", None),
        (ANN, "live", "yard"),
    ]:
        consultations.note(who, kind, camera)
    assert len(log.entries) == 4


def test_what_cannot_be_logged_raises_each_time(consultations: ConsultationLog, log: Log) -> None:
    log.broken = True
    for _ in range(2):
        with pytest.raises(StoreError):
            consultations.note(ANN, "playback", "gate")
    log.broken = False
    consultations.note(ANN, "playback", "gate")
    assert len(log.entries) == 1


def test_a_tokens_use_is_logged_once_an_interval_whatever_it_is_used_for(
    consultations: ConsultationLog, log: Log, clock: ManualClock
) -> None:
    for _ in range(3):
        consultations.note_token(BOB)
    clock.sleep(900)
    consultations.note_token(BOB)
    assert [entry.kind for entry in log.entries] == ["token.use", "token.use"]
    assert log.entries[0].body["known_by"] == "token"
    assert log.entries[0].body["token"] == BOB.token
