"""What people agree to, and what they take home, in their language: one TOML file a language in `locale/`."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from custodes.charter import RecognitionMode
from custodes.domain.errors import ConfigError, IntegrityError

ENGLISH: Final = "en"

_FOLDER: Final = Path(__file__).with_name("locale")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language.

    Attributes:
        tag: BCP 47 tag, such as `sr-Cyrl`.
        text: What is agreed to; the words in braces come from charter and consent.
        modes: What stands for `{modes}` in it, by mode.
        guardian: What stands for `{guardian}` in it where the person is a minor.
        receipt: Words of the receipt.
        paper: Words of the printed page.
    """

    tag: str
    text: str
    modes: Mapping[RecognitionMode, str]
    guardian: str
    receipt: Mapping[str, str] = field(repr=False)
    paper: Mapping[str, str] = field(repr=False)

    def template(self) -> str:
        """Return everything that is agreed to in this language, before it is filled in."""
        modes = "\n".join(f"- {self.modes[mode]}" for mode in sorted(self.modes))
        return f"{self.text}\n{{modes}}:\n{modes}\n\n{{guardian}}:\n{self.guardian}"

    @property
    def version(self) -> str:
        """SHA-256 of `template()`, hexadecimal: which consents are to which words."""
        return hashlib.sha256(self.template().encode()).hexdigest()


@cache
def languages() -> tuple[str, ...]:
    """Return the tags of all languages, English first, then by tag."""
    tags = sorted(path.stem for path in _FOLDER.glob("*.toml"))
    return tuple(sorted(tags, key=lambda tag: tag != ENGLISH))


@cache
def wording(tag: str) -> Wording:
    """Return the words in the language `tag`.

    Raises:
        ConfigError: There is no such language.
    """
    if tag not in languages():
        raise ConfigError(f"there is no language {tag}", fix=f"choose one of {', '.join(languages())}")
    words: dict[str, Any] = tomllib.loads((_FOLDER / f"{tag}.toml").read_text(encoding="utf-8"))
    return Wording(
        tag=tag,
        text=words["text"],
        modes={mode: words[mode] for mode in RecognitionMode},
        guardian=words["guardian"],
        receipt=words["receipt"],
        paper=words["paper"],
    )


@cache
def wording_of(version: str) -> Wording:
    """Return the words of which `version` is the SHA-256.

    Raises:
        IntegrityError: There are none.
    """
    for tag in languages():
        if wording(tag).version == version:
            return wording(tag)
    raise IntegrityError(
        f"The text {version[:16]} that was agreed to is not among those known here",
        why="this is another release of custodes, or the text was changed",
        fix="use the release that the person enrolled with, or ask anew",
    )


def is_known(version: str) -> bool:
    """Return whether people can agree to the text of this `version` today."""
    return version in {wording(tag).version for tag in languages()}
