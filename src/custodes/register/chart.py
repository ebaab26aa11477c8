"""Maps as SVG, drawn from coordinates and fields of view alone: no tiles, so nothing is fetched from anybody."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from custodes.charter import Level, Resolution
from custodes.charter.tables import FieldOfView
from custodes.register.ground import Kind, Outline

_M_PER_DEG_LAT: Final = 110_574.0
_M_PER_DEG_LON: Final = 111_320.0
"""Metres in a degree of longitude at the equator."""
_WIDTH: Final = 960
_HEIGHT: Final = 560
_LOCAL_SIDE: Final = 360
_MARGIN_PX: Final = 90
_LEAST_SPAN_M: Final = 120.0
_USUAL_REACH_M: Final = 25
"""Drawn where a charter states a direction, but no reach."""
_USUAL_WIDTH_DEG: Final = 60
_HINT_PX: Final = 34
"""Fields of view that would be drawn shorter than this get a pointer of this length too."""
_BAR_PX: Final = 140
_HALF_TURN_DEG: Final = 180
_LABEL_PX: Final = (7.4, 20)
"""Width of a letter and height of a label, roughly."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A camera on the map.

    Attributes:
        number: What stands in its marker.
        label: Its name.
        href: Its page.
        lit: Whether its charter holds.
        latitude: Degrees north.
        longitude: Degrees east.
        view: What it can see.
        optics: How finely; None where that is not known.
    """

    number: int
    label: str
    href: str
    lit: bool
    latitude: float
    longitude: float
    view: FieldOfView
    optics: Resolution | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    """How places become points of the picture: flat, which is true enough for a city."""

    longitude: float
    latitude: float
    lon_m: float
    scale: float

    @classmethod
    def around(cls, spots: Sequence[Spot]) -> "_Frame":
        """Return the frame that shows all `spots` and what they see, north up, as large as there is room for."""
        lats, lons = [spot.latitude for spot in spots], [spot.longitude for spot in spots]
        latitude, longitude = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        lon_m = _M_PER_DEG_LON * math.cos(math.radians(latitude))
        reach = max(_reach(spot.view, spot.optics) for spot in spots)
        span_x = max((max(lons) - min(lons)) * lon_m + 2 * reach, _LEAST_SPAN_M)
        span_y = max((max(lats) - min(lats)) * _M_PER_DEG_LAT + 2 * reach, _LEAST_SPAN_M)
        scale = min((_WIDTH - 2 * _MARGIN_PX) / span_x, (_HEIGHT - 2 * _MARGIN_PX) / span_y)
        return cls(longitude, latitude, lon_m, scale)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a place is in the picture."""
        east, north = (longitude - self.longitude) * self.lon_m, (latitude - self.latitude) * _M_PER_DEG_LAT
        return _WIDTH / 2 + east * self.scale, _HEIGHT / 2 - north * self.scale


def city(spots: Sequence[Spot], title: str, north: str, ground: Sequence[Outline] = ()) -> Markup:
    """Return a map of all `spots`, to scale, with what lies under them or a grid, a scale bar and a north arrow.

    Args:
        spots: At least one.
        title: What it shows, for those who cannot see it.
        north: Letter for north.
        ground: What lies under the cameras.
    """
    frame = _Frame.around(spots)
    scale = frame.scale
    placed = [frame.at(spot.longitude, spot.latitude) for spot in spots]
    step = _nice(_BAR_PX / scale)
    views = "".join(
        _wedge(spot.view, spot.optics, (x, y), scale, lit=spot.lit) for spot, (x, y) in zip(spots, placed, strict=True)
    )
    markers = "".join(_marker(spot, at, placed, scale) for spot, at in zip(spots, placed, strict=True))
    return Markup(  # noqa: S704  every text in it was escaped
        f'<svg class="map" id="map" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="group" aria-label="{_escaped(title)}" '
        f'data-scale="{scale:.6f}">'
        f'<g class="moving">{_ground(ground, frame) or _grid(step * scale)}{views}{markers}</g>'
        f"{_bar(step, step * scale, 24, _HEIGHT - 26)}{_arrow(_WIDTH - 44, 58, north)}</svg>"
    )


