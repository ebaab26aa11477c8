"""Every language asks for the same consent, and what people agreed to is never reworded under them."""

import re
import string

import pytest

from custodes.identity.wording import Wording, languages, wording
from sim.serbian import latin

FORM = re.compile(r"\{(\w+)\}")
AGREED = {
    "en": "f5694275a1515ae791a0bfe6ee52b570fc63bc145c8229bf4f8c958cb2ce7cb0",
    "sr-Cyrl": "fa084dfdfcdb2063633a1b6848f089688792f8f61b124a2f63fa4666baa28140",
    "sr-Latn": "4785c9ddccac150e02651f21bba00c1449de35437d6382cf9060ad7af7b31b29",
}
"""Versions that people may have agreed to: receipts can be read as long as these words are here."""


def texts(tag: str) -> dict[str, str]:
    said: Wording = wording(tag)
    groups = [
        {"text": said.text, "guardian": said.guardian},
        {mode.value: text for mode, text in said.modes.items()},
        {f"receipt.{key}": text for key, text in said.receipt.items()},
        {f"paper.{key}": text for key, text in said.paper.items()},
    ]
    return {key: text for group in groups for key, text in group.items()}


@pytest.mark.parametrize("tag", languages())
def test_what_was_agreed_to_stays(tag: str) -> None:
    assert wording(tag).version == AGREED[tag]


@pytest.mark.parametrize("tag", languages())
def test_every_language_has_the_same_keys_and_the_same_places_to_fill(tag: str) -> None:
    english, other = texts("en"), texts(tag)
    assert set(other) == set(english)
    assert all(text.strip() for text in other.values())
    places = {key: {name for _, name, _, _ in string.Formatter().parse(text) if name} for key, text in other.items()}
    assert places == {key: set(FORM.findall(text)) for key, text in english.items()}


def test_latin_is_the_transliteration_of_cyrillic() -> None:
    assert texts("sr-Latn") == {key: latin(text) for key, text in texts("sr-Cyrl").items()}


def test_no_letter_of_the_other_script_slipped_in() -> None:
    cyrillic = re.compile(r"[\u0400-\u04ff]")
    assert [key for key, text in (texts("sr-Latn") | texts("en")).items() if cyrillic.search(text)] == []
    mixed = re.compile(r"[\u0400-\u04ff][A-Za-z]|[A-Za-z][\u0400-\u04ff]")
    assert [key for key, text in texts("sr-Cyrl").items() if mixed.search(FORM.sub("", text))] == []
