"""A charter in plain words."""

from collections.abc import Iterator
from datetime import date

from custodes.charter.model import Charter
from custodes.charter.resolution import Level, resolution
from custodes.charter.terms import Kept

_NAMES = {
    Kept.RECORDING: "redacted recordings",
    Kept.SEALED: "sealed originals",
    Kept.EVENT: "events",
    Kept.THUMBNAIL: "redacted pictures of events",
}


def lapsed(charter: Charter, today: date) -> str:
    """Return why `charter` allows nothing on `today` (UTC), empty where it holds."""
    if today < charter.adopted:
        return f"adopted = {charter.adopted}: it holds from that day on; until then nothing is allowed"
    if today > charter.necessity.review_by:
        return (
            f"necessity.review_by = {charter.necessity.review_by}: the review of the necessity is overdue, so nothing "
            "is allowed; review it, and write a new adopted and review_by"
        )
    return ""


def summary(charter: Charter) -> tuple[tuple[str, str], ...]:
    """Return what `charter` says as pairs of a heading and a sentence."""
    basis = charter.legal_basis
    return (
        ("Cameras", f"{', '.join(charter.cameras)}, at {charter.location.place}"),
        ("Controller", f"{charter.controller.name} ({charter.controller.contact})"),
        ("Purpose", charter.purpose.statement),
        ("By right of", f"{basis.basis}, {basis.citation}{f', {basis.law}' if basis.law else ''}"),
        ("In view", charter.field_of_view.description),
        ("Public space", "in view" if charter.field_of_view.public_space else "not in view"),
        *_optional(charter),
        ("People may", _shown(charter)),
        ("Looks for", _analysed(charter)),
        ("Keeps", _kept(charter)),
        ("Recognises", _recognised(charter)),
        ("Exports", _exported(charter)),
        ("Holds", f"from {charter.adopted} to {charter.necessity.review_by}, when the necessity is reviewed"),
    )


def _optional(charter: Charter) -> Iterator[tuple[str, str]]:
    if optics := resolution(charter):
        yield "Sees", ", ".join(f"{level} up to {optics.reach_m(level):.1f} m" for level in Level)
    if contract := charter.contract:
        yield "Contract", ", ".join(part for part in (contract.supplier, contract.reference, contract.link) if part)
    if cost := charter.cost:
        named = {"once": cost.capital, "a year": cost.yearly}
        yield "Costs", ", ".join(f"{amount} {cost.currency} {when}" for when, amount in named.items() if amount)


def _shown(charter: Charter) -> str:
    show = charter.show
    named = {"watch live": show.live, "play recordings": show.playback, "search events": show.search}
    return _listed([what for what, allowed in named.items() if allowed], "look at nothing")


def _analysed(charter: Charter) -> str:
    if not (charter.analytics.classes and charter.analytics.rules):
        return "nothing"
    return f"{', '.join(charter.analytics.classes)}; events: {', '.join(charter.analytics.rules)}"


def _kept(charter: Charter) -> str:
    named = [f"{_NAMES[kept]} {hours} h" for kept in Kept if (hours := charter.storage.hours(kept))]
    text = _listed(named, "nothing")
    if charter.storage.sealed_hours and charter.custodians:
        text += f" ({charter.custodians.needed} of {len(charter.custodians.names)} custodians open these originals)"
    return text


def _recognised(charter: Charter) -> str:
    if charter.recognition is None:
        return "nobody"
    text = f"people who enrolled ({', '.join(charter.recognition.modes)}); or else: {charter.recognition.alternative}"
    found = charter.recognition.capability
    if found is None:
        return f"{text} How often that errs is not stated, so nobody is recognised yet."
    false_matches = f"{found.false_matches} of {found.non_mated} false matches"
    false_non_matches = f"{found.false_non_matches} of {found.mated} false non-matches"
    return f"{text} Measured at {found.threshold:g}: {false_matches}, {false_non_matches}."


def _exported(charter: Charter) -> str:
    named = [f"{', '.join(_NAMES[kept] for kept in one.receives)} to {one.name}" for one in charter.recipients]
    return "; ".join(named) or "nothing to anybody"


def _listed(items: list[str], nothing: str) -> str:
    return ", ".join(items) or nothing
