"""What is wrong with a charter: the field, the value that stands there, and what to write instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from custodes.domain.errors import ConfigError

_MOST_SHOWN: Final = 80
"""A longer value is cut short in messages."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a charter is refused.

    Attributes:
        field: Dotted place in the document, such as `storage.recording_hours`.
        value: What stands there, as text; empty where nothing does.
        problem: What is wrong with it.
        fix: What to write.
    """

    field: str
    value: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field}{f' = {self.value}' if self.value else ''}: {self.problem}; {self.fix}"


class CharterError(ConfigError):
    """A document is no valid charter.

    Args:
        subject: What was read, such as a path.
        problems: Everything that is wrong with it.
    """

    def __init__(self, subject: str, problems: tuple[Problem, ...]) -> None:
        why = "; ".join(str(problem) for problem in problems)
        super().__init__(f"{subject} is no valid charter", why=why, fix="see docs/reference/charter.md for every field")
        self.problems = problems


def wrong(problem: str, fix: str, field: str = "") -> PydanticCustomError:
    """Return the error a validator raises; `field` is where inside the validated table the mistake is."""
    return PydanticCustomError("charter", "{problem}", {"problem": problem, "fix": fix, "field": field})


def problems_of(error: ValidationError, model: type[BaseModel], document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the problems that validating `document` as `model` found; of nested ones, the innermost."""
    items = error.errors(include_url=False)
    inside = {item["loc"][:depth] for item in items for depth in range(len(item["loc"]))}
    return tuple(_problem(item, model, document) for item in items if item["loc"] not in inside)


def _problem(item: ErrorDetails, model: type[BaseModel], document: Mapping[str, Any]) -> Problem:
    context = item.get("ctx", {})
    place = (*item["loc"], *str(context.get("field", "")).split("."))
    path = tuple(part for part in place if part != "")
    field, value = ".".join(str(part) for part in path) or "the document", _shown(_value_at(document, path))
    about = _description(model, path).rstrip(".")
    if item["type"] == "charter":
        return Problem(field, value, str(context["problem"]), str(context["fix"]))
    if item["type"] == "missing" and field == "legal_basis":
        return Problem(
            field, "", "there is no legal basis, and without one nothing may be recorded or watched", f"write: {about}"
        )
    if item["type"] == "missing":
        return Problem(field, "", "it is missing", f"write: {about}")
    if item["type"] == "extra_forbidden":
        return Problem(field, value, "a charter has no such field", "take it out, or correct its name")
    return Problem(field, value, item["msg"][:1].lower() + item["msg"][1:], f"write: {about}")


def _value_at(document: Any, path: tuple[int | str, ...]) -> object:
    try:
        for part in path:
            document = document[part]
    except (KeyError, IndexError, TypeError):
        return None
    return document


def _shown(value: object) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


def _description(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    """Return the description of the innermost field on `path` that has one."""
    found = ""
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        field = current.model_fields.get(part) if current else None
        if field is None:
            break
        found, current = field.description or found, table_in(field.annotation)
    return found


def table_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that a field's annotation holds, alone, optional or in a tuple; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((table for part in get_args(annotation) if (table := table_in(part))), None)
