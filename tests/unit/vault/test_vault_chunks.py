"""The sealed format: bound to its place, readable from anywhere, honest about what is missing."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.domain.errors import IntegrityError
from custodes.vault import ChunkSealer, PartHeader, SealedPart, SealedReader
from custodes.vault.chunks import CHUNK

KEY = bytes(range(32))
SEALED = CHUNK + 16


def header(**changes: object) -> PartHeader:
    values = {"camera": "gate", "hour": "2026-01-01T12", "epoch": "e" * 32, "part": 1, "charter": "c" * 64}
    values |= {"start": 1_767_268_800_000_000_000, "salt": bytes(32), **changes}
    return PartHeader(**values)


def sealed(plain: bytes, key: bytes = KEY, **changes: object) -> bytes:
    sealer = ChunkSealer(key, header(**changes))
    return sealer.head + sealer.update(plain) + sealer.close()


def opened(folder: Path, data: bytes, key: bytes = KEY) -> SealedReader:
    path = folder / "part"
    path.write_bytes(data)
    return SealedReader(SealedPart(path.open("rb"), "part"), key)


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 100])
def test_what_was_sealed_is_read(tmp_path: Path, length: int) -> None:
    plain = os.urandom(length)
    data = sealed(plain)
    reader = opened(tmp_path, data)
    assert (reader.read(), reader.complete, reader.size) == (plain, True, length)
    assert reader.header == header()
    assert plain[:64] not in data or length < 16


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 4 * CHUNK), max_size=6), seeks=st.lists(st.integers(0, 4 * CHUNK), max_size=6))
def test_any_pieces_in_and_any_ranges_out(tmp_path_factory: pytest.TempPathFactory, cuts: list[int], seeks: list[int]):
    plain = os.urandom(4 * CHUNK - 77)
    sealer = ChunkSealer(KEY, header())
    edges = [0, *sorted(cuts), len(plain)]
    data = sealer.head + b"".join(sealer.update(plain[a:b]) for a, b in pairwise(edges))
    reader = opened(tmp_path_factory.mktemp("part"), data + sealer.close())
    for at in seeks:
        reader.seek(at)
        assert reader.read(100) == plain[at : at + 100][: CHUNK - at % CHUNK]
        assert reader.tell() == at + len(plain[at : at + 100][: CHUNK - at % CHUNK])


def test_cut_off_anywhere_it_opens_to_the_last_whole_chunk_and_says_so(tmp_path: Path) -> None:
    plain = os.urandom(3 * CHUNK + 100)
    data = sealed(plain)
    start = len(data) - 3 * SEALED - 116
    for size in [start, start + 1, *(start + n * SEALED + extra for n in range(4) for extra in (-1, 0, 1, 15, 16, 99))]:
        if size < start:
            continue
        reader = opened(tmp_path, data[:size])
        whole = (size - start) // SEALED * CHUNK
        assert reader.read(-1) == plain[:whole]
        assert not reader.complete
    for size in (0, 7, 12, 100, start - 1):
        with pytest.raises(IntegrityError, match="no sealed part"):
            opened(tmp_path, data[:size])


def test_every_byte_is_bound(tmp_path: Path) -> None:
    plain = os.urandom(CHUNK + 50)
    data = sealed(plain)
    start = len(data) - SEALED - 66
    for at in [*range(start), start, start + 9_000, start + SEALED - 1, start + SEALED, len(data) - 1]:
        changed = bytearray(data)
        changed[at] ^= 1
        try:
            reader = opened(tmp_path, bytes(changed))
            reader.check()
        except IntegrityError:
            continue
        assert at >= start + SEALED, f"byte {at} was changed, and nobody noticed"
        assert not reader.complete


def test_chunks_cannot_change_places_or_parts(tmp_path: Path) -> None:
    data = sealed(os.urandom(2 * CHUNK))
    start = len(data) - 2 * SEALED - 16
    one, two, rest = data[start : start + SEALED], data[start + SEALED : start + 2 * SEALED], data[start + 2 * SEALED :]
    with pytest.raises(IntegrityError, match="Chunk 0 of part was changed"):
        opened(tmp_path, data[:start] + two + one + rest).check()
    assert not opened(tmp_path, data[:start] + one + rest).complete
    other = sealed(os.urandom(CHUNK), salt=bytes([1]) * 32)
    with pytest.raises(IntegrityError, match="Chunk 0"):
        opened(tmp_path, data[:start] + other[start : start + SEALED] + two + rest).check()


@pytest.mark.parametrize(
    "change", [{"camera": "yard"}, {"hour": "2026-01-01T13"}, {"epoch": "f" * 32}, {"charter": "d" * 64}, {"part": 2}]
)
def test_a_header_of_another_place_fails(tmp_path: Path, change: dict[str, object]) -> None:
    data, other = sealed(b"x" * 99), ChunkSealer(KEY, header(**change)).head
    swapped = other[:-32] + data[len(data) - 115 - 32 :]
    with pytest.raises(IntegrityError, match="does not open with this key"):
        opened(tmp_path, swapped)
    with pytest.raises(IntegrityError, match="does not open with this key"):
        opened(tmp_path, data, bytes(32))


def test_no_two_parts_share_a_key() -> None:
    plain = bytes(CHUNK)
    one, two = sealed(plain), sealed(plain, salt=bytes([1]) * 32)
    assert one[-SEALED - 16 :] != two[-SEALED - 16 :]
