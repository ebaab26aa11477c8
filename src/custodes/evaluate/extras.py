"""Packages that only evaluation needs."""

import importlib
from typing import Any

from custodes.domain.errors import ConfigError


def scorer(name: str) -> Any:
    """Return the module called `name`, which the extra `evaluate` installs.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"{name.partition('.')[0]} is not installed", why=str(error), fix="pip install 'custodes[evaluate]'"
        ) from error
