"""May this be done? Pure and total: the same answer for the same question, and an answer to every question.

It fails closed. Whatever a charter does not name is denied, and so is everything without a charter, before its first
day and after its review is due. Only deletion goes on then: what expired must go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from custodes.charter.model import Charter
from custodes.charter.terms import DeletionReason, Kept, RecognitionMode
from custodes.domain.events import CameraId, EventKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_S_PER_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Request:
    """Something that somebody, or a part of custodes, wants to do.

    Attributes:
        camera: With which camera's pictures or data.
    """

    camera: CameraId


@dataclass(frozen=True, slots=True)
class ShowLive(Request):
    """Show the redacted live picture."""


@dataclass(frozen=True, slots=True)
class Playback(Request):
    """Play a redacted recording.

    Attributes:
        age_s: Seconds since it was recorded.
    """

    age_s: float


@dataclass(frozen=True, slots=True)
class Search(Request):
    """Search or list events."""


@dataclass(frozen=True, slots=True)
class Store(Request):
    """Store something.

    Attributes:
        kept: What.
        keep_s: For how many seconds.
    """

    kept: Kept
    keep_s: float


@dataclass(frozen=True, slots=True)
class Analyse(Request):
    """Look for objects and make events of them.

    Attributes:
        class_name: COCO class of the objects.
        rule: Kind of the events.
    """

    class_name: str
    rule: EventKind


@dataclass(frozen=True, slots=True)
class Recognise(Request):
    """Recognise a person who enrolled.

    Attributes:
        mode: In which way.
        model: SHA-256 (hex) of the model that makes templates; empty where none is made, as when somebody enrols who is
            to be recognised later.
    """

    mode: RecognitionMode
    model: str = ""


@dataclass(frozen=True, slots=True)
class Export(Request):
    """Give something to somebody outside.

    Attributes:
        kept: What.
        recipient: Name of the recipient.
    """

    kept: Kept
    recipient: str


@dataclass(frozen=True, slots=True)
class Delete(Request):
    """Delete something.

    Attributes:
        kept: What.
        age_s: Seconds since it was stored.
        reason: Why.
    """

    kept: Kept
    age_s: float
    reason: DeletionReason


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request.

    Attributes:
        allowed: Whether it may be done.
        clause: Dotted field of the charter that the answer rests on; `charter` where there is none.
        reason: The answer in words.
        charter: Version of the charter, empty where there is none.
    """

    allowed: bool
    clause: str
    reason: str
    charter: str


_Answer = tuple[bool, str, str]


def decide(request: Request, charter: Charter | None, now_ns: int) -> Decision:
    """Return whether `charter` allows `request` at `now_ns`, and by which clause.

    Never raises, and denies requests of kinds it does not know.

    Args:
        request: What is to be done.
        charter: The charter of the camera, None where it has none.
        now_ns: Wall time, nanoseconds since the Unix epoch; outside the years 1 to 9999 no charter holds.
    """
    if charter is None:
        return Decision(
            allowed=False, clause="charter", reason="there is no charter, so nothing is allowed", charter=""
        )
    allowed, clause, reason = _answer(request, charter, now_ns)
    return Decision(allowed, clause, reason, charter.version)


def _answer(request: Request, charter: Charter, now_ns: int) -> _Answer:
    if type(request) not in _ANSWERS:
        return False, "charter", "a charter knows no such request"
    if request.camera not in charter.cameras:
        return False, "cameras", f"the charter is not for camera {request.camera}"
    if not isinstance(request, Delete) and (closed := _closed(charter, now_ns)):
        return closed
    return _ANSWERS[type(request)](request, charter)


def _closed(charter: Charter, now_ns: int) -> _Answer | None:
    """Return the answer on days outside the charter's own, None on days inside."""
    try:
        today = (_EPOCH + timedelta(microseconds=now_ns // 1000)).date()
    except OverflowError:
        return False, "necessity.review_by", "the time is none that a charter can hold at"
    if today < charter.adopted:
        return False, "adopted", f"the charter holds from {charter.adopted} on"
    if today > charter.necessity.review_by:
        return False, "necessity.review_by", f"the review of the necessity was due by {charter.necessity.review_by}"
    return None


def _show_live(_request: ShowLive, charter: Charter) -> _Answer:
    return _named("show.live", "watching the live picture", allowed=charter.show.live)


def _playback(request: Playback, charter: Charter) -> _Answer:
    if not charter.show.playback:
        return _named("show.playback", "playing recordings", allowed=False)
    return _in_time(request.age_s, charter, Kept.RECORDING, "playing recordings")


def _search(_request: Search, charter: Charter) -> _Answer:
    return _named("show.search", "searching events", allowed=charter.show.search)


def _store(request: Store, charter: Charter) -> _Answer:
    return _in_time(request.keep_s, charter, request.kept, f"storing ({request.kept})")


def _analyse(request: Analyse, charter: Charter) -> _Answer:
    if request.class_name not in charter.analytics.classes:
        return _named("analytics.classes", f"looking for {request.class_name}", allowed=False)
    allowed = request.rule in charter.analytics.rules
    return _named("analytics.rules", f"making events of the kind {request.rule}", allowed=allowed)


def _recognise(request: Recognise, charter: Charter) -> _Answer:
    modes = charter.recognition.modes if charter.recognition else ()
    named = _named("recognition.modes", f"recognition by {request.mode}", allowed=request.mode in modes)
    if charter.recognition is None or not named[0] or not request.model:
        return named
    capability = charter.recognition.capability
    if capability is None:
        return False, "recognition.capability", "the charter does not say how often recognition errs"
    if capability.model != request.model:
        return False, "recognition.capability.model", "the charter's error rates are those of another model"
    return True, "recognition.capability.model", f"{named[2]} with this model"


def _export(request: Export, charter: Charter) -> _Answer:
    receives = {recipient.name: recipient.receives for recipient in charter.recipients}.get(request.recipient)
    if receives is None:
        return False, "recipients", f"the charter names no recipient {request.recipient}"
    what = f"exporting ({request.kept}) to {request.recipient}"
    return _named("recipients.receives", what, allowed=request.kept in receives)


def _delete(request: Delete, charter: Charter) -> _Answer:
    if request.reason != DeletionReason.EXPIRED:
        early = request.reason in charter.storage.early_deletion
        return _named("storage.early_deletion", f"deletion before its time ({request.reason})", allowed=early)
    clause, hours = _period(charter, request.kept)
    if request.age_s >= hours * _S_PER_HOUR:
        return True, clause, f"its {hours} hours are over"
    return False, clause, f"it is to be kept for {hours} hours, which are not over"


def _period(charter: Charter, kept: Kept) -> tuple[str, int]:
    return f"storage.{kept}_hours", charter.storage.hours(kept)


def _in_time(seconds: float, charter: Charter, kept: Kept, what: str) -> _Answer:
    clause, hours = _period(charter, kept)
    if hours and 0 <= seconds <= hours * _S_PER_HOUR:
        return True, clause, f"{what} is allowed for {hours} hours"
    return False, clause, f"{what} is allowed for {hours} hours only" if hours else f"{what} is not allowed"


def _named(clause: str, what: str, *, allowed: bool) -> _Answer:
    return allowed, clause, f"the charter {'names' if allowed else 'does not name'} {what}"


_ANSWERS: Final[dict[type[Request], Callable[[Any, Charter], _Answer]]] = {
    ShowLive: _show_live,
    Playback: _playback,
    Search: _search,
    Store: _store,
    Analyse: _analyse,
    Recognise: _recognise,
    Export: _export,
    Delete: _delete,
}
