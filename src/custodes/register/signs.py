"""The sign beside a camera: one A4 page, readable before one walks into the picture (GDPR Art. 13, first layer)."""

import io
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from custodes.charter import Charter
from custodes.domain.errors import ConfigError
from custodes.register import plain
from custodes.register.facts import CameraFact
from custodes.register.paper import BOLD, LINE, MUTED, draw_qr, style, use_fonts
from custodes.register.pictogram import PARTS, SIDE, SUN, Box, Disc, Part, Shape
from custodes.register.words import Words

_WIDTH, _HEIGHT = A4
_EDGE: Final = 34.0
_BAND: Final = 226.0
_PICTURE: Final = 206.0
_QR: Final = 116.0
_SIZES: Final = tuple(1.36 - step * 0.03 for step in range(30))
"""Tried from the largest on, until everything is on the page."""


def sign_pdf(camera: CameraFact, languages: Sequence[Words], base_url: str) -> bytes:
    """Return the sign of `camera`, which has a charter, as PDF.

    Args:
        camera: Which one.
        languages: The languages of the sign, the first one first; two fit well.
        base_url: Address of the published register, without which there is no QR code.

    Raises:
        ConfigError: The camera has no charter, or its texts do not fit on one page.
    """
    if camera.charter is None:
        raise ConfigError(f"{camera.id} gets no sign", why="it has no charter", fix="write one with `custodes charter`")
    use_fonts()
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1, lang=languages[0].tag)
    canvas.setTitle(f"{languages[0]('sign.headline')}: {camera.name}")
    canvas.setAuthor(camera.charter.controller.name)
    _band(canvas, camera, camera.charter, languages)
    foot = _foot(canvas, camera, languages, base_url)
    _body(canvas, camera, camera.charter, languages, foot)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def entry_url(camera: CameraFact, say: Words, base_url: str) -> str:
    """Return the address of the camera's page in the register that is published at `base_url`."""
    return f"{base_url.rstrip('/')}/{say.tag}/cameras/{camera.id}.html"


def _band(canvas: Canvas, camera: CameraFact, charter: Charter, languages: Sequence[Words]) -> None:
    top = _HEIGHT - _EDGE
    canvas.setFillColor(HexColor(SUN))
    canvas.roundRect(_EDGE, top - _BAND, _WIDTH - 2 * _EDGE, _BAND, 16, stroke=0, fill=1)
    inset = (_BAND - _PICTURE) / 2
    _draw(canvas, _EDGE + inset, top - inset, _PICTURE)
    left = _EDGE + _PICTURE + inset + 12
    width = _WIDTH - _EDGE - left - 14
    large, small = (26, 11.5) if len(languages) > 1 else (36, 15)
    lines: list[Flowable] = []
    for say in languages:
        head = style(large, fontName=BOLD, leading=1.12 * large, spaceAfter=0.12 * large)
        lines.append(Paragraph(escape(say("sign.headline")), head))
        lines.append(Paragraph(escape(say("sign.faces")), style(small, spaceAfter=8)))
    lines.append(Paragraph(escape(f"{camera.name} · {charter.location.place}"), style(10.5)))
    _stack(canvas, lines, x=left, top=top, width=width, height=_BAND)


def _stack(canvas: Canvas, flow: Sequence[Flowable], *, x: float, top: float, width: float, height: float) -> None:
    """Draw `flow` in the middle of a box whose upper left corner is at `x` and `top`."""
    sizes = [one.wrap(width, height)[1] + one.getSpaceAfter() for one in flow]
    y = top - max(0.0, (height - sum(sizes)) / 2)
    for one, size in zip(flow, sizes, strict=True):
        y -= size
        one.drawOn(canvas, x, y + one.getSpaceAfter())


def _body(canvas: Canvas, camera: CameraFact, charter: Charter, languages: Sequence[Words], foot: float) -> None:
    """Draw the text of the sign and the table between the band and `foot`, as large as there is room for."""
    top = _HEIGHT - _EDGE - _BAND - 16
    width = _WIDTH - 2 * _EDGE
    for size in _SIZES:
        flow = _flow(camera, charter, languages, size, width)
        heights = [one.wrap(width, top)[1] + one.getSpaceAfter() for one in flow]
        if sum(heights) <= top - foot:
            break
    else:
        raise ConfigError(
            f"the sign of {', '.join(charter.cameras)} does not fit on one page",
            why="the charter's texts are too long for it",
            fix="shorten sign.text and purpose.statement, or choose fewer languages",
        )
    y = top
    for one, height in zip(flow, heights, strict=True):
        y -= height
        one.drawOn(canvas, _EDGE, y + one.getSpaceAfter())


