"""The sign of custodes: a camera that looks at somebody whose face is covered. Drawn here, once, for page and paper."""

from dataclasses import dataclass
from typing import Final, TypeAlias

INK: Final = "#10231f"
SUN: Final = "#ffd43b"
PAPER: Final = "#ffffff"
SIDE: Final = 100.0
"""Width and height of the drawing; y points down."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with round corners; x and y are its upper left one."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    fill: str


Part: TypeAlias = Disc | Box | Shape

_CELL: Final = 5.4

PARTS: Final[tuple[Part, ...]] = (
    Box(0, 0, 100, 100, 16, SUN),
    # What the camera sees.
    Shape(((47, 33), (96, 52), (96, 88), (36, 43)), "#ffe98a"),
    # Bracket and camera, tilted down towards the person.
    Box(8, 12, 6, 34, 2, INK),
    Shape(((13, 25), (24, 27), (24, 33), (13, 31)), INK),
    Shape(((22, 16), (50, 28), (43, 45), (15, 33)), INK),
    Shape(((50, 27.5), (54, 29.2), (46.6, 47), (42.6, 45.3)), INK),
    Shape(((19, 12), (56, 27.8), (54.6, 31.2), (17.6, 15.4)), INK),
    # The person: shoulders, head, and the cells over the face.
    Shape(((52, 100), (53, 88), (58, 80), (66, 77), (80, 77), (88, 80), (93, 88), (94, 100)), INK),
    Disc(73, 60, 14.5, INK),
    Box(73 - 1.5 * _CELL, 60 - 1.5 * _CELL, 3 * _CELL, 3 * _CELL, 0, SUN),
    *(
        Box(73 + column * _CELL, 60 + row * _CELL, _CELL, _CELL, 0, PAPER)
        for column, row in ((-0.5, -1.5), (-1.5, -0.5), (0.5, -0.5), (-0.5, 0.5))
    ),
)
"""Drawn one over the other."""


def icon() -> str:
    """Return the pictogram as an SVG document."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE:g} {SIDE:g}">'
        f"{''.join(_svg(part) for part in PARTS)}</svg>\n"
    )


def _svg(part: Part) -> str:
    match part:
        case Disc(x, y, radius, fill):
            return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'
        case Box(x, y, width, height, radius, fill):
            place = f'x="{x:.4g}" y="{y:.4g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
            return f'<rect {place} fill="{fill}"/>'
        case Shape(points, fill):
            return f'<polygon points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" fill="{fill}"/>'
