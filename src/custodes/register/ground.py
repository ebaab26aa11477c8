"""What lies under the map: streets, water, parks and buildings, from a GeoJSON file; nothing is fetched."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeAlias

from custodes.domain.errors import ConfigError

Place: TypeAlias = tuple[float, float]
"""Longitude and latitude, degrees."""


class Kind(StrEnum):
    """What something on the ground is; drawn in this order."""

    GREEN = "green"
    WATER = "water"
    BUILDING = "building"
    WAY = "way"


_KINDS: Final = (
    (Kind.BUILDING, ("building",)),
    (Kind.WATER, ("water", "waterway")),
    (Kind.WAY, ("highway", "railway")),
    (Kind.GREEN, ("leisure", "landuse", "natural")),
)
"""Tags of OpenStreetMap by which each kind is known, the first that is there."""
_CLOSED: Final = frozenset({"Polygon", "MultiPolygon"})
_DEPTHS: Final = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep lists of places are nested."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A line, or the edge of an area.

    Attributes:
        kind: Of what.
        closed: Whether it is an area.
        places: At least two.
    """

    kind: Kind
    closed: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies under the map.

    Attributes:
        outlines: Everything to draw.
        attribution: Whom to name for it, the member `attribution` of the file; may be empty.
    """

    outlines: tuple[Outline, ...] = ()
    attribution: str = ""


def read_ground(path: Path) -> Ground:
    """Read the GeoJSON file at `path`: lines and areas with the tags of OpenStreetMap; points are left out.

    Raises:
        ConfigError: It cannot be read, or is no GeoJSON feature collection.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        outlines = tuple(outline for feature in document["features"] for outline in _outlines(feature))
        return Ground(outlines, str(document.get("attribution", "")))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read", why=error.strerror or type(error).__name__, fix="see site.streets"
        ) from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no GeoJSON feature collection", why=str(error), fix="export it anew, or take out site.streets"
        ) from error


def _outlines(feature: Any) -> Iterator[Outline]:
    geometry, tags = feature["geometry"] or {}, feature["properties"] or {}
    kind = "water" if tags.get("natural") == "water" else _kind(tags)
    depth = _DEPTHS.get(str(geometry.get("type")), 0)
    if kind and depth:
        for places in _lists(geometry["coordinates"], depth):
            yield Outline(Kind(kind), geometry["type"] in _CLOSED, tuple((float(x), float(y)) for x, y, *_ in places))


def _kind(tags: Any) -> str:
    return next((kind for kind, names in _KINDS if any(name in tags for name in names)), "")


def _lists(nested: Any, depth: int) -> Iterator[Any]:
    """Yield the lists of places in lists that are `depth` deep."""
    if depth == 1:
        yield nested
    else:
        for inner in nested:
            yield from _lists(inner, depth - 1)
