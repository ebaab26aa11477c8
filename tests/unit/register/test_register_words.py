"""Every language says the same things, and both Serbian scripts the same words."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

import custodes.register
from custodes.charter import Kept, RecognitionMode
from custodes.charter.tables import LegalBasis
from custodes.domain.coco import COCO_CLASSES
from custodes.domain.errors import ConfigError
from custodes.domain.events import EventKind
from custodes.register import Standing, languages, words
from sim.serbian import latin

FOLDER = Path(custodes.register.__file__).parent / "locale"
FORM = re.compile(r"\{(\w+)\}")


def texts(tag: str) -> dict[str, str]:
    return {key: words(tag)._texts[key] for key in words(tag).names()}


def test_there_are_english_and_both_serbian_scripts() -> None:
    assert {"en", "sr-Cyrl", "sr-Latn"} <= set(languages())
    assert languages()[0] == "en"


@pytest.mark.parametrize("tag", languages())
def test_every_language_has_the_same_keys_and_the_same_places_to_fill(tag: str) -> None:
    english, other = texts("en"), texts(tag)
    assert set(other) == set(english)
    assert [key for key, text in other.items() if not text.strip()] == []
    filled = {key: (set(FORM.findall(text)), set(FORM.findall(english[key]))) for key, text in other.items()}
    assert {key: both for key, both in filled.items() if both[0] != both[1]} == {}
    assert len(tomllib.loads((FOLDER / f"{tag}.toml").read_text(encoding="utf-8"))["months"]) == 12


def test_latin_is_the_transliteration_of_cyrillic() -> None:
    assert texts("sr-Latn") == {key: latin(text) for key, text in texts("sr-Cyrl").items()}


def test_no_letter_of_the_other_script_slipped_in() -> None:
    cyrillic = re.compile(r"[\u0400-\u04ff]")
    assert [key for key, text in (texts("sr-Latn") | texts("en")).items() if cyrillic.search(text)] == []
    mixed = re.compile(r"[\u0400-\u04ff][A-Za-z]|[A-Za-z][\u0400-\u04ff]")
    assert [key for key, text in texts("sr-Cyrl").items() if mixed.search(FORM.sub("", text))] == []


@pytest.mark.parametrize("tag", languages())
def test_everything_that_a_charter_can_name_has_a_word(tag: str) -> None:
    bases = get_args(LegalBasis.model_fields["basis"].annotation)
    groups = {
        "class": COCO_CLASSES,
        "rule": EventKind,
        "kept": Kept,
        "recognition": RecognitionMode,
        "standing": Standing,
        "basis": bases,
    }
    wanted = {f"{group}.{name}" for group, names in groups.items() for name in names}
    assert len(wanted) > 90
    assert wanted <= words(tag).names()


def test_a_language_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"no language xx.*sr-Cyrl"):
        words("xx")


@pytest.mark.parametrize(
    ("tag", "day", "number"),
    [
        ("en", "9 May 2027", "99.5"),
        ("sr-Latn", "9. maja 2027.", "99,5"),
        ("sr-Cyrl", "9. маја 2027.", "99,5"),
    ],
)
def test_days_and_numbers_are_written_as_people_do(tag: str, day: str, number: str) -> None:
    say = words(tag)
    assert say.day(date(2027, 5, 9)) == day
    assert say.number(99.46, 1) == number
    assert say.short(2.0) == "2"


def test_lists_are_written_as_people_do() -> None:
    say = words("en")
    assert [say.listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_text_without_its_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        words("en")("hours")
