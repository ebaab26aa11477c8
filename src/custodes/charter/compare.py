"""What changed from one charter to the next, in words: what became more, what less.

Where two values cannot be measured against each other (another purpose, another place), the change counts as more: a
person has to judge it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from custodes.charter.model import Charter
from custodes.charter.problems import table_in
from custodes.charter.tables import Recipient


class Direction(StrEnum):
    """Whether a change widens what may be done."""

    MORE = "more"
    """More may be done, or it cannot be told."""
    LESS = "less"
    """Less may be done."""
    OTHER = "other"
    """Something else was written, which allows and forbids nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two charters.

    Attributes:
        field: Dotted field.
        direction: Whether it widens.
        text: The change in words.
    """

    field: str
    direction: Direction
    text: str


class Measure(StrEnum):
    """How two values of a field compare."""

    LARGER_IS_MORE = "larger is more"
    SMALLER_IS_MORE = "smaller is more"
    ADDED_IS_MORE = "added is more"
    CHANGED_IS_MORE = "changed is more"
    GIVEN_IS_MORE = "given is more"
    RECIPIENTS = "recipients"
    OTHER = "other"


MEASURES: Final[dict[str, tuple[Measure, str]]] = {
    "format": (Measure.CHANGED_IS_MORE, "format"),
    "cameras": (Measure.ADDED_IS_MORE, "cameras"),
    "adopted": (Measure.SMALLER_IS_MORE, "first day"),
    "controller.name": (Measure.CHANGED_IS_MORE, "controller"),
    "controller.contact": (Measure.OTHER, "contact"),
    "controller.officer": (Measure.OTHER, "data-protection officer"),
    "purpose.statement": (Measure.CHANGED_IS_MORE, "purpose"),
    "legal_basis.basis": (Measure.CHANGED_IS_MORE, "legal basis"),
    "legal_basis.citation": (Measure.OTHER, "citation of the legal basis"),
    "legal_basis.law": (Measure.OTHER, "law behind the legal basis"),
    "legal_basis.reason": (Measure.OTHER, "reason for the legal basis"),
    "necessity.baseline": (Measure.OTHER, "baseline of the necessity"),
    "necessity.alternatives": (Measure.OTHER, "alternatives considered"),
    "necessity.review_by": (Measure.LARGER_IS_MORE, "review of the necessity due by"),
    "dpia.reference": (Measure.OTHER, "impact assessment"),
    "dpia.sha256": (Measure.OTHER, "hash of the impact assessment"),
    "dpia.configuration": (Measure.OTHER, "configuration that was assessed"),
    "dpia.not_required_because": (Measure.OTHER, "why no impact assessment"),
    "location.place": (Measure.CHANGED_IS_MORE, "place"),
    "location.latitude": (Measure.CHANGED_IS_MORE, "latitude"),
    "location.longitude": (Measure.CHANGED_IS_MORE, "longitude"),
    "field_of_view.description": (Measure.CHANGED_IS_MORE, "field of view"),
    "field_of_view.public_space": (Measure.LARGER_IS_MORE, "public space in the field of view"),
    "field_of_view.azimuth_deg": (Measure.CHANGED_IS_MORE, "direction of view, degrees"),
    "field_of_view.width_deg": (Measure.LARGER_IS_MORE, "angle of view, degrees"),
    "field_of_view.reach_m": (Measure.LARGER_IS_MORE, "reach, metres"),
    "optics.image_width_px": (Measure.LARGER_IS_MORE, "pixels across the picture"),
    "optics.distances_m": (Measure.OTHER, "distances for which pixels a metre are stated"),
    "contract.supplier": (Measure.OTHER, "supplier"),
    "contract.reference": (Measure.OTHER, "contract"),
    "contract.link": (Measure.OTHER, "where the contract is published"),
    "cost.currency": (Measure.OTHER, "currency of the costs"),
    "cost.capital": (Measure.OTHER, "cost of buying it"),
    "cost.yearly": (Measure.OTHER, "cost a year"),
    "show.live": (Measure.LARGER_IS_MORE, "watching live"),
    "show.playback": (Measure.LARGER_IS_MORE, "playing recordings"),
    "show.search": (Measure.LARGER_IS_MORE, "searching events"),
    "analytics.classes": (Measure.ADDED_IS_MORE, "classes looked for"),
    "analytics.rules": (Measure.ADDED_IS_MORE, "kinds of events"),
    "storage.recording_hours": (Measure.LARGER_IS_MORE, "retention of recordings, hours"),
    "storage.sealed_hours": (Measure.LARGER_IS_MORE, "retention of sealed originals, hours"),
    "storage.event_hours": (Measure.LARGER_IS_MORE, "retention of events, hours"),
    "storage.thumbnail_hours": (Measure.LARGER_IS_MORE, "retention of thumbnails, hours"),
    "storage.justification": (Measure.OTHER, "justification of long retention"),
    "storage.published_at": (Measure.OTHER, "where that justification is published"),
    "storage.early_deletion": (Measure.ADDED_IS_MORE, "reasons for early deletion"),
    "recognition.modes": (Measure.ADDED_IS_MORE, "recognition"),
    "recognition.alternative": (Measure.CHANGED_IS_MORE, "alternative to recognition"),
    "recognition.height_px": (Measure.SMALLER_IS_MORE, "least height of a face"),
    "recognition.turned": (Measure.LARGER_IS_MORE, "how far a face may be turned"),
    "recognition.still_s": (Measure.SMALLER_IS_MORE, "seconds of holding still"),
    "recognition.capability.model": (Measure.GIVEN_IS_MORE, "model of recognition"),
    "recognition.capability.threshold": (Measure.SMALLER_IS_MORE, "threshold of recognition"),
    "recognition.capability.measured": (Measure.OTHER, "how recognition was measured"),
    "recognition.capability.non_mated": (Measure.OTHER, "comparisons of different people"),
    "recognition.capability.false_matches": (Measure.LARGER_IS_MORE, "false matches among them"),
    "recognition.capability.mated": (Measure.OTHER, "comparisons of one person"),
    "recognition.capability.false_non_matches": (Measure.LARGER_IS_MORE, "false non-matches among them"),
    "recognition.capability.gallery": (Measure.LARGER_IS_MORE, "people in the gallery"),
    "recognition.capability.non_mated_searches": (Measure.OTHER, "searches for people not in it"),
    "recognition.capability.false_positives": (Measure.LARGER_IS_MORE, "false positives among them"),
    "recognition.capability.mated_searches": (Measure.OTHER, "searches for people in it"),
    "recognition.capability.false_negatives": (Measure.LARGER_IS_MORE, "false negatives among them"),
    "recipients": (Measure.RECIPIENTS, "recipients"),
    "custodians.needed": (Measure.SMALLER_IS_MORE, "custodians needed to open originals"),
    "custodians.names": (Measure.ADDED_IS_MORE, "custodians"),
    "sign.text": (Measure.OTHER, "text of the sign"),
}
"""How each field is measured, and what it is called."""


def compare(old: Charter, new: Charter) -> tuple[Change, ...]:
    """Return what changed from `old` to `new`, in the order of a charter's fields; empty where both are the same."""
    return tuple(
        change
        for (field, before), (_, after) in zip(_fields(Charter, old), _fields(Charter, new), strict=True)
        if before != after
        for change in _changes(field, before, after)
    )


