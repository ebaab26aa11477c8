"""The register for machines: `register.json` and GeoJSON."""

import json
from collections.abc import Iterable
from typing import Any, Final

from custodes.charter import PX_PER_M, Charter, Level, resolution
from custodes.domain.canonical import Json, canonical_json
from custodes.register.chart import corners
from custodes.register.facts import CameraFact, Facts, LogFact, Standing

FORMAT: Final = 1
"""Format of `register.json`."""


def register_json(facts: Facts) -> bytes:
    """Return the register as one JSON object (canonical JSON, RFC 8785): every camera, dark ones with the reason."""
    document: dict[str, Json] = {
        "format": FORMAT,
        "generated_for": facts.day.isoformat(),
        "generated_by": facts.software,
        "generated_from_checkpoint": facts.log.checkpoint if facts.log else "",
        "cameras": [_camera(one, facts) for one in facts.cameras],
        "models": [
            {
                "name": model.name,
                "purpose": model.purpose,
                "licence": model.licence,
                "source": model.source,
                "sha256": model.digest,
            }
            for model in facts.models
        ],
    }
    return canonical_json(document) + b"\n"


def _camera(camera: CameraFact, facts: Facts) -> dict[str, Json]:
    standing, reason = camera.standing(facts.day)
    charter = camera.charter
    stated: Json = charter.model_dump(mode="json", exclude_defaults=True) if charter else None
    return {
        "id": camera.id,
        "name": camera.name,
        "state": "chartered" if standing is Standing.CHARTERED else "dark",
        "cause": standing.value,
        "reason": reason,
        "charter_version": charter.version if charter else "",
        "charter": stated,
        "configuration": camera.configuration,
        "resolution": _resolution(charter),
        "statistics": _statistics(camera),
        "enrolling": _enrolling(camera),
        "log": _logged(camera, facts.log),
    }


def _resolution(charter: Charter | None) -> Json:
    """Return pixels a metre at the distances that the charter names, and how far each level reaches."""
    optics = resolution(charter) if charter else None
    if optics is None:
        return None
    return {
        "by": "IEC 62676-4:2014",
        "image_width_px": optics.width_px,
        "angle_deg": optics.angle_deg,
        "reach_m": {level.value: round(optics.reach_m(level), 2) for level in Level},
        "distances": [
            {
                "distance_m": distance,
                "px_per_m": round(optics.px_per_m(distance), 1),
                "allows": optics.allows(distance),
            }
            for distance in optics.distances_m
        ],
    }


def _statistics(camera: CameraFact) -> Json:
    found = camera.figures
    if found is None:
        return None
    return {
        "from_s": found.first_ns // 10**9,
        "to_s": found.last_ns // 10**9,
        "coverage": None if found.coverage is None else round(found.coverage, 6),
        "gaps": found.gaps,
        "gap_s": round(found.gap_ns / 10**9, 3),
        "events": {kind.value: count for kind, count in found.events.items()},
    }


def _enrolling(camera: CameraFact) -> Json:
    tally = camera.enrolling
    return None if tally is None else {"attempts": tally.attempts, "failed": tally.failed}


def _logged(camera: CameraFact, log: LogFact | None) -> Json:
    return None if log is None else dict(log.counts.get(camera.id, {}))


def geojson(facts: Facts) -> bytes:
    """Return the cameras that state coordinates as GeoJSON (RFC 7946): a point each, and its field of view.

    Properties are tags as OpenStreetMap has them for surveillance, beside id, name, state and charter version.
    """
    features = [feature for camera in facts.cameras for feature in _features(camera, facts)]
    document = {"type": "FeatureCollection", "features": features}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _features(camera: CameraFact, facts: Facts) -> Iterable[dict[str, Any]]:
    if camera.charter is None:
        return
    place, view = camera.charter.location, camera.charter.field_of_view
    if place.latitude is None or place.longitude is None:
        return
    standing, _ = camera.standing(facts.day)
    shared = {
        "id": camera.id,
        "name": camera.name,
        "state": "chartered" if standing is Standing.CHARTERED else "dark",
        "charter_version": camera.charter.version,
    }
    tags: dict[str, Any] = {
        "man_made": "surveillance",
        "surveillance:type": "camera",
        "operator": camera.charter.controller.name,
        "description": view.description,
    }
    if view.public_space:
        tags["surveillance"] = "public"
    if view.azimuth_deg is not None:
        tags["camera:direction"] = view.azimuth_deg
    if view.width_deg is not None:
        tags["camera:angle"] = view.width_deg
    if camera.charter.optics is not None:
        tags["image_width_px"] = camera.charter.optics.image_width_px
    if camera.charter.contract is not None:
        tags["contract:supplier"] = camera.charter.contract.supplier
    yield _feature("Point", (round(place.longitude, 6), round(place.latitude, 6)), shared | tags)
    # RFC 7946 has outer rings go round counterclockwise; ours go clockwise from north.
    optics = resolution(camera.charter)
    if outline := corners(place.latitude, place.longitude, view, optics):
        yield _feature("Polygon", [outline[::-1]], shared | {"field_of_view": True})
        for level in Level if optics else ():
            reach = optics.reach_m(level) if optics else 0.0
            outline = corners(place.latitude, place.longitude, view, optics, reach)
            band = {"level": level.value, "px_per_m": PX_PER_M[level], "reach_m": round(reach, 2)}
            yield _feature("Polygon", [outline[::-1]], shared | band)


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}
