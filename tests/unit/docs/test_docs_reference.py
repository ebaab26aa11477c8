"""Everything that people can set or call is documented, and the reference pages say what the code says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from custodes.app.cli import app
from custodes.app.reference import PAGES
from custodes.app.settings import Settings

REFERENCE = Path(__file__).resolve().parents[3] / "docs/reference"


def test_every_settings_field_has_a_description() -> None:
    schema = Settings.model_json_schema()
    models = {"Settings": schema, **schema["$defs"]}
    fields = {
        f"{name}.{field}": one for name, model in models.items() for field, one in model.get("properties", {}).items()
    }
    assert len(fields) > 50
    assert [name for name, one in fields.items() if not one.get("description", "").strip()] == []


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


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_page_is_up_to_date(name: str, tmp_path: Path) -> None:
    fresh = tmp_path / name
    fresh.write_text(PAGES[name](), encoding="utf-8")
    committed = REFERENCE / name
    assert committed.exists(), f"docs/reference/{name} is missing: run `make docs`"
    same = fresh.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    assert same, f"docs/reference/{name} does not say what the code says: run `make docs`"
