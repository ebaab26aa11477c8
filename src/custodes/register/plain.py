"""A charter in plain words, in any language, and sorted by the categories of DTPR."""

import re
from collections.abc import Mapping
from typing import Any, Final

from custodes.charter import PX_PER_M, Charter, Kept, Level, resolution
from custodes.register.words import Words

CATEGORIES: Final = ("purpose", "tech", "data", "process", "access", "storage", "retention", "accountable")
"""Categories of Digital Trust for Places and Routines (DTPR), in the order of a data chain as people ask for it."""

_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def mail_of(contact: str) -> str:
    """Return the e-mail address in `contact`, empty where it holds none."""
    found = _MAIL.search(contact)
    return found[0] if found else ""


def basis(charter: Charter, say: Words) -> str:
    """Return the legal basis with its citation and law."""
    law = charter.legal_basis
    return ", ".join(part for part in (say(f"basis.{law.basis}"), law.citation, law.law) if part)


def shown(charter: Charter, say: Words) -> str:
    """Return what people may look at."""
    show = charter.show
    named = {"live": show.live, "playback": show.playback, "search": show.search}
    allowed = [say(f"show.{what}") for what, may in named.items() if may]
    return say("show.some", what=say.listed(allowed)) if allowed else say("show.none")


def looked_for(charter: Charter, say: Words) -> str:
    """Return what is worked out from the pictures."""
    work = charter.analytics
    if not (work.classes and work.rules):
        return say("process.none")
    classes = say.listed(say(f"class.{name}") for name in work.classes)
    return say("process.some", classes=classes, rules="; ".join(say(f"rule.{rule}") for rule in work.rules))


def kept(charter: Charter, say: Words) -> tuple[tuple[str, str], ...]:
    """Return what is stored and for how long, as pairs of words; empty where nothing is."""
    return tuple(
        (say(f"kept.{kind}"), say("hours", hours=hours)) for kind in Kept if (hours := charter.storage.hours(kind))
    )


def retention(charter: Charter, say: Words) -> str:
    """Return what is stored and for how long, as one sentence."""
    return "; ".join(f"{what}: {time}" for what, time in kept(charter, say)) or say("kept.none")


def opened(charter: Charter, say: Words) -> str:
    """Return who opens sealed originals, empty where there are none."""
    who = charter.custodians
    if who is None or not charter.storage.sealed_hours:
        return ""
    return say("sealed", needed=who.needed, count=len(who.names), names=", ".join(who.names))


def recognised(charter: Charter, say: Words) -> str:
    """Return whether people are recognised, and what those do who do not want it."""
    if charter.recognition is None:
        return say("recognition.none")
    modes = say.listed(say(f"recognition.{mode}") for mode in charter.recognition.modes)
    return say("recognition.some", modes=modes, alternative=charter.recognition.alternative)


def challenged(charter: Charter, settings: Mapping[str, Any] | None, say: Words) -> str:
    """Return who of those who present themselves is asked to move, and why; empty where nobody is.

    Args:
        charter: Of the camera.
        settings: Of the camera, as JSON; None where it is not connected.
        say: The language.
    """
    point = (settings or {}).get("recognition")
    if charter.recognition is None or point is None:
        return ""
    modes = set(charter.recognition.modes)
    asked = modes if point["challenge"] == "everybody" else modes & {point["challenge"]}
    return say(f"recognition.{'challenge_all' if asked == modes else 'challenge_some'}") if asked else ""


def recognition(charter: Charter, settings: Mapping[str, Any] | None, say: Words) -> str:
    """Return whom the camera recognises, and whom it asks to move; arguments as for `challenged`."""
    return f"{recognised(charter, say)} {challenged(charter, settings, say)}".rstrip()


def exported(charter: Charter, say: Words) -> tuple[tuple[str, str, str], ...]:
    """Return recipients: name, what may go there, and why."""
    return tuple(
        (one.name, say.listed(say(f"kept.{kind}") for kind in one.receives), one.reason) for one in charter.recipients
    )


def exports(charter: Charter, say: Words) -> str:
    """Return to whom what may be given, as one sentence."""
    named = [say("exports.one", name=name, what=what) for name, what, _ in exported(charter, say)]
    return " ".join(named) or say("exports.none")


def levels(charter: Charter, say: Words) -> tuple[tuple[Level, str, str, str], ...]:
    """Return what the optics allow, the finest first: level, in words, pixels a metre, up to which distance."""
    optics = resolution(charter)
    if optics is None:
        return ()
    return tuple(
        (
            level,
            say(f"level.{level}"),
            say.short(PX_PER_M[level]),
            say("optics.metres", metres=say.number(optics.reach_m(level), 1)),
        )
        for level in reversed(Level)
    )


def distances(charter: Charter, say: Words) -> tuple[str, ...]:
    """Return a sentence for each distance that the charter wants stated."""
    optics = resolution(charter)
    if optics is None:
        return ()
    return tuple(
        say(
            "optics.distance",
            metres=say.short(distance),
            px=say.number(optics.px_per_m(distance)),
            level=say(f"level.{level}") if (level := optics.allows(distance)) else say("optics.nothing"),
        )
        for distance in optics.distances_m
    )


def cost(charter: Charter, say: Words) -> tuple[tuple[str, str], ...]:
    """Return what one camera costs, as pairs of a title and an amount; empty where nothing is stated."""
    stated = charter.cost
    if stated is None:
        return ()
    return amounts({"capital": stated.capital, "yearly": stated.yearly}, stated.currency, say)


def amounts(stated: Mapping[str, int], currency: str, say: Words) -> tuple[tuple[str, str], ...]:
    """Return amounts by what they are for, as pairs of a title and an amount; without those that are nothing."""
    return tuple(
        (say(f"money.{what}"), say("money.amount", amount=say.whole(amount), currency=currency))
        for what, amount in stated.items()
        if amount
    )


def dtpr(charter: Charter, settings: Mapping[str, Any] | None, say: Words) -> tuple[tuple[str, str, str], ...]:
    """Return category, its title and what the charter says under it, for each of `CATEGORIES`."""
    who = charter.controller
    officer = say("officer.is", officer=who.officer) if who.officer else ""
    texts = {
        "purpose": charter.purpose.statement,
        "tech": say("dtpr.tech_text"),
        "data": say("dtpr.data_text", what=say.listed(what for what, _ in kept(charter, say)))
        if kept(charter, say)
        else say("dtpr.data_none"),
        "process": f"{looked_for(charter, say)} {recognition(charter, settings, say)}",
        "access": f"{shown(charter, say)} {exports(charter, say)}",
        "storage": f"{say('dtpr.storage_text')} {opened(charter, say)}".strip(),
        "retention": retention(charter, say),
        "accountable": f"{who.name}. {who.contact}. {officer}".strip(),
    }
    return tuple((category, say(f"dtpr.{category}"), texts[category]) for category in CATEGORIES)
