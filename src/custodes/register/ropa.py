"""A draft of the record of processing activities: GDPR Art. 30(1), Serbia's ZZPL Art. 47."""

from collections.abc import Iterator

from custodes.charter import Charter
from custodes.domain.errors import ConfigError
from custodes.register import plain
from custodes.register.document import Block, Document, Heading, Rows, Text, ToWrite
from custodes.register.facts import CameraFact, Facts, Standing
from custodes.register.words import Words

_PAIR = (3.0, 7.0)


def ropa(facts: Facts, say: Words) -> Document:
    """Return the draft: an activity for each charter, and the cameras that are dark.

    Raises:
        ConfigError: No camera has a charter.
    """
    groups: dict[str, tuple[Charter, list[CameraFact]]] = {}
    for camera in facts.cameras:
        if camera.charter:
            groups.setdefault(camera.charter.version, (camera.charter, []))[1].append(camera)
    if not groups:
        raise ConfigError("there is nothing to record", why="no camera has a charter that is valid")
    blocks: list[Block] = [Text(say("ropa.draft_text", software=facts.software), say("dpia.draft"))]
    for number, (charter, cameras) in enumerate(groups.values(), start=1):
        blocks += _activity(number, charter, cameras, say)
    blocks += _dark(facts, say)
    names = sorted({charter.controller.name for charter, _ in groups.values()})
    return Document(say("ropa.title"), ", ".join(names), say.tag, tuple(blocks))


def _activity(number: int, charter: Charter, cameras: list[CameraFact], say: Words) -> Iterator[Block]:
    who = charter.controller
    yield Heading(f"{number}. {say('ropa.activity', cameras=', '.join(camera.name for camera in cameras))}")
    yield Rows(
        (say("ropa.field"), say("ropa.entry")),
        (
            (say("ropa.a"), f"{who.name}, {who.contact}"),
            (say("sign.officer"), who.officer or say("none")),
            (say("ropa.b"), charter.purpose.statement),
            (say("plain.basis"), f"{plain.basis(charter, say)}. {charter.legal_basis.reason}"),
            (say("ropa.c_people"), say("ropa.public" if charter.field_of_view.public_space else "ropa.private")),
            (say("ropa.c_data"), _data(charter, cameras, say)),
            (say("ropa.d"), plain.exports(charter, say)),
            (say("ropa.e"), say("ropa.e_text")),
            (say("ropa.f"), plain.retention(charter, say)),
            (say("ropa.g"), _security(charter, say)),
            (say("dpia.place"), charter.location.place),
            (say("dpia.charter"), charter.version),
            (
                say("plain.holds"),
                say("holds", start=say.day(charter.adopted), end=say.day(charter.necessity.review_by)),
            ),
            (say("plain.dpia"), _assessment(charter, say)),
        ),
        _PAIR,
    )
    yield ToWrite(say("towrite"), say("ropa.write"))


def _data(charter: Charter, cameras: list[CameraFact], say: Words) -> str:
    kept = say.listed(what for what, _ in plain.kept(charter, say))
    text = say("dtpr.data_text", what=kept) if kept else say("dtpr.data_none")
    challenged = dict.fromkeys(plain.challenged(charter, camera.settings, say) for camera in cameras)
    return " ".join(part for part in (text, plain.recognised(charter, say), *challenged) if part)


def _security(charter: Charter, say: Words) -> str:
    return " ".join(part for part in (say("ropa.g_text"), plain.opened(charter, say)) if part)


def _assessment(charter: Charter, say: Words) -> str:
    if charter.dpia.reference:
        return f"{charter.dpia.reference} (SHA-256 {charter.dpia.sha256})"
    return say("dpia_none", reason=charter.dpia.not_required_because)


def _dark(facts: Facts, say: Words) -> Iterator[Block]:
    dark = [(one.name, standing) for one in facts.cameras if (standing := one.standing(facts.day)[0])]
    rows = tuple((name, say(f"why.{standing}")) for name, standing in dark if standing is not Standing.CHARTERED)
    if rows:
        yield Heading(say("ropa.dark"))
        yield Rows((), rows, _PAIR)