def local(view: FieldOfView, title: str, north: str, optics: Resolution | None = None) -> Markup:
    """Return a drawing of one field of view with the camera in its middle; empty where no direction is stated."""
    if view.azimuth_deg is None:
        return Markup()
    reach = _reach(view, optics)
    scale = (_LOCAL_SIDE / 2 - 30) / reach
    middle = _LOCAL_SIDE / 2
    step = _nice(90 / scale)
    rings = "".join(
        f'<circle class="grid" cx="{middle}" cy="{middle}" r="{step * scale * turn:.1f}"/>'
        for turn in range(1, int(_LOCAL_SIDE / 2 / (step * scale)) + 1)
    )
    return Markup(  # noqa: S704  every text in it was escaped
        f'<svg class="map local" viewBox="0 0 {_LOCAL_SIDE} {_LOCAL_SIDE}" role="img" aria-label="{_escaped(title)}">'
        f"{rings}{_wedge(view, optics, (middle, middle), scale, lit=True)}"
        f'<circle class="dot" cx="{middle}" cy="{middle}" r="7"/>'
        f"{_bar(step, step * scale, 18, _LOCAL_SIDE - 20)}{_arrow(_LOCAL_SIDE - 30, 46, north)}</svg>"
    )


def corners(
    latitude: float, longitude: float, view: FieldOfView, optics: Resolution | None = None, within_m: float = math.inf
) -> list[tuple[float, float]]:
    """Return the closed outline of a field of view as longitude and latitude; empty where no direction is stated.

    Args:
        latitude: Degrees north.
        longitude: Degrees east.
        view: What the camera sees.
        optics: How finely; None where that is not known.
        within_m: No more of it than up to this distance, metres.
    """
    if view.azimuth_deg is None:
        return []
    reach = min(_reach(view, optics), within_m)
    lon_m = _M_PER_DEG_LON * math.cos(math.radians(latitude))
    start = (round(longitude, 6), round(latitude, 6))
    arc = [
        (
            round(longitude + reach * math.sin(angle) / lon_m, 6),
            round(latitude + reach * math.cos(angle) / _M_PER_DEG_LAT, 6),
        )
        for angle in _angles(view)
    ]
    return [start, *arc, start]


def _reach(view: FieldOfView, optics: Resolution | None = None) -> float:
    """Return how far a field of view is drawn: as stated, or as far as people can be told from nothing, or as usual."""
    if view.reach_m is not None:
        return float(view.reach_m)
    return optics.reach_m(Level.MONITOR) if optics else float(_USUAL_REACH_M)


