"""The printed page that somebody who has enrolled takes home: the pass to cut out, and the receipt."""

import io
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from custodes.identity import Enrolled, wording_of
from custodes.register.paper import BOLD, MUTED, draw_qr, style, use_fonts

_MARGIN: Final = 18 * mm
_QR: Final = 44 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN


def enrolment_pdf(enrolled: Enrolled) -> bytes:
    """Return pass and receipt as PDF, A4, in the language that was agreed in. It does not name the person.

    Args:
        enrolled: What the person takes home.
    """
    use_fonts()
    consent = enrolled.receipt.body.consent
    said = wording_of(consent.text)
    say = said.paper
    stream = io.BytesIO()
    page = SimpleDocTemplate(
        stream, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=say["title"], author=consent.controller, lang=said.tag, invariant=1,
    )  # fmt: skip
    flow: list[Flowable] = [Paragraph(escape(say["title"]), style(22, fontName=BOLD, leading=27, spaceAfter=10))]
    if enrolled.shown is None:
        flow.append(Paragraph(escape(say["none"]), style(11.5, spaceAfter=10)))
    else:
        flow.append(_card(enrolled.shown.text(), say["pass"], say["hint"], consent.controller))
        flow.append(Paragraph(escape(say["cut"]), style(8.5, textColor=MUTED, spaceBefore=3, spaceAfter=12)))
    # The last lines are the same for programs, and the signature: those are in the receipt's file.
    text = enrolled.receipt.note.decode("utf-8").partition('\n{"consent"')[0]
    look = style(9, spaceAfter=5, splitLongWords=1)
    flow += [Paragraph(escape(part.strip()).replace("\n", "<br/>"), look) for part in text.split("\n\n")]
    page.build(flow)
    return stream.getvalue()


def _card(text: str, title: str, hint: str, controller: str) -> Flowable:
    words = [
        Paragraph(escape(title), style(15, fontName=BOLD, spaceAfter=4)),
        Paragraph(escape(controller), style(9.5, textColor=MUTED, spaceAfter=8)),
        Paragraph(escape(hint), style(9.5)),
    ]
    card = Table([[_Code(text), words]], colWidths=[_QR + 8 * mm, 74 * mm], hAlign="LEFT")
    card.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 0.8, MUTED, None, (3, 3)),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                *((f"{side}PADDING", (0, 0), (-1, -1), 4 * mm) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
            ]
        )
    )
    return card


class _Code(Flowable):
    """A QR code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.width = self.height = _QR

    def draw(self) -> None:
        draw_qr(self.canv, self._text, 0, 0, _QR)
