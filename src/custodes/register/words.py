"""Texts in the languages of the register: one TOML file a language in `locale/`, all with the same keys."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from custodes.domain.errors import ConfigError
from custodes.domain.time import NS_PER_S

_FOLDER: Final = Path(__file__).with_name("locale")
_FORM: Final = re.compile(r"\{(\w+)\}")


class Words:
    """Texts in one language.

    Args:
        tag: BCP 47 tag, such as `sr-Cyrl`.
        texts: Texts by dotted key.
        months: Names of the months as dates have them.
    """

    def __init__(self, tag: str, texts: Mapping[str, str], months: Iterable[str]) -> None:
        self.tag: Final = tag
        self._texts: Final = dict(texts)
        self._months: Final = tuple(months)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key`, with `{name}` replaced by `values`.

        Raises:
            KeyError: There is no such text, or a value for it is missing.
        """
        return _FORM.sub(lambda form: str(values[form[1]]), self._texts[key])

    def names(self) -> frozenset[str]:
        """Return the keys of all texts."""
        return frozenset(self._texts)

    def day(self, day: date) -> str:
        """Return `day` as people write it."""
        return self("date", day=day.day, month=self._months[day.month - 1], year=day.year)

    def instant(self, seconds: float) -> str:
        """Return `seconds` since the Unix epoch as day and time to the minute, UTC."""
        moment = datetime.fromtimestamp(seconds, UTC)
        return f"{self.day(moment.date())}, {moment:%H:%M} UTC"

    def instant_ns(self, nanoseconds: int) -> str:
        """Return `nanoseconds` since the Unix epoch as `instant` does."""
        return self.instant(nanoseconds / NS_PER_S)

    def number(self, value: float, places: int = 0) -> str:
        """Return `value` with `places` digits after the decimal mark."""
        return f"{value:.{places}f}".replace(".", self("decimal"))

    def whole(self, value: int) -> str:
        """Return a whole `value` with its digits in groups of three."""
        return f"{value:,}".replace(",", "." if self("decimal") == "," else ",")

    def short(self, value: float) -> str:
        """Return `value` with as many digits as it needs, up to six."""
        return f"{value:g}".replace(".", self("decimal"))

    def listed(self, items: Iterable[str]) -> str:
        """Return `items` as an enumeration in a sentence; empty where there are none."""
        *some, last = [*items] or [""]
        return f"{', '.join(some)} {self('and')} {last}" if some else last


def languages() -> tuple[str, ...]:
    """Return the tags of all languages, English first, then by tag."""
    tags = sorted(path.stem for path in _FOLDER.glob("*.toml"))
    return tuple(sorted(tags, key=lambda tag: tag != "en"))


@lru_cache(maxsize=32)
def words(tag: str) -> Words:
    """Return the texts in the language `tag`.

    Raises:
        ConfigError: There is no such language.
    """
    if tag not in languages():
        raise ConfigError(f"there is no language {tag}", fix=f"choose one of {', '.join(languages())}")
    document = tomllib.loads((_FOLDER / f"{tag}.toml").read_text(encoding="utf-8"))
    months = document.pop("months")
    return Words(tag, dict(_flat(document)), months)


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
