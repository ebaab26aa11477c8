"""Canonical JSON (RFC 8785): one text for one value, so that its hash means something."""

import json
import math
from collections.abc import Mapping
from typing import Final, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | tuple["Json", ...] | Mapping[str, "Json"] | None

_LARGEST_INT: Final = 2**53 - 1
"""Beyond it a double, which RFC 8785 makes of every number, is no longer exact."""
_MOST_DIGITS: Final = 21
"""ECMAScript writes numbers below 1e21 without an exponent."""
_LEAST_EXPONENT: Final = -7
"""ECMAScript writes numbers from 1e-6 on without an exponent."""


def canonical_json(value: Json) -> bytes:
    """Return `value` as RFC 8785 has it, in UTF-8: no spaces, sorted keys, numbers as ECMAScript writes them.

    Raises:
        ValueError: A number is not finite, or an integer is not exact as a double; a text holds half a surrogate pair.
        TypeError: Something is no JSON value.

    >>> canonical_json({"b": 1.0, "a": [True, None, "é"]}).decode()
    '{"a":[true,null,"é"],"b":1}'
    """
    return _text(value).encode("utf-8")


def _text(value: object) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > _LARGEST_INT:
            msg = f"{value} is too large for JSON numbers to be exact"
            raise ValueError(msg)
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=_utf_16)
        return "{" + ",".join(f"{_text(key)}:{_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item) for item in value) + "]"
    msg = f"{type(value).__name__} is no JSON value"
    raise TypeError(msg)


def _utf_16(key: object) -> bytes:
    if isinstance(key, str):
        return key.encode("utf-16-be")
    msg = f"{key!r} is no JSON key"
    raise TypeError(msg)


def _number(value: float) -> str:
    """Return what ECMAScript's Number::toString makes of `value`; Python's repr has the same shortest digits."""
    if not math.isfinite(value):
        msg = f"{value} is no JSON number"
        raise ValueError(msg)
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    leading = whole + fraction
    point = len(whole) + int(exponent_text or 0) - (len(leading) - len(leading.lstrip("0")))
    digits = leading.lstrip("0").rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Return 0.`digits` times ten to the power of `point` in ECMAScript's notation."""
    if len(digits) <= point <= _MOST_DIGITS:
        return digits.ljust(point, "0")
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _LEAST_EXPONENT < point - 1 < 0:
        return f"0.{'0' * -point}{digits}"
    exponent = point - 1
    head = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{head}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