def _angles(view: FieldOfView) -> list[float]:
    """Return directions along the far edge of a field of view, radians clockwise from north."""
    width = view.width_deg or _USUAL_WIDTH_DEG
    steps = max(2, width // 6)
    first = (view.azimuth_deg or 0) - width / 2
    return [math.radians(first + width * step / steps) for step in range(steps + 1)]


def _wedge(view: FieldOfView, optics: Resolution | None, at: tuple[float, float], scale: float, *, lit: bool) -> str:
    """Return a field of view, and in it, one over the other, how far each level reaches."""
    if view.azimuth_deg is None:
        return ""
    reach, state = _reach(view, optics), "lit" if lit else "dark"
    whole = f'<polygon class="view {state}" points="{_fan(view, *at, reach * scale)}"/>'
    if optics is None or not lit:
        return whole
    bands = (
        f'<polygon class="band {level}" points="{_fan(view, *at, min(optics.reach_m(level), reach) * scale)}"/>'
        for level in Level
    )
    return f'{whole}<g class="bands">{"".join(bands)}</g>'


def _fan(view: FieldOfView, x: float, y: float, radius: float) -> str:
    arc = [(x + radius * math.sin(angle), y - radius * math.cos(angle)) for angle in _angles(view)]
    return " ".join(f"{px:.1f},{py:.1f}" for px, py in [(x, y), *arc])


def _marker(spot: Spot, at: tuple[float, float], everything: Sequence[tuple[float, float]], scale: float) -> str:
    """Return a marker of fixed size: a link with the number, a pointer where the field of view is small, the name."""
    x, y = at
    hint = ""
    if spot.view.azimuth_deg is not None and _reach(spot.view, spot.optics) * scale < _HINT_PX:
        reach = _reach(spot.view, spot.optics) * scale
        hint = f'<polygon class="hint" data-reach="{reach:.2f}" points="{_fan(spot.view, 0, 0, _HINT_PX)}"/>'
    state = "lit" if spot.lit else "dark"
    return (
        f'<a href="{_escaped(spot.href)}" class="spot {state}" aria-label="{_escaped(spot.label)}">'
        f'<g class="fixed" data-x="{x:.1f}" data-y="{y:.1f}" transform="translate({x:.1f} {y:.1f})">'
        f"<title>{_escaped(spot.label)}</title>{hint}"
        f'<circle r="13"/><text class="number" y="5">{spot.number}</text>{_label(spot, at, everything)}</g></a>'
    )


def _label(spot: Spot, at: tuple[float, float], everything: Iterable[tuple[float, float]]) -> str:
    """Return the name beside a marker, on the side where there is room; nothing where there is none."""
    width, height = len(spot.label) * _LABEL_PX[0] + 20, _LABEL_PX[1]
    near = [(x - at[0], y - at[1]) for x, y in everything if (x, y) != at and abs(y - at[1]) < height]
    sides = [(1, "start"), (-1, "end")]
    if (spot.view.azimuth_deg or 181) < _HALF_TURN_DEG:  # looks east: rather not over its own field of view
        sides.reverse()
    for side, anchor in sides:
        outside = not 0 < at[0] + side * width < _WIDTH
        if outside or any(0 < side * x < width + height for x, _ in near):
            continue
        return f'<text class="label" x="{side * 19}" y="5" text-anchor="{anchor}">{_escaped(spot.label)}</text>'
    return ""


def _ground(outlines: Iterable[Outline], frame: _Frame) -> str:
    """Return what lies under the cameras, a path for each kind, as far as any of it is in the picture."""
    lines: dict[tuple[Kind, bool], list[str]] = {}
    for outline in outlines:
        points = [frame.at(*place) for place in outline.places]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if min(xs) < _WIDTH and max(xs) > 0 and min(ys) < _HEIGHT and max(ys) > 0:
            line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if outline.closed else "")
            lines.setdefault((outline.kind, outline.closed), []).append(line)
    return "".join(
        f'<path class="{kind} {"area" if closed else "line"}" d="{"".join(lines[kind, closed])}"/>'
        for kind in Kind
        for closed in (True, False)
        if (kind, closed) in lines
    )


def _grid(step_px: float) -> str:
    """Return lines a step of the scale bar apart, far beyond the edges, so that there are some after moving, too."""
    columns, rows = int(_WIDTH / step_px) + 1, int(_HEIGHT / step_px) + 1
    left, top = _WIDTH / 2 - columns * step_px, _HEIGHT / 2 - rows * step_px
    right, bottom = _WIDTH / 2 + columns * step_px, _HEIGHT / 2 + rows * step_px
    upright = [f"M{left + turn * step_px:.1f} {top:.1f}V{bottom:.1f}" for turn in range(2 * columns + 1)]
    level = [f"M{left:.1f} {top + turn * step_px:.1f}H{right:.1f}" for turn in range(2 * rows + 1)]
    return f'<path class="grid" d="{"".join(upright + level)}"/>'


def _bar(metres: float, pixels: float, x: float, y: float) -> str:
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004  metres in a kilometre
    return (
        f'<g class="bar" transform="translate({x} {y})"><path d="M0 -6V0H{pixels:.1f}V-6"/>'
        f'<text x="{pixels / 2:.1f}" y="-8">{text}</text></g>'
    )


def _arrow(x: float, y: float, north: str) -> str:
    return (
        f'<g class="north" transform="translate({x} {y})" aria-hidden="true"><path d="M0 -30L9 -4L0 -10L-9 -4Z"/>'
        f'<text y="14">{_escaped(north)}</text></g>'
    )


def _nice(metres: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is at most `metres`."""
    power = 10 ** math.floor(math.log10(metres))
    return float(next(factor * power for factor in (5, 2, 1) if factor * power <= metres * (1 + 1e-9)))


def _escaped(text: str) -> str:
    return str(Markup.escape(text))
