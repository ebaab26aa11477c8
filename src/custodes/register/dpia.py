"""A draft of a data-protection impact assessment: GDPR Art. 35(7), Serbia's ZZPL Art. 54.

Facts come from charter, configuration and figures; what only people can write is marked as theirs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from custodes.charter import ASSESSED, Charter, Kept
from custodes.domain.errors import ConfigError
from custodes.register import plain
from custodes.register.document import Block, Bullets, Document, Heading, Rows, Text, ToWrite
from custodes.register.facts import CameraFact, Facts
from custodes.register.figures import statistics
from custodes.register.words import Words

_PAIR: Final = (3.0, 7.0)
_LAW: Final = (
    ("a", "1"),
    ("b", "2"),
    ("c", "3"),
    ("d", "4"),
)
"""Points of GDPR Art. 35(7) and where the draft has them."""


def dpia(camera: CameraFact, facts: Facts, say: Words) -> Document:
    """Return the draft for `camera`.

    Raises:
        ConfigError: The camera has no charter, or is not configured: there is nothing to assess.
    """
    if camera.charter is None or camera.settings is None:
        raise ConfigError(
            f"nothing of {camera.id} can be assessed",
            why="it is not configured" if camera.settings is None else "it has no charter that is valid",
            fix="`custodes add` configures a camera, `custodes charter new` writes its charter",
        )
    charter, settings = camera.charter, camera.settings
    blocks = (
        *_head(camera, charter, facts, say),
        *_description(charter, settings, facts, say),
        *_necessity(charter, say),
        *_risks(charter, settings, facts, say),
        Heading(say("dpia.figures")),
        Rows((), tuple(statistics(camera, facts, say)), _PAIR),
        *_people(say),
        *_law(say),
    )
    return Document(say("dpia.title", camera=camera.name), charter.controller.name, say.tag, blocks)


def _head(camera: CameraFact, charter: Charter, facts: Facts, say: Words) -> Iterator[Block]:
    who = charter.controller
    yield Text(say("dpia.draft_text", software=facts.software), say("dpia.draft"))
    yield Text(camera.configuration, f"{ASSESSED}:")
    yield Text(say("dpia.hash_text"))
    yield Rows(
        (),
        (
            (say("dpia.controller"), f"{who.name}, {who.contact}"),
            (say("sign.officer"), who.officer or say("none")),
            (say("dpia.camera"), f"{camera.name} ({camera.id})"),
            (say("dpia.place"), charter.location.place),
            (say("dpia.charter"), charter.version),
            (
                say("plain.holds"),
                say("holds", start=say.day(charter.adopted), end=say.day(charter.necessity.review_by)),
            ),
        ),
        _PAIR,
    )


def _description(charter: Charter, settings: Mapping[str, Any], facts: Facts, say: Words) -> Iterator[Block]:
    yield Heading(f"1. {say('dpia.description')}")
    yield Heading(f"1.1 {say('dpia.purposes')}", 3)
    yield Rows(
        (),
        (
            (say("plain.purpose"), charter.purpose.statement),
            (say("plain.basis"), plain.basis(charter, say)),
            (say("dpia.reason"), charter.legal_basis.reason),
        ),
        _PAIR,
    )
    yield Heading(f"1.2 {say('view.title')}", 3)
    yield Text(charter.field_of_view.description)
    yield Text(say("view.public" if charter.field_of_view.public_space else "view.private"))
    yield _open("dpia.write_people", say)
    yield Heading(f"1.3 {say('dpia.operations')}", 3)
    yield Bullets(tuple(_operations(charter, settings, say)))
    yield Heading(f"1.4 {say('dpia.data')}", 3)
    yield from _data(charter, say)
    yield Heading(f"1.5 {say('dpia.access')}", 3)
    yield from _access(charter, say)
    yield Heading(f"1.6 {say('dpia.technology')}", 3)
    yield from _technology(settings, facts, say)


def _operations(charter: Charter, settings: Mapping[str, Any], say: Words) -> Iterator[str]:
    redaction, recording = settings["redaction"], settings["recording"]
    yield say("dpia.op_capture")
    yield say("dpia.op_analyse", fps=say.short(settings["analysis"]["fps"]))
    yield f"{plain.looked_for(charter, say)} {say('dpia.op_track')}"
    yield say(f"dpia.op_{redaction['style']}", cells=redaction["cells"])
    yield say("dpia.op_closed", patience=say.short(redaction["patience_s"]))
    if charter.storage.recording_hours:
        yield say("dpia.op_record", fps=say.short(recording["fps"]))
    if charter.storage.sealed_hours:
        yield f"{say('dpia.op_seal')} {plain.opened(charter, say)}"
    yield plain.recognition(charter, settings, say)
    yield say("dpia.op_delete")


def _data(charter: Charter, say: Words) -> Iterator[Block]:
    rows = tuple(
        (say(f"kept.{kind}"), say("hours", hours=hours), say(f"dpia.data_{kind}"))
        for kind in Kept
        if (hours := charter.storage.hours(kind))
    )
    if rows:
        yield Rows((say("dpia.what"), say("dpia.how_long"), say("dpia.about_people")), rows, (3, 2, 5))
    else:
        yield Text(say("kept.none"))
    if charter.storage.justification:
        yield Text(f"{charter.storage.justification} ({charter.storage.published_at})", say("dpia.long"))


def _access(charter: Charter, say: Words) -> Iterator[Block]:
    yield Text(plain.shown(charter, say))
    if charter.recipients:
        yield Rows(
            (say("plain.exports"), say("dpia.what"), say("dpia.reason")), plain.exported(charter, say), (3, 3, 4)
        )
    else:
        yield Text(say("exports.none"))
    yield _open("dpia.write_processors", say)


def _technology(settings: Mapping[str, Any], facts: Facts, say: Words) -> Iterator[Block]:
    yield Rows(
        (say("models.name"), say("models.finds"), say("models.licence"), "SHA-256"),
        tuple(
            (one.name, one.purpose, one.licence or say("unknown"), one.digest or say("unknown")) for one in facts.models
        ),
        (2, 2, 2, 5),
    )
    detector, redaction = facts.detector, settings["redaction"]
    yield Rows(
        (say("dpia.setting"), say("dpia.value")),
        (
            *((f"detector.{name}", say.short(detector[name])) for name in ("width", "height", "threshold")),
            *(
                (f"redaction.{name}", value if isinstance(value, str) else say.short(value))
                for name, value in redaction.items()
            ),
        ),
        (5, 5),
    )
    rules = settings["rules"]
    drawn = [*rules["zones"], *rules["tripwires"]]
    if drawn:
        yield Rows(
            (say("dpia.rule"), say("dpia.classes")),
            tuple((one["name"], ", ".join(say(f"class.{name}") for name in one["classes"])) for one in drawn),
            (3, 7),
        )
    else:
        yield Text(say("dpia.no_rules"))


def _necessity(charter: Charter, say: Words) -> Iterator[Block]:
    yield Heading(f"2. {say('dpia.necessity')}")
    yield Text(charter.necessity.baseline, say("dpia.baseline"))
    yield Text(say("dpia.alternatives"))
    yield Bullets(charter.necessity.alternatives)
    yield Text(charter.sign.text, say("dpia.sign"))
    yield Text(say("rights.text"), say("rights.title"))
    if charter.recognition:
        yield Text(charter.recognition.alternative, say("dpia.without_recognition"))
    yield _open("dpia.write_proportion", say)


def risks(charter: Charter, settings: Mapping[str, Any]) -> Sequence[str]:
    """Return the keys of the risks that this charter and these settings bring, in the order in which they are told."""
    applies = {
        "missed": True,
        "pixelate": settings["redaction"]["style"] == "pixelate",
        "clothes": True,
        "creep": True,
        "insider": True,
        "breach": any(charter.storage.hours(kind) for kind in Kept),
        "kept": any(charter.storage.hours(kind) for kind in Kept),
        "sealed": bool(charter.storage.sealed_hours),
        "recognition": charter.recognition is not None,
        "passed": bool(charter.recipients),
        "wrong": bool(charter.analytics.classes),
        "watched": charter.field_of_view.public_space,
    }
    return [name for name, there in applies.items() if there]


def _risks(charter: Charter, settings: Mapping[str, Any], facts: Facts, say: Words) -> Iterator[Block]:
    there = risks(charter, settings)
    yield Heading(f"3. {say('dpia.risks')}")
    yield Text(say("dpia.risks_text"))
    yield Rows(
        (say("dpia.risk"), say("dpia.likelihood"), say("dpia.severity")),
        tuple((say(f"risk.{name}"), say("dpia.rate"), say("dpia.rate")) for name in there),
        (6, 2, 2),
    )
    yield _open("dpia.write_risks", say)
    yield Heading(f"4. {say('dpia.measures')}")
    yield Rows(
        (say("dpia.risk"), say("dpia.measure")),
        tuple((say(f"risk.{name}"), _measure(name, charter, settings, facts, say)) for name in there),
        (4, 6),
    )
    yield _open("dpia.write_measured", say)
    yield _open("dpia.write_measures", say)


def _measure(name: str, charter: Charter, settings: Mapping[str, Any], facts: Facts, say: Words) -> str:
    redaction = settings["redaction"]
    seconds = {key: say.short(redaction[key]) for key in ("min_person_score", "lookbehind_s", "hold_s")}
    special = {
        "missed": say("measure.missed", **seconds),
        "pixelate": say("measure.pixelate", cells=redaction["cells"], pixels=redaction["min_cell_px"]),
        "insider": say("measure.insider" if facts.log else "measure.insider_unlogged"),
        "kept": say("measure.kept", what=plain.retention(charter, say)),
        "sealed": plain.opened(charter, say),
        "recognition": f"{plain.recognised(charter, say)} "
        f"{plain.challenged(charter, settings, say) or say('recognition.unchallenged')}",
    }
    return special[name] if name in special else say(f"measure.{name}")


def _people(say: Words) -> Iterator[Block]:
    yield Heading(f"5. {say('dpia.views')}")
    for key in ("dpia.write_views", "dpia.write_officer", "dpia.write_prior"):
        yield _open(key, say)
    yield Heading(f"6. {say('dpia.decision')}")
    yield _open("dpia.write_decision", say)
    yield Text(say("dpia.bind"))


def _law(say: Words) -> Iterator[Block]:
    yield Heading(say("dpia.law"))
    rows = tuple((say("dpia.point", point=point), say(f"dpia.law_{point}"), part) for point, part in _LAW)
    yield Rows((say("dpia.provision"), say("dpia.asks"), say("dpia.section")), rows, (4, 6, 1.5))


def _open(key: str, say: Words) -> ToWrite:
    return ToWrite(say("towrite"), say(key))
