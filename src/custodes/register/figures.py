"""What has been measured of a camera, in words; what has not been says so."""

from typing import Final

from custodes.charter import Capability, Charter
from custodes.domain.events import EventKind
from custodes.domain.time import NS_PER_S
from custodes.register.facts import CameraFact, Facts, LogFact
from custodes.register.words import Words

_S_PER_MINUTE: Final = 60
_LOGGED: Final = {
    "consultations": "consultation",
    "disclosures": "disclosure",
    "requests": "unseal.request",
    "unseals": "unseal.open",
    "erasures": "erasure",
}
"""Figures, and the type of leaves that is counted for each, with those below it."""
_RECOGNISED: Final = {
    "enrolments": "enrolment.made",
    "withdrawals": "enrolment.withdrawn",
    "recognitions": "recognition.use",
}
"""The same, of cameras that recognise people who enrolled."""


def statistics(camera: CameraFact, facts: Facts, say: Words) -> list[tuple[str, str]]:
    """Return what has been measured of `camera`, as pairs of words; what has not been says so."""
    return [
        *_kept_figures(camera, say),
        *_log_figures(camera, facts, say),
        _recognition_figures(camera.charter, say),
        *_enrolment_figures(camera, say),
    ]


def _kept_figures(camera: CameraFact, say: Words) -> list[tuple[str, str]]:
    found = camera.figures
    if found is None:
        return [(say(f"statistics.{name}"), say("statistics.nothing_kept")) for name in ("coverage", "gaps", "events")]
    start, end = say.instant_ns(found.first_ns), say.instant_ns(found.last_ns)
    share = say("unmeasured") if found.coverage is None else f"{say.number(100 * found.coverage, 1)} %"
    gaps = say("statistics.gaps_text", count=found.gaps, time=_duration(found.gap_ns // NS_PER_S, say))
    events = "; ".join(
        say("statistics.event", kind=say(f"rule.{kind}"), count=found.events[kind])
        for kind in EventKind
        if kind in found.events
    )
    return [
        (say("statistics.coverage"), say("statistics.coverage_text", share=share, start=start, end=end)),
        (say("statistics.gaps"), gaps if found.gaps else say("none")),
        (say("statistics.events"), events or say("none")),
    ]


def _log_figures(camera: CameraFact, facts: Facts, say: Words) -> list[tuple[str, str]]:
    recognises = camera.charter is not None and camera.charter.recognition is not None
    return [
        (
            say(f"statistics.{name}"),
            say("statistics.no_log") if facts.log is None else _counted(camera, facts.log, kind, say),
        )
        for name, kind in (_LOGGED | (_RECOGNISED if recognises else {})).items()
    ]


def _counted(camera: CameraFact, log: LogFact, kind: str, say: Words) -> str:
    own, shared = log.count(camera.id, kind), log.count("", kind)
    text = str(own or say("none"))
    return say("statistics.and_all", own=text, shared=shared) if shared else text


def _recognition_figures(charter: Charter | None, say: Words) -> tuple[str, str]:
    if charter is None or charter.recognition is None:
        return say("statistics.recognition"), say("statistics.no_recognition")
    capability = charter.recognition.capability
    return say("statistics.recognition"), say("unmeasured") if capability is None else _error_rates(capability, say)


def _error_rates(found: Capability, say: Words) -> str:
    text = say(
        "statistics.recognition_text",
        fmr=say.short(found.false_matches / found.non_mated),
        false_matches=found.false_matches,
        non_mated=found.non_mated,
        fnmr=say.short(found.false_non_matches / found.mated),
        false_non_matches=found.false_non_matches,
        mated=found.mated,
        threshold=say.short(found.threshold),
        measured=found.measured,
    )
    if not found.searched:
        return text
    searched = say(
        "statistics.recognition_searched",
        fpir=say.short(found.false_positives / found.non_mated_searches),
        false_positives=found.false_positives,
        non_mated=found.non_mated_searches,
        gallery=found.gallery,
        fnir=say.short(found.false_negatives / found.mated_searches),
        false_negatives=found.false_negatives,
        mated=found.mated_searches,
    )
    return f"{text} {searched}"


def _enrolment_figures(camera: CameraFact, say: Words) -> list[tuple[str, str]]:
    """Return the failure-to-enrol rate (FTE) of a camera that recognises people."""
    if camera.charter is None or camera.charter.recognition is None:
        return []
    tally = camera.enrolling
    if tally is None or not tally.attempts:
        return [(say("statistics.enrolling"), say("statistics.nobody_enrolled"))]
    share = say.number(100 * tally.failed / tally.attempts, 1)
    text = say("statistics.enrolling_text", failed=tally.failed, attempts=tally.attempts, share=share)
    return [(say("statistics.enrolling"), text)]


def _duration(seconds: int, say: Words) -> str:
    minutes = round(seconds / _S_PER_MINUTE)
    return say("minutes", count=minutes) if minutes else say("seconds", count=seconds)
