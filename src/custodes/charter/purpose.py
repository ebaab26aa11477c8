"""Tells an empty purpose from one that says something.

Words cannot show that a purpose is honest or lawful; they can show that it says nothing. By EDPB Guidelines
3/2019, "safety" or "for your safety" is not specific enough.
"""

import re
from typing import Final

_OPEN_ENDED: Final = re.compile(
    r"\betc\b|\band so on\b|\b(?:any|all|various|other) (?:\w+ )?purposes?\b|\bamong others\b|\bi\.?\s?t\.?\s?d\b|итд",
    re.IGNORECASE,
)
_EMPTY: Final = (
    "safe", "secur", "surveil", "monitor", "protect", "crime", "criminal", "prevent", "general", "public", "order",
    "video", "camera", "cctv", "people", "person", "propert", "premise", "area", "smart", "improv", "ensur", "increas",
    "enhanc", "provid", "service", "reason", "purpose", "analy", "system", "watch", "observ", "asset", "visitor",
    "citizen", "customer", "employee", "staff", "everyone", "better", "quality", "against", "keep", "need",
    "necessary",
    "bezbedn", "sigurn", "nadzor", "zaštit", "imovin", "lica", "безбедн", "сигурн", "надзор", "заштит", "имовин",
    "лица",
    "the", "and", "for", "from", "with", "our", "your", "their", "its", "that", "this", "are", "who", "any", "all",
)  # fmt: skip
"""Beginnings of words that alone make no purpose."""
_LEAST_WORDS: Final = 4


def vagueness(statement: str) -> str:
    """Return why `statement` is too vague to be a purpose, empty where it is not."""
    if found := _OPEN_ENDED.search(statement):
        return f'"{found[0]}" leaves the purpose open'
    words = {word for word in re.findall(r"\w{3,}", statement.lower()) if not word.startswith(_EMPTY)}
    if len(words) < _LEAST_WORDS:
        return 'it is vague: like "safety", it does not say what is found out, where, and what is done with it'
    return ""
