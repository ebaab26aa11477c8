"""Two databases: one has no room for templates, the other none for names or pictures; what is sealed is bound."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from desks import ANA, BOTH, Desk
from hypothesis import given
from hypothesis import strategies as st
from people import DOOR, MODEL, face

from api_support import TEXTS
from custodes.domain.errors import IntegrityError, StoreError
from custodes.identity.consent import new_subject
from custodes.identity.identities import Identities
from custodes.identity.identities import metadata as identities
from custodes.identity.sealing import MOST_SEALED, Held, seal, unseal
from custodes.identity.table import TemplateTable
from custodes.identity.table import metadata as templates
from custodes.store.private import sealed_length

FILLING = {str: "a", int: 1, bytes: b"\0" * 700}
HELD = Held(
    subject="ab" * 16, cameras=("door",), modes=BOTH, expires=2_000_000_000 * 10**9, model=MODEL,
    vector=face(1).vector.tobytes(),
)  # fmt: skip
KEY = b"\7" * 32
REFUSED = "CHECK constraint failed|datatype mismatch"


@pytest.mark.parametrize("file", ["data/identities.db", "data/templates.db"])
def test_no_column_takes_what_is_not_its_kind(tmp_path: Path, file: str) -> None:
    Desk(tmp_path)
    metadata = identities if "identities" in file else templates
    columns = [column for table in metadata.tables.values() for column in table.columns]
    tried = 0
    for column in columns:
        wrong = {
            str: [b"\xff\xd8\xff\xe0 a picture", "x" * (sealed_length(16_000) + 1)],
            int: [b"a picture", "words"],
            bytes: ["a name", b"\0" * (MOST_SEALED + 1)],
        }[column.type.python_type]
        row = {one.name: FILLING[one.type.python_type] for one in column.table.columns}
        marks = ", ".join("?" for _ in row)
        statement = f"INSERT INTO {column.table.name} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
        for value in wrong:
            values = tuple({**row, column.name: value}.values())
            with sqlite3.connect(tmp_path / file) as database, pytest.raises(sqlite3.IntegrityError, match=REFUSED):
                database.execute(statement, values)
            tried += 1
    assert tried == 2 * len(columns)
    assert [column for column in columns if column.type.python_type is bytes] == [
        column for column in columns if column.name == "sealed"
    ]


def test_names_and_templates_are_in_files_of_their_own() -> None:
    names = {column.name for table in identities.tables.values() for column in table.columns}
    others = {column.name for table in templates.tables.values() for column in table.columns}
    assert names == {"subject", "name", "contact", "enrolled_ns", "consent"}
    assert others == {"subject", "version", "sealed", "id", "generation"}


def test_names_that_an_older_version_wrote_are_encrypted_and_leave_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    subject = desk.enrol(face(1)).receipt.body.subject
    identity, path = desk.identities.get(subject), tmp_path / "data/identities.db"
    desk.identities.close()
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("DROP TABLE subjects")
        old.execute("CREATE TABLE subjects (subject TEXT PRIMARY KEY, name, contact, enrolled_ns BIGINT, consent)")
        row = (subject, ANA.name, ANA.contact, identity.enrolled_ns, identity.consent.canonical().decode())
        old.execute("INSERT INTO subjects VALUES (?, ?, ?, ?, ?)", row)
        old.execute("PRAGMA user_version = 0")
    assert ANA.name.encode() in path.read_bytes()
    assert Identities.open(path, TEXTS).all() == [identity]
    found = b"".join(file.read_bytes() for file in path.parent.glob("identities.db*"))
    assert not any(text.encode() in found for text in (ANA.name, ANA.contact, identity.consent.purpose))


def test_a_name_opens_in_its_own_row_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for seed in (1, 2):
        desk.enrol(face(seed))
    first, second = (identity.subject for identity in desk.identities.all())
    with closing(sqlite3.connect(tmp_path / "data/identities.db")) as database, database:
        (name,) = database.execute("SELECT name FROM subjects WHERE subject = ?", (first,)).fetchone()
        database.execute("UPDATE subjects SET name = ? WHERE subject = ?", (name, second))
    with pytest.raises(IntegrityError, match="does not open"):
        desk.identities.get(second)


def test_the_longest_consent_fits(tmp_path: Path) -> None:
    cameras = tuple(f"{'c' * 38}{number:02}" for number in range(50))
    held = HELD.model_copy(update={"cameras": cameras})
    sealed = seal(Held.parse(held.canonical(), "It"), KEY)
    assert len(sealed) <= MOST_SEALED
    table = TemplateTable.open(tmp_path / "templates.db")
    table.put(HELD.subject, sealed, None)
    assert dict(table.sealed([HELD.subject])) == {HELD.subject: sealed}
    with pytest.raises(StoreError):
        table.put(new_subject(), os.urandom(MOST_SEALED + 1), None)


def test_what_was_sealed_opens() -> None:
    opened = unseal(seal(HELD, KEY), KEY, HELD.subject)
    assert opened == HELD
    assert (opened.rotated == face(1).vector).all()
    assert seal(HELD, KEY) != seal(HELD, KEY)


@given(st.data())
def test_one_bit_less_and_nothing_opens(data: st.DataObject) -> None:
    sealed = seal(HELD, KEY)
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for one, key, subject in (
        (bytes(changed), KEY, HELD.subject),
        (sealed[:cut], KEY, HELD.subject),
        (sealed, b"\1" * 32, HELD.subject),
        (sealed, KEY, "cd" * 16),
    ):
        with pytest.raises(IntegrityError, match="does not open"):
            unseal(one, key, subject)


def test_what_may_be_done_is_sealed_along() -> None:
    ways = [(camera, mode, at) for camera in (DOOR, "yard") for mode in BOTH for at in (0, HELD.expires)]
    assert [way for way in ways if HELD.allows(*way)] == [(DOOR, mode, 0) for mode in BOTH]
