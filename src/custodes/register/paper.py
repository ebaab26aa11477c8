"""PDF: fonts, styles and pages, the same bytes for the same content. The fonts are PT Sans, with Cyrillic, embedded."""

import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape

import fontpkg
import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from custodes.register.document import Block, Bullets, Document, Heading, Rows, Text, ToWrite

FONT: Final = "PTSans"
BOLD: Final = "PTSans-Bold"
INK: Final = HexColor("#10231f")
MUTED: Final = HexColor("#47574f")
LINE: Final = HexColor("#c3ccc4")
_TINT: Final = HexColor("#e8ede6")
_OPEN: Final = HexColor("#fff6d6")
_OPEN_LINE: Final = HexColor("#a67c00")
_MARGIN: Final = 20 * mm
_FACES: Final = {(False, False): "", (True, False): "-Bold", (False, True): "-Italic", (True, True): "-BoldItalic"}


@cache
def use_fonts() -> None:
    """Make the fonts known, once."""
    for (bold, italic), suffix in _FACES.items():
        path = fontpkg.path("PT Sans", weight=700 if bold else 400, style="italic" if italic else "normal")
        pdfmetrics.registerFont(TTFont(FONT + suffix, str(path)))
    pdfmetrics.registerFontFamily(
        FONT, normal=FONT, bold=BOLD, italic=f"{FONT}-Italic", boldItalic=f"{FONT}-BoldItalic"
    )


def style(size: float, **more: Any) -> ParagraphStyle:
    """Return a style of `size` points; `more` as reportlab's `ParagraphStyle` has it."""
    usual = {"fontName": FONT, "fontSize": size, "leading": 1.32 * size, "textColor": INK, "alignment": TA_LEFT}
    return ParagraphStyle(f"{size}", **{**usual, **more})


def draw_qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """Draw a QR code with its lower left corner at `x` and `y`; the page around it is its quiet zone."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    cell = side / len(rows)
    canvas.setFillColor(HexColor("#000000"))
    path = canvas.beginPath()
    for number, row in enumerate(rows):
        start = 0
        while start < len(row):
            end = start
            while end < len(row) and row[end]:
                end += 1
            if end > start:
                path.rect(x + start * cell, y + side - (number + 1) * cell, (end - start) * cell, cell)
            start = end + 1
    canvas.drawPath(path, stroke=0, fill=1)


def document_pdf(document: Document) -> bytes:
    """Return `document` as PDF, A4, pages numbered."""
    use_fonts()
    stream = io.BytesIO()
    template = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=22 * mm,
        title=document.title,
        author=document.author,
        lang=document.language,
        invariant=1,
    )
    flow: list[Flowable] = [Paragraph(escape(document.title), style(22, fontName=BOLD, leading=27, spaceAfter=10))]
    for block in document.blocks:
        flow += _MAKERS[type(block)](block)
    footer = _footer(document.title)
    template.build(flow, onFirstPage=footer, onLaterPages=footer)
    return stream.getvalue()


def _footer(title: str) -> Callable[[Canvas, Any], None]:
    def draw(canvas: Canvas, _template: Any) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 8.5)
        canvas.setFillColor(MUTED)
        canvas.drawString(_MARGIN, 12 * mm, title)
        canvas.drawRightString(A4[0] - _MARGIN, 12 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    return draw


def _heading(block: Heading) -> list[Flowable]:
    sizes = {2: (15, 16), 3: (11.5, 9)}
    size, before = sizes[block.level]
    return [Paragraph(escape(block.text), style(size, fontName=BOLD, spaceBefore=before, spaceAfter=5, keepWithNext=1))]


def _text(block: Text) -> list[Flowable]:
    return [Paragraph(_marked(block.text, block.label), style(10, spaceAfter=6))]


def _bullets(block: Bullets) -> list[Flowable]:
    look = style(10, spaceAfter=2)
    items: list[Any] = [ListItem(Paragraph(escape(text), look), leftIndent=12) for text in block.items]
    return [ListFlowable(items, bulletType="bullet", start="•", bulletFontName=FONT, leftIndent=12), Spacer(0, 5)]


def _rows(block: Rows) -> list[Flowable]:
    width = A4[0] - 2 * _MARGIN
    widths = [width * share / sum(block.widths) for share in block.widths]
    head = [[Paragraph(escape(text), style(9, fontName=BOLD)) for text in block.head]] if block.head else []
    body = [[_cell(text, first=at == 0 and not block.head) for at, text in enumerate(row)] for row in block.rows]
    table = Table([*head, *body], colWidths=widths, repeatRows=len(head), hAlign="LEFT")
    look: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("LINEABOVE", (0, 0), (-1, 0), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 3.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]
    if block.head:
        look.append(("BACKGROUND", (0, 0), (-1, 0), _TINT))
    table.setStyle(TableStyle(look))
    return [table, Spacer(0, 8)]


def _cell(text: str, *, first: bool) -> Paragraph:
    return Paragraph(escape(text), style(9, fontName=BOLD if first else FONT, splitLongWords=1))


def _to_write(block: ToWrite) -> list[Flowable]:
    framed = {"backColor": _OPEN, "borderColor": _OPEN_LINE, "borderWidth": 0.8, "borderPadding": 6, "borderRadius": 3}
    inset = {"leftIndent": 7, "rightIndent": 7, "spaceBefore": 13, "spaceAfter": 20}
    return [Paragraph(_marked(block.text, block.label), style(10, **framed, **inset))]


def _marked(text: str, label: str) -> str:
    return f"<b>{escape(label)}</b> {escape(text)}" if label else escape(text)


_MAKERS: Final[dict[type[Block], Callable[[Any], Sequence[Flowable]]]] = {
    Heading: _heading,
    Text: _text,
    Bullets: _bullets,
    Rows: _rows,
    ToWrite: _to_write,
}