def _fields(model: type[BaseModel], value: BaseModel | None, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field that is no table, by its dotted name; None in tables that are not there."""
    for name, field in model.model_fields.items():
        inner = getattr(value, name) if value is not None else None
        table = table_in(field.annotation)
        if table is None or table is Recipient:
            yield path + name, inner
        else:
            yield from _fields(table, inner, f"{path}{name}.")


def _changes(field: str, before: Any, after: Any) -> Iterator[Change]:
    measure, label = MEASURES[field]
    if measure is Measure.RECIPIENTS:
        yield from _recipient_changes(field, label, before, after)
    elif measure is Measure.ADDED_IS_MORE:
        yield from _set_changes(field, label, before or (), after or ())
    else:
        yield Change(field, _direction(measure, before, after), f"{label}: {_shown(before)} -> {_shown(after)}")


def _direction(measure: Measure, before: Any, after: Any) -> Direction:
    if measure is Measure.OTHER:
        return Direction.OTHER
    if measure is Measure.GIVEN_IS_MORE:
        return Direction.LESS if after is None else Direction.MORE
    if before is None or (after is None and measure is Measure.SMALLER_IS_MORE):
        return Direction.OTHER
    if measure is Measure.CHANGED_IS_MORE or after is None:
        return Direction.MORE
    return Direction.MORE if (after > before) is (measure is Measure.LARGER_IS_MORE) else Direction.LESS


def _set_changes(field: str, label: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    if added := [str(item) for item in after if item not in before]:
        yield Change(field, Direction.MORE, f"{label}: added {', '.join(added)}")
    if removed := [str(item) for item in before if item not in after]:
        yield Change(field, Direction.LESS, f"{label}: removed {', '.join(removed)}")


def _recipient_changes(
    field: str, label: str, before: Sequence[Recipient], after: Sequence[Recipient]
) -> Iterator[Change]:
    yield from _set_changes(field, label, _received(before), _received(after))
    reasons = {recipient.name: recipient.reason for recipient in before}
    for recipient in after:
        old = reasons.get(recipient.name, recipient.reason)
        if old != recipient.reason:
            text = f"why {recipient.name} receives: {_shown(old)} -> {_shown(recipient.reason)}"
            yield Change(field, Direction.MORE, text)


def _received(recipients: Sequence[Recipient]) -> list[str]:
    return [f"{recipient.name} ({kept})" for recipient in recipients for kept in recipient.receives]


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | date):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    return ", ".join(f'"{item}"' if isinstance(item, str) else f"{item:g}" for item in value)
