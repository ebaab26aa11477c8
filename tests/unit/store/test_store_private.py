"""Private texts: each opens at its place and under its key, and the file of the key is never replaced in silence."""

import base64
import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.store import PrivateTexts, open_texts
from custodes.store.private import sealed_length

KEY = bytes(range(32))
TEXTS, OTHER = PrivateTexts(KEY), PrivateTexts(KEY[::-1])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
PLACE = ("accounts", "name", 7)


@given(WORDS)
def test_a_text_opens_where_it_was_sealed(text: str):
    sealed = TEXTS.seal(text, *PLACE)
    assert TEXTS.open(sealed, *PLACE) == text
    assert TEXTS.seal(text, *PLACE) != sealed
    assert len(sealed) <= sealed_length(len(text))


@given(st.data())
def test_one_bit_another_place_or_another_key_and_nothing_opens(data: st.DataObject):
    sealed = base64.b64decode(TEXTS.seal(data.draw(WORDS), *PLACE))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for texts, content, place in (
        (TEXTS, bytes(changed), PLACE),
        (TEXTS, cut, PLACE),
        (OTHER, sealed, PLACE),
        (TEXTS, sealed, ("accounts", "name", 8)),
        (TEXTS, sealed, ("accounts", "name7", "")),
    ):
        with pytest.raises(IntegrityError, match="does not open"):
            texts.open(base64.b64encode(content).decode(), *place)


@pytest.mark.parametrize("plain", ["", "Ana", "no base64 at all é", "QUJD"])
def test_what_is_not_encrypted_is_not_taken_for_a_text(plain: str):
    with pytest.raises(IntegrityError, match="does not open"):
        TEXTS.open(plain, *PLACE)


@given(WORDS, WORDS)
def test_marks_are_equal_where_texts_kinds_and_keys_are(one: str, other: str):
    assert TEXTS.mark(one, "account") == PrivateTexts(KEY).mark(one, "account")
    assert (TEXTS.mark(one, "account") == TEXTS.mark(other, "account")) == (one == other)
    assert TEXTS.mark(one, "account") not in {TEXTS.mark(one, "body who"), OTHER.mark(one, "account")}


def test_nothing_longer_than_it_may_be_is_encrypted():
    assert TEXTS.open(TEXTS.seal("x" * 41, *PLACE, longest=41), *PLACE) == "x" * 41
    with pytest.raises(StoreError, match="40 characters are the limit"):
        TEXTS.seal("x" * 41, *PLACE, longest=40)


def test_a_repr_shows_no_key():
    assert KEY.hex() not in repr(TEXTS) + TEXTS.id
    assert TEXTS.id != OTHER.id


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "data").mkdir()
    return tmp_path / "data-keys/private.key", tmp_path / "data/private-key.id"


def test_the_key_is_made_once_for_its_owner_only(places: tuple[Path, Path]):
    first, again = open_texts(*places), open_texts(*places)
    assert first.id == again.id
    assert places[0].stat().st_mode & 0o777 == 0o600
    assert places[0].parent.stat().st_mode & 0o777 == 0o700
    assert again.open(first.seal("Ana", "t"), "t") == "Ana"
    assert [path.name for path in places[0].parent.iterdir()] == ["private.key"]


def test_a_lost_key_is_not_made_anew(places: tuple[Path, Path]):
    open_texts(*places)
    places[0].unlink()
    with pytest.raises(StoreError, match="is gone") as caught:
        open_texts(*places)
    assert "estore it from its backup" in caught.value.diagnostics()
    assert not places[0].exists()


def test_another_key_is_refused(places: tuple[Path, Path], tmp_path: Path):
    open_texts(*places)
    (tmp_path / "other").mkdir()
    open_texts(tmp_path / "other-keys", tmp_path / "other/id")
    (tmp_path / "other-keys").replace(places[0])
    with pytest.raises(StoreError, match="is not the key"):
        open_texts(*places)


@pytest.mark.parametrize("content", ["", "custodes-private-1 QUJD\n", "custodes-private-1 ?\n", "x" * 40])
def test_a_damaged_key_is_refused(places: tuple[Path, Path], content: str):
    open_texts(*places)
    places[0].write_text(content)
    with pytest.raises(IntegrityError):
        open_texts(*places)
    assert places[0].read_text() == content


def test_a_start_that_was_cut_off_before_the_key_was_noted_goes_on(places: tuple[Path, Path]):
    first = open_texts(*places)
    places[1].unlink()
    assert open_texts(*places).id == first.id
    assert places[1].read_text().strip() == first.id


def test_a_key_within_the_data_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="whoever copies the data"):
        open_texts(tmp_path / "data/keys/private.key", tmp_path / "data/private-key.id")


def _id(places: tuple[Path, Path]) -> str:
    return open_texts(*places).id


def test_processes_that_start_together_agree_on_one_key(places: tuple[Path, Path]):
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert len(set(pool.map(_id, [places] * 32, chunksize=1))) == 1
