"""Writes the reference pages of `docs/` from the code: `python -m custodes.app.reference FOLDER`."""

import argparse
import ast
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import platformdirs
import typer.main
from fastapi.routing import APIWebSocketRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperArgument, TyperGroup, TyperOption

import custodes
from custodes.api import ApiContext, LiveHub, Unnoted, create_app
from custodes.api.app import OPENAPI_URL
from custodes.api.routes import live
from custodes.api.settings import ServerSettings
from custodes.app.cli import app as cli
from custodes.app.settings import Settings
from custodes.charter import Charter, Charters
from custodes.domain.time import SystemClock
from custodes.perceive.models import model_table
from custodes.store import FileBlobs, PrivateTexts, Store
from custodes.store.private import KEY_BYTES
from custodes.vault import SealedFolder

Row = Sequence[str]

_MADE: Final = "<!-- Made from the code by `make docs`; changes here are lost. -->"
_MOST_LISTED: Final = 8
"""Defaults longer than this many items are shortened."""
_LARGEST: Final = 2**63 - 1
"""A bound that only says how large a number can be."""


def settings_page() -> str:
    """Return the page of the configuration file: every field, recursively."""
    intro = (
        "A server's configuration is one TOML file: `custodes add` writes one, `custodes run` reads it. "
        "Every table may be left out, and so may every field that has a default; an unknown field is an error. "
        "A file for `custodes analyze --rules` holds the tables of one camera without `cameras.ID`, its name and its "
        "source: `[analysis]`, `[rules]`, `[redaction]`, `[recording]`."
    )
    return _page("Settings", intro, *_settings_sections(Settings, ""))


def charter_page() -> str:
    """Return the page of the charter: every field, recursively."""
    intro = (
        "A charter is one TOML file: `custodes charter new` writes one, `custodes charter check` reads it. "
        "What a charter does not name it does not allow, and an unknown field is an error. The tables `[show]`, "
        "`[analytics]`, `[storage]`, `[recognition]`, `[[recipients]]` and `[custodians]` may be left out."
    )
    return _page("Charter", intro, *_settings_sections(Charter, ""))


def _settings_sections(model: type[BaseModel], path: str) -> Iterator[str]:
    schema = model.model_json_schema()
    rows, below = [], []
    for name, field in model.model_fields.items():
        child = _model_in(field.annotation)
        place = _place(path, name, field)
        if child is not None:
            below.append((child, place))
        if child is None or place.startswith("[["):
            kind = "list of tables" if child else _type_text(schema["properties"][name], schema.get("$defs", {}))
            rows.append((f"`{name}`", kind, _default_text(field), field.description or ""))
    title = f"`{path}`" if path.startswith("[") else "Top level"
    table = _table(("field", "type", "default", "meaning"), rows) if rows else ""
    yield "\n\n".join(part for part in (f"## {title}", _first_line(model.__doc__), table) if part)
    for child, place in below:
        yield from _settings_sections(child, place)


def _place(path: str, name: str, field: FieldInfo) -> str:
    """Return how the TOML table of a nested model is written."""
    inner = f"{path.strip('[]')}.{name}".lstrip(".")
    if get_origin(field.annotation) is dict:
        return f"[{inner}.ID]"
    return f"[[{inner}]]" if get_origin(field.annotation) is tuple else f"[{inner}]"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the settings model that a field holds, alone, in a tuple or by id; None where it holds plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {tuple, dict, Annotated, Union, UnionType}:
        return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
    return None


def _type_text(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return the type that a JSON schema describes in words, with its bounds."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    schema = definitions.get(name, {}) if name else schema
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if name:
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        parts = (_type_text(part, definitions) for part in schema["anyOf"] if part.get("type") != "null")
        return " or ".join(parts)
    return _plain_type_text(schema, definitions)


def _plain_type_text(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type_text(part, definitions) for part in schema['prefixItems'])}]"
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type_text(schema.get('items', {}), definitions)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{_type_text(schema['additionalProperties'], definitions)} by name"
    return " ".join(part for part in (str(schema.get("format", kind)), _bounds(schema)) if part)


