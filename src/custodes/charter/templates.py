"""Charters for the common cases, from a handful of answers.

A template knows what such a camera needs and no more. It cannot know why this one is needed: that is an answer.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import tomlkit

from custodes.charter.load import parse_charter

TemplateName = Literal["traffic-counting", "shop-entrance", "campus-path", "private-premises", "workplace-door"]

_REVIEW_AFTER: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a template has to be told.

    Attributes:
        camera: Id of the camera.
        controller: Name of the controller.
        contact: Where people reach the controller.
        place: Where the camera hangs.
        view: What is in the picture, and what is not.
        baseline: How things are without the camera.
        adopted: First day on which the charter holds (UTC).
        law: The law that lays down a public task; only where the template rests on one.
        dpia_reference: Where the approved impact assessment is found, empty where there is none.
        dpia_sha256: Its SHA-256, hex.
        dpia_configuration: Hash of the configuration that it assessed, hex.
        no_dpia_because: Why no impact assessment is required, instead of these three.
    """

    camera: str
    controller: str
    contact: str
    place: str
    view: str
    baseline: str
    adopted: date
    law: str = ""
    dpia_reference: str = ""
    dpia_sha256: str = ""
    dpia_configuration: str = ""
    no_dpia_because: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A common case.

    Attributes:
        title: What it is for, a few words.
        purpose: Statement of the purpose; `{place}` stands for the place.
        basis: Legal basis.
        citation: Provision relied on.
        reason: Why it applies.
        alternatives: Milder means, and why they are not enough.
        public_space: Whether everybody may enter what is in the picture.
        shown: What people may look at: of live, playback, search.
        classes: Classes looked for.
        rules: Kinds of events.
        hours: Retention by kind (`recording`, `event`, `thumbnail`), hours.
        recipient: Name and reason of whoever may receive recordings; None for nobody.
    """

    title: str
    purpose: str
    basis: str
    citation: str
    reason: str
    alternatives: tuple[str, ...]
    public_space: bool
    shown: tuple[str, ...]
    classes: tuple[str, ...]
    rules: tuple[str, ...]
    hours: dict[str, int]
    recipient: tuple[str, str] | None = None

    @property
    def needs_law(self) -> bool:
        """Whether the legal basis has to be laid down by a law that an answer names."""
        return self.basis == "public task"


_POLICE: Final = (
    "Police",
    "On written request about a reported offence, with the case number and the provision it rests on.",
)
_LEGITIMATE: Final = ("legitimate interests", "GDPR Art. 6(1)(f)")

TEMPLATES: Final[dict[TemplateName, Template]] = {
    "traffic-counting": Template(
        title="count traffic on a street; nothing recorded, nothing to watch",
        purpose="Count pedestrians, bicycles and motor vehicles that cross a line at {place}, hour by hour, to plan "
        "signal timing, crossings and lanes.",
        basis="public task",
        citation="GDPR Art. 6(1)(e)",
        reason="Planning and managing traffic is laid down as a task of the controller; counts are enough for it, so "
        "nothing but counts and the events they come from is kept.",
        alternatives=(
            "Counting by hand: covers some hours a year, not the differences between days and seasons.",
            "Induction loops: count motor vehicles only, neither pedestrians nor most bicycles.",
        ),
        public_space=True,
        shown=("search",),
        classes=("bicycle", "bus", "car", "motorcycle", "person", "truck"),
        rules=("crossed",),
        hours={"event": 72},
    ),
    "shop-entrance": Template(
        title="count who enters and leaves a shop; nothing recorded",
        purpose="Count how many enter and leave {place}, to open tills before queues form and to stay below the "
        "permitted number inside.",
        basis=_LEGITIMATE[0],
        citation=_LEGITIMATE[1],
        reason="The shop has an interest in short queues and in the limit being respected; faces are covered, nothing "
        "is recorded and nobody is recognised, so this weighs little against those who enter.",
        alternatives=(
            "A light barrier: counts two who enter together as one, and does not tell entering from leaving.",
            "Counting by hand at the door: takes somebody all day.",
        ),
        public_space=True,
        shown=("search",),
        classes=("person",),
        rules=("crossed", "occupancy"),
        hours={"event": 72},
    ),
    "campus-path": Template(
        title="find out after a theft or damage on a campus path; redacted recordings",
        purpose="Find out after a reported theft, assault or damage at {place} when it happened and what took place, "
        "and hand the redacted recording to those who investigate it.",
        basis=_LEGITIMATE[0],
        citation=_LEGITIMATE[1],
        reason="Those who use the path and the controller have an interest in incidents being cleared up; faces are "
        "covered, nobody watches live, and what is not reported within the retention period is deleted unseen.",
        alternatives=(
            "Better lighting: makes damage rarer, and does not show what happened.",
            "Walking patrols: pass by a few times a night.",
        ),
        public_space=True,
        shown=("playback", "search"),
        classes=("bicycle", "car", "motorcycle", "person", "truck"),
        rules=("appeared", "zone"),
        hours={"recording": 72, "event": 72, "thumbnail": 72},
        recipient=_POLICE,
    ),
    "private-premises": Template(
        title="notice who enters one's own ground; redacted recordings",
        purpose="Notice when somebody enters the closed ground of {place}, and find out after a burglary, theft or "
        "damage there what took place.",
        basis=_LEGITIMATE[0],
        citation=_LEGITIMATE[1],
        reason="Whoever lives or works there has an interest in not being burgled; only the own ground is in view, "
        "neither the street nor the neighbours' ground.",
        alternatives=(
            "Locks and lights: keep some out, and do not tell that somebody came in.",
            "A motion sensor alone: cannot tell a cat from a person, and shows nothing afterwards.",
        ),
        public_space=False,
        shown=("live", "playback", "search"),
        classes=("bicycle", "car", "motorcycle", "person", "truck"),
        rules=("appeared", "zone"),
        hours={"recording": 48, "event": 72, "thumbnail": 48},
        recipient=_POLICE,
    ),
    "workplace-door": Template(
        title="see who rings at a workplace's door; a day of redacted recordings, no view of places of work",
        purpose="Show whoever answers the bell that somebody waits at the locked door of {place}, and find out after a "
        "break-in through this door what took place.",
        basis=_LEGITIMATE[0],
        citation=_LEGITIMATE[1],
        reason="The employer and those who work there have an interest in opening to nobody by mistake; no place of "
        "work or rest is in view, and the recordings are used neither for working hours nor for conduct.",
        alternatives=(
            "An intercom without a picture: does not tell whether somebody else slips in.",
            "Keeping the door manned: takes a person for a few visits a day.",
        ),
        public_space=False,
        shown=("live", "playback"),
        classes=("person",),
        rules=("appeared",),
        hours={"recording": 24, "event": 24},
        recipient=_POLICE,
    ),
}
"""The templates by name."""


def render(name: TemplateName, answers: Answers) -> str:
    """Return the charter that template `name` makes of `answers`: TOML with comments, checked.

    Raises:
        CharterError: An answer makes no valid charter; the text names the field.
    """
    template = TEMPLATES[name]
    text = "\n\n".join(
        (
            _head(name, template, answers),
            _why(template, answers),
            _where(template, answers),
            _what(template),
            *_recipients(template),
            _sign(template, answers),
        )
    )
    parse_charter(f"{text}\n", subject="what these answers make")
    return f"{text}\n"


def _head(name: str, template: Template, answers: Answers) -> str:
    return f"""\
