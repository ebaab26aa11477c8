"""Everything that people can set or call is documented, and the reference pages say what the code says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from custodes.app.cli import app
from custodes.app.reference import PAGES
from custodes.app.settings import Settings

REFERENCE = Path(__file__).resolve().parents[3] / "docs/reference"


def models_in(annotation: Any) -> set[type[BaseModel]]:
    """Return the models that `annotation` names, and those in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        below = [models_in(field.annotation) for field in annotation.model_fields.values()]
        return {annotation}.union(*below)
    return set().union(*(models_in(part) for part in get_args(annotation)))


def test_every_settings_field_has_a_description() -> None:
    models = models_in(Settings)
    assert {"Settings", "SourceSettings", "ZoneSettings", "MotionSettings"} <= {model.__name__ for model in models}
    fields = {f"{model.__name__}.{name}": field for model in models for name, field in model.model_fields.items()}
    assert [name for name, field in fields.items() if not (field.description or "").strip()] == []


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    if isinstance(command, TyperGroup):
        for part, child in command.commands.items():
            yield from commands(f"{name} {part}", child)


def test_every_command_argument_and_option_has_help() -> None:
    everything = dict(commands("custodes", typer.main.get_command(app)))
    assert {"custodes run", "custodes evaluate tracking"} <= set(everything)
    assert [name for name, command in everything.items() if not command.help] == []
    without = [f"{name} {one.name}" for name, command in everything.items() for one in command.params if not one.help]
    assert without == []


def test_the_configuration_is_named_in_one_way() -> None:
    named = [
        (name, one.opts, str(one.default))
        for name, command in commands("custodes", typer.main.get_command(app))
        for one in command.params
        if one.name == "config"
    ]
    own = {"custodes run", "custodes doctor"}  # which are about the configuration itself
    assert own == {name for name, opts, _ in named if opts == ["config"]}
    assert {(*opts, default) for name, opts, default in named if name not in own} == {("--config", "custodes.toml")}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_page_is_up_to_date(name: str, tmp_path: Path) -> None:
    fresh = tmp_path / name
    fresh.write_text(PAGES[name](), encoding="utf-8")
    committed = REFERENCE / name
    assert committed.exists(), f"docs/reference/{name} is missing: run `make docs`"
    same = fresh.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    assert same, f"docs/reference/{name} does not say what the code says: run `make docs`"