def _bounds(schema: dict[str, Any]) -> str:
    bounds = {key: value for key, value in schema.items() if value is not None and value != _LARGEST}
    if {"minimum", "maximum"} <= set(bounds):
        parts = [f"{bounds['minimum']} to {bounds['maximum']}"]
    else:
        signs = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
        parts = [f"{sign} {bounds[key]}" for key, sign in signs if key in bounds]
    if "multipleOf" in bounds:
        parts.append(f"multiple of {bounds['multipleOf']}")
    return ", ".join(parts)


def _default_text(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "required"
    if default is None or default in ("", (), {}):
        return ""
    if default == Path(platformdirs.user_data_dir("custodes")):
        return "`custodes` in the user's data folder"
    if isinstance(default, tuple):
        shown = ", ".join(f'"{value}"' for value in default[:_MOST_LISTED])
        return f"`[{shown}{', ...' if len(default) > _MOST_LISTED else ''}]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def cli_page() -> str:
    """Return the page of the command line: every command with its arguments and options."""
    group = typer.main.get_command(cli)
    return _page("Command line", "`--help` after any command shows the same.", *_command_sections("custodes", group))


def _command_sections(name: str, command: Any) -> Iterator[str]:
    rows = [_parameter_row(parameter) for parameter in command.params if not parameter.hidden]
    arguments = [_argument_text(one) for one in command.params if isinstance(one, TyperArgument)]
    tail = ["COMMAND"] if isinstance(command, TyperGroup) else arguments
    usage = " ".join([name, *(["[OPTIONS]"] if rows else []), *tail])
    table = _table(("parameter", "type", "default", "meaning"), rows) if rows else ""
    title = f"## `{name}`"
    yield "\n\n".join(part for part in (title, f"```\n{usage}\n```", _unwrapped(command.help), table) if part)
    if isinstance(command, TyperGroup):
        for part, child in command.commands.items():
            yield from _command_sections(f"{name} {part}", child)


def _argument_text(argument: TyperArgument) -> str:
    text = argument.metavar or str(argument.name).upper()
    return text if argument.required else f"[{text}]"


def _parameter_row(parameter: Any) -> Row:
    if isinstance(parameter, TyperOption):
        name = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    else:
        name = f"`{_argument_text(parameter).strip('[]')}`"
    default = parameter.default() if callable(parameter.default) else parameter.default
    shown = "required" if parameter.required else "" if default in (None, "", False) else f"`{_plain(default)}`"
    return name, _parameter_type(parameter), shown, parameter.help or ""


def _plain(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _parameter_type(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return "flag"
    bounds = _bounds({"minimum": parameter.min, "maximum": parameter.max})
    repeatable = "repeatable" if parameter.multiple or parameter.nargs == -1 else ""
    return ", ".join(part for part in (f"{parameter.bare_type()} {bounds}".strip(), repeatable) if part)


def api_page() -> str:
    """Return the page of the HTTP API, from its OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        context = _context(Path(folder))
        try:
            api = create_app(context)
            document = api.openapi()
            prefix = OPENAPI_URL.rpartition("/")[0]
            sockets = [_socket_section(prefix, one) for one in live.router.routes if isinstance(one, APIWebSocketRoute)]
        finally:
            context.store.close()
    schemas = document["components"]["schemas"]
    routes = [
        _route_section(method, path, operation, schemas)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    answers = [_schema_section(name, schema, schemas) for name, schema in sorted(schemas.items())]
    places = f"The server has this as OpenAPI at `{OPENAPI_URL}`, and shown for people at `/docs`."
    return _page("HTTP API", document["info"]["description"], places, *routes, *sockets, "# Bodies", *answers)


def _context(folder: Path) -> ApiContext:
    return ApiContext(
        store=Store.open(folder / "custodes.db", PrivateTexts(bytes(KEY_BYTES))),
        blobs=FileBlobs(folder),
        recordings=folder,
        sealed=SealedFolder(folder),
        log=folder,
        register=folder,
        hub=LiveHub(),
        settings=ServerSettings(),
        clock=SystemClock(),
        cameras={},
        charters=Charters(),
        consultations=Unnoted(),
        on_token_use=lambda _person: None,
        on_login_burst=lambda _burst: None,
    )


def _socket_section(prefix: str, route: APIWebSocketRoute) -> str:
    return f"## WebSocket `{prefix}{route.path}`\n\n{_unwrapped(route.endpoint.__doc__)}"


def _route_section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    text = [f"## {method.upper()} `{path}`", f"{operation.get('summary', '')}. {operation.get('description', '')}"]
    parameters = [
        (
            f"`{one['name']}`",
            f"{one['in']}{', required' if one.get('required') else ''}",
            _type_text(one["schema"], schemas),
            one.get("description", ""),
        )
        for one in operation.get("parameters", [])
    ]
    if parameters:
        text.append(_table(("parameter", "in", "type", "meaning"), parameters))
    if body := operation.get("requestBody"):
        text.append(f"Takes {_content_text(body['content'])}.")
    answers = [
        (status, _content_text(answer.get("content", {})), answer["description"])
        for status, answer in operation["responses"].items()
    ]
    text.append(_table(("status", "body", "meaning"), answers))
    return "\n\n".join(text)


def _content_text(content: dict[str, Any]) -> str:
    parts = []
    for media, what in content.items():
        name = what.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        parts.append(f"[{name}](#{name.lower()})" if name else f"`{media}`")
    return ", ".join(parts) or "none"


def _schema_section(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    rows = [
        (f"`{field}`", _type_text(one, schemas), one.get("description", ""))
        for field, one in schema.get("properties", {}).items()
    ]
    about = schema.get("description", "")
    if not rows:
        return f"## {name}\n\n{about}\n\n{_type_text(schema, schemas)}"
    return f"## {name}\n\n{about}\n\n{_table(('field', 'type', 'meaning'), rows)}"


def models_page() -> str:
    """Return the page of the models: purpose, licence, source, digest, caveat."""
    intro = (
        "What `custodes models` lists. Each is fetched once from its package registry and checked against its digest."
    )
    sections = [
        f"## {row.name}\n\n"
        + _table(
            ("", ""),
            [
                ("finds", row.purpose),
                ("licence", row.licence),
                ("source", row.source),
                ("SHA-256", f"`{row.digest}`"),
                ("to know", row.caveat),
            ],
        )
        for row in model_table()
    ]
    return _page("Models", intro, *sections)


def modules_page() -> str:
    """Return the page of the public modules and what each is for."""
    root = Path(custodes.__file__).parent
    rows = [
        (f"`{_dotted(path, root)}`", _first_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))))
        for path in sorted(root.rglob("*.py"), key=lambda path: _dotted(path, root))
        if _is_public(path, root)
    ]
    return _page(
        "Modules",
        "Every public module; docstrings in the code say the rest.",
        _table(("module", "what it is for"), rows),
    )


def _dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_public(path: Path, root: Path) -> bool:
    """Return whether `path` is a module of a package, and neither it nor a package around it is private."""
    inside = path.relative_to(root).parts
    private = any(part.startswith("_") for part in inside[:-1]) or (
        inside[-1][0] == "_" and inside[-1] != "__init__.py"
    )
    packages = [parent for parent in path.parents if parent.is_relative_to(root)]
    return not private and all((package / "__init__.py").exists() for package in packages)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", _MADE, *(part for part in parts if part)]) + "\n"


def _table(head: Row, rows: Sequence[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return _unwrapped(text).replace("|", "\\|").replace("\n", "<br>")


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _unwrapped(text: str | None) -> str:
    """Return `text` with its paragraphs on one line each."""
    paragraphs = (text or "").strip().split("\n\n")
    return "\n\n".join(" ".join(line.strip() for line in part.splitlines()) for part in paragraphs)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "charter.md": charter_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "models.md": models_page,
    "modules.md": modules_page,
}
"""Every generated page by its file name."""


def main() -> None:
    """Write all pages into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the pages")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
