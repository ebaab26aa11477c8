"""Getting models ready: fetch, verify, convert, remember."""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from custodes.domain.errors import ModelError
from custodes.perceive.models.cache import cache_folder, exclusive, sha256_of, verified
from custodes.perceive.models.catalogue import FOOTAGE, MODELS, NANODET, ModelEntry
from custodes.perceive.models.fetch import fetch, member_path

_RECIPE = 3
"""Raised when the conversion changes, so that converted models are made anew."""
_CALIBRATION_CLIPS = ("bikes", "walkbike")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A line of `custodes models`.

    Attributes:
        name: Short name.
        purpose: What it finds.
        licence: SPDX expression.
        source: Registry package and version.
        digest: SHA-256 of its weights as fetched, hex.
        cached: Whether it is ready to be used without the network.
        caveat: What to know before relying on it.
        recognises: Whether its results single people out; cameras do without it.
    """

    name: str
    purpose: str
    licence: str
    source: str
    digest: str
    cached: bool
    caveat: str
    recognises: bool


def model_table() -> list[ModelRow]:
    """Return every model, ready or not."""
    return [_row(entry) for entry in MODELS.values()]


def _row(entry: ModelEntry) -> ModelRow:
    weights = entry.members[-1]
    source = f"{weights.registry}: {weights.package} {weights.version}"
    return ModelRow(
        name=entry.name,
        purpose=entry.purpose,
        licence=entry.licence,
        source=source,
        digest=weights.sha256,
        cached=_is_ready(entry),
        caveat=entry.caveat,
        recognises=entry.recognises,
    )


def _is_ready(entry: ModelEntry) -> bool:
    if entry is NANODET:
        return _converted_is_good(_converted_path())
    return all(verified(member_path(member), member.sha256) for member in entry.members)


def ensure(*, recognition: bool = False) -> None:
    """Make the models that cameras use ready, telling people on standard error what takes long.

    Args:
        recognition: Whether those that single people out are wanted as well.

    Raises:
        ModelError: A registry cannot be reached, or a conversion failed.
        IntegrityError: A fetched file is not the pinned one.
    """
    for name, entry in MODELS.items():
        if recognition or not entry.recognises:
            model_path(name)


def model_path(name: str) -> Path:
    """Return the file of the model called `name`, ready to be loaded; fetch and convert it if need be.

    Raises:
        ModelError: As `ensure`.
        IntegrityError: As `ensure`.
    """
    entry = MODELS[name]
    if entry is NANODET:
        return _converted(entry)
    return fetch(entry.members)[0]


def footage(name: str) -> Path:
    """Return the clip called `name` (`bikes`, `carphone` or `walkbike`), fetching it if need be.

    Raises:
        ModelError: As `ensure`.
        IntegrityError: As `ensure`.
    """
    return fetch([FOOTAGE[name]])[0]


def _converted_path() -> Path:
    return cache_folder() / "converted" / f"nanodet-g-int8-r{_RECIPE}.xml"


def _converted(entry: ModelEntry) -> Path:
    path = _converted_path()
    if _converted_is_good(path):
        return path
    sources = fetch(entry.members)
    clips = [footage(clip) for clip in _CALIBRATION_CLIPS]
    with exclusive(path.parent):
        if not _converted_is_good(path):
            _convert(sources, clips, path)
    return path


def _converted_is_good(path: Path) -> bool:
    """Return whether the converted model is there, whole: its manifest is written last."""
    try:
        manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return all(sha256_of(path.with_name(name)) == digest for name, digest in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return False


def _convert(sources: list[Path], clips: list[Path], path: Path) -> None:
    fresh = path.with_name(f"fresh-{path.name}")
    command = [sys.executable, "-m", "custodes.perceive.models.convert"]
    arguments = ["--json", sources[0], "--weights", sources[1], "--to", fresh, *clips]
    console = Console(stderr=True)
    with console.status("Converting NanoDet-g to int8 (once, about a minute)"):
        done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ModelError(
            "NanoDet-g could not be converted",
            why=(done.stderr.strip().splitlines() or ["it ended without a word"])[-1],
            fix="install custodes with its extra `models`, which holds the converter",
        )
    manifest = {
        "files": {},
        "sources": {source.name: sha256_of(source) for source in (*sources, *clips)},
        "tools": {tool: version(tool) for tool in ("openvino", "nncf", "tensorboard")},
    }
    for suffix in (".xml", ".bin"):
        target = path.with_suffix(suffix)
        fresh.with_suffix(suffix).replace(target)
        manifest["files"][target.name] = sha256_of(target)
    path.with_suffix(".json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