# Charter made from the template {name}: {template.title}.
# Read every sentence and make it true for this camera: a charter is a public promise.
# What is not named here is not allowed. Check with: custodes charter check FILE

format = 1
cameras = [{_quoted(answers.camera)}]  # more than one only where all of this holds for each
adopted = {answers.adopted}

[controller]
name = {_quoted(answers.controller)}
contact = {_quoted(answers.contact)}
# officer = "contact of the data-protection officer"
"""[:-1]


def _why(template: Template, answers: Answers) -> str:
    law = f"\nlaw = {_quoted(answers.law)}" if template.needs_law else ""
    alternatives = "\n".join(f"  {_quoted(text)}," for text in template.alternatives)
    return f"""\
[purpose]
# One concrete purpose. For a second one, write a second charter.
statement = {_quoted(template.purpose.format(place=answers.place))}

[legal_basis]
# A public authority cannot rest its tasks on legitimate interests (GDPR Art. 6(1)): it names a public task and its law.
basis = {_quoted(template.basis)}
citation = {_quoted(template.citation)}{law}
reason = {_quoted(template.reason)}

[necessity]
baseline = {_quoted(answers.baseline)}
# Milder means, and why they are not enough here.
alternatives = [
{alternatives}
]
# After this day nothing is allowed until somebody has looked again.
review_by = {answers.adopted + _REVIEW_AFTER}