def _flow(
    camera: CameraFact, charter: Charter, languages: Sequence[Words], size: float, width: float
) -> list[Flowable]:
    lead = Paragraph(escape(charter.sign.text), style(14.5 * size, spaceAfter=10 * size))
    cells = [
        [
            Paragraph("<br/>".join(escape(label) for label in labels), style(9.6 * size, fontName=BOLD)),
            Paragraph("<br/>".join(escape(value) for value in values), style(10.6 * size)),
        ]
        for labels, values in _entries(camera, charter, languages)
    ]
    table = Table(cells, colWidths=[0.27 * width, 0.73 * width])
    table.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, 0), (-1, -1), 0.6, LINE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.6, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 4 * size),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5 * size),
            ]
        )
    )
    return [lead, table]


def _entries(camera: CameraFact, charter: Charter, languages: Sequence[Words]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the lines of the table: labels and values, once for each language where they depend on it."""
    who = charter.controller
    yield _labels(languages, "sign.controller"), [f"{who.name}, {who.contact}"]
    if who.officer:
        yield _labels(languages, "sign.officer"), [who.officer]
    if charter.purpose.statement not in charter.sign.text:
        yield _labels(languages, "plain.purpose"), [charter.purpose.statement]
    yield _labels(languages, "plain.basis"), [plain.basis(charter, say) for say in languages]
    yield (
        _labels(languages, "plain.looks"),
        [f"{plain.looked_for(charter, say)} {plain.recognition(charter, camera.settings, say)}" for say in languages],
    )
    yield _labels(languages, "plain.keeps"), [plain.retention(charter, say) for say in languages]
    yield _labels(languages, "plain.exports"), [plain.exports(charter, say) for say in languages]
    yield _labels(languages, "rights.title"), [say("sign.rights") for say in languages]


def _labels(languages: Sequence[Words], key: str) -> list[str]:
    return list(dict.fromkeys(say(key) for say in languages))


def _foot(canvas: Canvas, camera: CameraFact, languages: Sequence[Words], base_url: str) -> float:
    """Draw where to find more, with a QR code where there is an address; return its upper edge."""
    left, height = _EDGE, 70.0
    charter = camera.charter
    lines: list[Flowable] = []
    if base_url:
        url = entry_url(camera, languages[0], base_url)
        draw_qr(canvas, url, _EDGE, _EDGE, _QR)
        canvas.linkURL(url, (_EDGE, _EDGE, _EDGE + _QR, _EDGE + _QR))
        left, height = _EDGE + _QR + 16, _QR
        lines += [Paragraph(escape(say("sign.scan")), style(12.5, fontName=BOLD)) for say in languages]
        lines.append(Paragraph(escape(url), style(10, spaceAfter=6, splitLongWords=1)))
    elif charter:
        lines += [
            Paragraph(
                escape(say("sign.ask", contact=charter.controller.contact)), style(12.5, fontName=BOLD, spaceAfter=6)
            )
            for say in languages
        ]
    if charter:
        version = languages[0]("sign.version", version=charter.version[:16])
        lines.append(Paragraph(escape(version), style(8.5, textColor=MUTED)))
    _stack(canvas, lines, x=left, top=_EDGE + height, width=_WIDTH - _EDGE - left, height=height)
    return _EDGE + height + 15


def _draw(canvas: Canvas, x: float, top: float, side: float) -> None:
    """Draw the pictogram, whose y points down, with its upper left corner at `x` and `top`."""
    canvas.saveState()
    canvas.translate(x, top)
    canvas.scale(side / SIDE, -side / SIDE)
    for part in PARTS:
        _part(canvas, part)
    canvas.restoreState()


def _part(canvas: Canvas, part: Part) -> None:
    canvas.setFillColor(HexColor(part.fill))
    match part:
        case Disc():
            canvas.circle(part.x, part.y, part.radius, stroke=0, fill=1)
        case Box():
            canvas.roundRect(part.x, part.y, part.width, part.height, part.radius, stroke=0, fill=1)
        case Shape():
            path = canvas.beginPath()
            path.moveTo(*part.points[0])
            for point in part.points[1:]:
                path.lineTo(*point)
            path.close()
            canvas.drawPath(path, stroke=0, fill=1)
