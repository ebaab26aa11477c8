"""What the hand-written pages promise exists: commands, options, settings, links."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from custodes.app.cli import app
from custodes.app.settings import Settings
from custodes.pipeline.settings import PerceptionSettings

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("requirements/*.md")])
PROSE = [page for page in PAGES if page.parent.name != "reference"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in FENCE.findall(page.read_text(encoding="utf-8")) if language in languages]


def code_lines(page: Path) -> list[str]:
    """Lines of shell blocks, and spans of code in the text."""
    text = page.read_text(encoding="utf-8")
    shell = [line.partition(" #")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()]
    return shell + re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading.strip()) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def test_there_are_pages_of_every_kind() -> None:
    kinds = {name_of(page).split("/")[1] for page in PAGES if name_of(page).startswith("docs/")}
    assert {"tutorial", "howto", "explanation", "reference", "adr"} <= kinds


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page if not path else page.parent / path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {match[1] for line in code_lines(page) if (match := re.match(r"make ([a-z]+)", line))}
    assert named - targets == set()


def test_the_readme_names_the_two_commands() -> None:
    assert {"make demo", "make test"} <= set(code_lines(ROOT / "README.md"))


def problem_with(line: str) -> str:
    """Return what is wrong with a `custodes` command line, empty where nothing is."""
    command: Any = typer.main.get_command(app)
    for word in shlex.split(line)[1:]:
        if isinstance(command, TyperGroup) and not word.startswith("-"):
            if word not in command.commands:
                return f"{line}: no command {word}"
            command = command.commands[word]
        elif word.startswith("-"):
            options = {"--help", *(option for one in command.params for option in (*one.opts, *one.secondary_opts))}
            if word.partition("=")[0] not in options:
                return f"{line}: no option {word}"
    return ""


def test_a_wrong_command_line_is_noticed() -> None:
    assert problem_with("custodes watch") == "custodes watch: no command watch"
    assert problem_with("custodes run custodes.toml --fast") == "custodes run custodes.toml --fast: no option --fast"
    assert problem_with("custodes evaluate tracking --gt gt.txt --video v.mp4 --line x=384") == ""


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_commands_and_options_exist(page: Path) -> None:
    lines = (line.removeprefix(".venv/bin/") for line in code_lines(page))
    problems = [problem_with(line) for line in lines if re.match(r"custodes [a-z-]", line)]
    assert [problem for problem in problems if problem] == []


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_configurations_are_accepted(page: Path) -> None:
    for block in blocks(page, "toml"):
        document = tomllib.loads(block)
        model = PerceptionSettings if set(document) <= set(PerceptionSettings.model_fields) else Settings
        model.model_validate(document)
