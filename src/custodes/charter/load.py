"""From TOML to a charter."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from custodes.charter.model import Charter
from custodes.charter.problems import CharterError, problems_of
from custodes.domain.errors import ConfigError


def load_charter(path: Path) -> Charter:
    """Read and check the charter at `path`.

    Raises:
        CharterError: It is no valid charter; names each field, its value and what to write.
        ConfigError: It cannot be read, or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the charter {path} cannot be read",
            why=error.strerror or type(error).__name__,
            fix="`custodes charter new` writes one",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the charter {path} is not TOML", why=str(error)) from error
    return parse_charter(text, subject=str(path))


def parse_charter(text: str, *, subject: str = "the text") -> Charter:
    """Check `text`, TOML, as a charter; `subject` names it in errors.

    Raises:
        CharterError: It is no valid charter; names each field, its value and what to write.
        ConfigError: It is not TOML.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{subject} is not TOML", why=str(error)) from error
    try:
        return Charter.model_validate(document)
    except ValidationError as error:
        raise CharterError(subject, problems_of(error, Charter, document)) from error