[dpia]
{_dpia(answers)}"""


def _dpia(answers: Answers) -> str:
    if answers.dpia_reference or answers.dpia_sha256:
        return (
            f"reference = {_quoted(answers.dpia_reference)}\n"
            f"sha256 = {_quoted(answers.dpia_sha256)}\n"
            "# A camera that is configured in another way is not what was assessed.\n"
            f"configuration = {_quoted(answers.dpia_configuration)}"
        )
    return f"not_required_because = {_quoted(answers.no_dpia_because)}"


def _where(template: Template, answers: Answers) -> str:
    return f"""\
[location]
place = {_quoted(answers.place)}
# latitude = 44.8125
# longitude = 20.4612

[field_of_view]
description = {_quoted(answers.view)}
public_space = {_flag(template.public_space)}
# azimuth_deg = 90   # looks east
# width_deg = 80
# reach_m = 25

# How finely it sees, what it was bought by and what it costs: for the register, where you state it.
# [optics]           # needs field_of_view.width_deg
# image_width_px = 1920
# distances_m = [5, 10, 20]
# [contract]
# supplier = "Example Ltd"
# reference = "Contract 7/2026"
# link = "https://example.org/contract-7"
# [cost]             # of one camera, whole units
# currency = "EUR"
# capital = 900
# yearly = 120"""


def _what(template: Template) -> str:
    shown = "\n".join(f"{what} = {_flag(what in template.shown)}" for what in ("live", "playback", "search"))
    hours = "\n".join(f"{kept}_hours = {template.hours.get(kept, 0)}" for kept in ("recording", "event", "thumbnail"))
    return f"""\
[show]
# Never anything but redacted pictures.
{shown}

[analytics]
classes = {_list(template.classes)}
rules = {_list(template.rules)}

[storage]
# 0 is not at all. More than 72 needs a justification, and published_at = "https://..." where it can be read.
{hours}
early_deletion = ["disk space", "erasure request"]"""


def _recipients(template: Template) -> tuple[str, ...]:
    if template.recipient is None:
        return ()
    name, reason = template.recipient
    return (f'[[recipients]]\nname = {_quoted(name)}\nreason = {_quoted(reason)}\nreceives = ["recording", "event"]',)


def _sign(template: Template, answers: Answers) -> str:
    text = (
        f"{answers.controller} runs this camera. Its purpose: {template.purpose.format(place=answers.place)} Faces are "
        f"covered before anything is stored or shown. Questions, and what is stored about you: {answers.contact}."
    )
    return f"[sign]\ntext = {_quoted(text)}"


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()


def _list(items: tuple[str, ...]) -> str:
    return f"[{', '.join(_quoted(item) for item in items)}]"


def _flag(value: bool) -> str:  # noqa: FBT001  the value itself
    return "true" if value else "false"
