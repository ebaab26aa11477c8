"""A bill of materials (CycloneDX 1.6) of the packages that are installed."""

import importlib.metadata
import json
import re
from collections.abc import Iterable
from typing import Any

from custodes.register.facts import Component, ModelFact


def installed() -> tuple[Component, ...]:
    """Return every distribution of this Python, by name; of two with one name the first on the path, as imports do."""
    found: dict[str, Component] = {}
    for distribution in importlib.metadata.distributions():
        meta = distribution.metadata
        name = re.sub(r"[-_.]+", "-", meta["Name"] or "").lower()
        if name and name not in found:
            found[name] = Component(name, distribution.version, _licence(meta))
    return tuple(found[name] for name in sorted(found))


def _licence(meta: Any) -> str:
    """Return the licence that a package states: its expression, else its classifiers, else a short free text."""
    if expression := meta.get("License-Expression"):
        return str(expression)
    classifiers = [line.rpartition(" :: ")[2] for line in meta.get_all("Classifier", []) if line.startswith("License")]
    text = " and ".join(sorted(set(classifiers))) or str(meta.get("License") or "")
    return text if "\n" not in text and len(text) <= 100 else ""  # noqa: PLR2004  some put the whole text there


def bill_of_materials(software: str, components: Iterable[Component], models: Iterable[ModelFact]) -> bytes:
    """Return the bill of materials as CycloneDX JSON: the same text for the same packages and models.

    Args:
        software: Name and version of custodes, with a space.
        components: Installed packages.
        models: Models, listed as machine-learning models with their digests.
    """
    name, _, version = software.partition(" ")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": f"{name}@{version}", "name": name, "version": version}
        },
        "components": [
            *(_package(one) for one in components if one.name != name),
            *(_model(one) for one in models),
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _package(component: Component) -> dict[str, Any]:
    reference = f"pkg:pypi/{component.name}@{component.version}"
    entry: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": component.name,
        "version": component.version,
        "purl": reference,
    }
    if component.licence:
        entry["licenses"] = [{"license": {"name": component.licence}}]
    return entry


def _model(model: ModelFact) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model.name}",
        "name": model.name,
        "description": f"{model.purpose}; {model.source}",
    }
    if model.digest:
        entry["hashes"] = [{"alg": "SHA-256", "content": model.digest}]
    if model.licence:
        entry["licenses"] = [{"license": {"name": model.licence}}]
    return entry
