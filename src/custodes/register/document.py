"""A document of a few kinds of blocks, and its Markdown. `custodes.register.paper` makes PDF of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#])")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 2 or 3, since 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `label` stands before it in bold."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; without a head, the first column is one. `widths` are shares."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What only people can write: a marked place with the question to answer."""

    label: str
    text: str


Block: TypeAlias = Heading | Text | Bullets | Rows | ToWrite


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    Attributes:
        title: Its title.
        author: Who answers for it.
        language: BCP 47 tag.
        blocks: What it says.
    """

    title: str
    author: str
    language: str
    blocks: tuple[Block, ...]


def markdown(document: Document) -> str:
    """Return `document` as Markdown; what stands in charters is escaped."""
    parts = [f"# {_plain(document.title)}", *(_MAKERS[type(block)](block) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _heading(block: Heading) -> str:
    return f"{'#' * block.level} {_plain(block.text)}"


def _text(block: Text) -> str:
    return f"**{_plain(block.label)}** {_plain(block.text)}" if block.label else _plain(block.text)


def _bullets(block: Bullets) -> str:
    return "\n".join(f"- {_plain(item)}" for item in block.items)


def _rows(block: Rows) -> str:
    head = block.head or ("",) * len(block.widths)
    lines = [tuple(map(_plain, head)), ("---",) * len(block.widths), *(tuple(map(_plain, row)) for row in block.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _to_write(block: ToWrite) -> str:
    return f"> **{_plain(block.label)}** {_plain(block.text)}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


_MAKERS: Final[dict[type[Block], Callable[[Any], str]]] = {
    Heading: _heading,
    Text: _text,
    Bullets: _bullets,
    Rows: _rows,
    ToWrite: _to_write,
}
