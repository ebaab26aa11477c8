"""Leading somebody to a charter: which case comes closest, and what its template cannot know."""

from datetime import date
from typing import Final

import typer

from custodes.app.console import err, out
from custodes.charter import TEMPLATES, Answers, CharterError, TemplateName, render

QUESTIONS: Final = {
    "controller": "Controller: who answers for it",
    "contact": "Contact of the controller",
    "place": "Place, as a passer-by would find it",
    "view": "What is in the picture, and what is not",
    "baseline": "How things are without the camera, with figures if there are any",
    "law": "The law that lays down the task, with its article",
    "no_dpia_because": "Why no impact assessment is required (if there is one, start again with --dpia)",
}
"""What is asked, by field of `Answers`."""


def ask_charter(camera: str, day: date) -> str:
    """Ask for everything that a charter of `camera`, adopted on `day` (UTC), needs; return it as TOML.

    Answers of which no valid charter can be made are asked again, with what is wrong.
    """
    for name, one in TEMPLATES.items():
        out.print(f"  {name}: {one.title}", markup=False, soft_wrap=True)
    template: TemplateName = typer.prompt("Which comes closest", value_proc=_template)
    asked = [field for field in QUESTIONS if field != "law" or TEMPLATES[template].needs_law]
    given: dict[str, str] = {}
    while True:
        given = {field: typer.prompt(QUESTIONS[field], default=given.get(field)) for field in asked}
        try:
            return render(template, Answers(camera=camera, adopted=day, **{"law": "", **given}))
        except CharterError as error:
            for problem in error.problems:
                err.print(f"- {problem}", markup=False, soft_wrap=True)
            err.print("Answer again; Enter keeps what stands in brackets.")


def _template(text: str) -> TemplateName:
    for name in TEMPLATES:
        if text.strip() == name:
            return name
    raise typer.BadParameter(f"write one of {', '.join(TEMPLATES)}")
