"""The public site: pages in every language, and the same for machines. The same files for the same facts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from custodes.charter import Charter, resolution
from custodes.domain.errors import ConfigError
from custodes.register import chart, plain
from custodes.register.facts import CameraFact, Facts, Standing
from custodes.register.figures import statistics
from custodes.register.machine import geojson, register_json
from custodes.register.pictogram import icon
from custodes.register.sbom import bill_of_materials
from custodes.register.words import Words, languages, words

MARK: Final = "register.json"
"""The file by which a folder is known to hold a register."""

_TEMPLATES: Final = Path(__file__).with_name("templates")
_POINTS: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_LETTER: Final = ("where", "when", "looks", "sign", "picture", "answer")


@dataclass(frozen=True, slots=True)
class _Card:
    fact: CameraFact
    standing: Standing
    retention: str
    cost: str


@dataclass(frozen=True, slots=True)
class _Report:
    name: str
    contact: str
    href: str


def build_register(facts: Facts, folder: Path) -> None:
    """Write the site into `folder`, over an older one: pages of cameras that are gone go, versions of charters stay.

    Each file is replaced at once, so that the folder may be served meanwhile.

    Raises:
        ConfigError: The folder holds something else, or cannot be written.
    """
    files = render_register(facts)
    try:
        if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
            raise ConfigError(
                f"{folder} is not written to", why="it holds something that is no register", fix="give another folder"
            )
        for name, content in files.items():
            _replace(folder / name, content)
        for page in folder.glob("*/cameras/*.html"):
            if page.relative_to(folder).as_posix() not in files:
                page.unlink()
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written", why=error.strerror or type(error).__name__) from error


def _replace(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def render_register(facts: Facts) -> dict[str, bytes]:
    """Return every file of the site by its path; pure."""
    every = [words(tag) for tag in languages()]
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    files = {
        "index.html": environment.get_template("choose.html").render(languages=every).encode("utf-8"),
        "style.css": (_TEMPLATES / "style.css").read_bytes(),
        "map.js": (_TEMPLATES / "map.js").read_bytes(),
        "icon.svg": icon().encode("utf-8"),
        MARK: register_json(facts),
        "cameras.geojson": geojson(facts),
        "sbom.cdx.json": bill_of_materials(facts.software, facts.components, facts.models),
    }
    if facts.log:
        files["checkpoint"] = facts.log.checkpoint.encode("utf-8")
    for camera in facts.cameras:
        if camera.charter:
            files[f"charters/{camera.charter.version}.json"] = camera.charter.canonical()
    for say in every:
        shared = {"say": say, "facts": facts, "languages": every, "reports": _reports(facts, say)}
        index = environment.get_template("index.html").render(shared | _index(facts, say))
        files[f"{say.tag}/index.html"] = index.encode("utf-8")
        for camera in facts.cameras:
            page = environment.get_template("camera.html").render(shared | _camera(camera, facts, say))
            files[f"{say.tag}/cameras/{camera.id}.html"] = page.encode("utf-8")
    return files


def _index(facts: Facts, say: Words) -> dict[str, Any]:
    cards = [
        _Card(
            fact=one,
            standing=one.standing(facts.day)[0],
            retention=plain.retention(one.charter, say) if one.charter else "",
            cost="; ".join(f"{what}: {amount}" for what, amount in plain.cost(one.charter, say)) if one.charter else "",
        )
        for one in facts.cameras
    ]
    spots = list(_spots(cards, say))
    placed = {spot.number for spot in spots}
    return {
        "root": "../",
        "home": "index.html",
        "path": "index.html",
        "cards": cards,
        "chartered": sum(card.standing is Standing.CHARTERED for card in cards),
        "map": chart.city(spots, say("map.title"), say("map.north"), facts.ground.outlines) if spots else None,
        "sums": _sums(facts, say),
        "unplaced": [card.fact.name for number, card in enumerate(cards, start=1) if number not in placed],
    }


def _sums(facts: Facts, say: Words) -> list[str]:
    """Return what the cameras cost together as far as it is stated, a sentence for each currency."""
    stated = [one.charter.cost for one in facts.cameras if one.charter and one.charter.cost]
    sentences = []
    for currency in sorted({cost.currency for cost in stated}):
        costs = [cost for cost in stated if cost.currency == currency]
        total = {
            "capital": sum(cost.capital for cost in costs),
            "yearly": sum(cost.yearly for cost in costs),
        }
        named = "; ".join(f"{what}: {amount}" for what, amount in plain.amounts(total, currency, say))
        sentences.append(say("money.sum", count=len(costs), all=len(facts.cameras), cost=named))
    return sentences


def _spots(cards: Sequence[_Card], say: Words) -> Iterator[chart.Spot]:
    for number, card in enumerate(cards, start=1):
        charter = card.fact.charter
        if charter is None or charter.location.latitude is None or charter.location.longitude is None:
            continue
        lit = card.standing is Standing.CHARTERED
        yield chart.Spot(
            number=number,
            label=card.fact.name if lit else say("map.dark", name=card.fact.name),
            href=f"cameras/{card.fact.id}.html",
            lit=lit,
            latitude=charter.location.latitude,
            longitude=charter.location.longitude,
            view=charter.field_of_view,
            optics=resolution(charter),
        )


def _camera(camera: CameraFact, facts: Facts, say: Words) -> dict[str, Any]:
    standing, reason = camera.standing(facts.day)
    return {
        "root": "../../",
        "home": "../index.html",
        "path": f"cameras/{camera.id}.html",
        "fact": camera,
        "standing": standing,
        "reason": reason,
        "charter": camera.charter,
        "statistics": statistics(camera, facts, say),
        **(_chartered(camera.charter, camera, say) if camera.charter else {}),
    }


def _chartered(charter: Charter, camera: CameraFact, say: Words) -> dict[str, Any]:
    azimuth = charter.field_of_view.azimuth_deg
    return {
        "contact": _linked(charter.controller.contact),
        "basis": plain.basis(charter, say),
        "looked_for": plain.looked_for(charter, say),
        "shown": plain.shown(charter, say),
        "retention": plain.retention(charter, say),
        "opened": plain.opened(charter, say),
        "recognised": plain.recognised(charter, say),
        "challenged": plain.challenged(charter, camera.settings, say),
        "exported": plain.exported(charter, say),
        "categories": plain.dtpr(charter, camera.settings, say),
        "levels": plain.levels(charter, say),
        "distances": plain.distances(charter, say),
        "cost": plain.cost(charter, say),
        "map": chart.local(charter.field_of_view, say("view.picture"), say("map.north"), resolution(charter)),
        "point": "" if azimuth is None else say(f"point.{_POINTS[round(azimuth / 45) % len(_POINTS)]}"),
    }


def _linked(contact: str) -> Markup:
    mail = plain.mail_of(contact)
    link = Markup('<a href="mailto:{0}">{0}</a>').format(mail)
    return link.join(Markup.escape(part) for part in contact.split(mail)) if mail else Markup.escape(contact)


def _reports(facts: Facts, say: Words) -> list[_Report]:
    """Return whom to tell about an unlisted camera: each controller once, with a letter that is begun."""
    contacts = {one.charter.controller.name: one.charter.controller.contact for one in facts.cameras if one.charter}
    lines = "\r\n".join(f"{say(f'report.{line}')}: " for line in _LETTER)
    letter = f"subject={quote(say('report.subject'))}&body={quote(lines)}"
    return [
        _Report(name, contact, f"mailto:{mail}?{letter}" if (mail := plain.mail_of(contact)) else "")
        for name, contact in sorted(contacts.items())
    ]
