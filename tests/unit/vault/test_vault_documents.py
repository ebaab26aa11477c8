"""Documents and small texts: one spelling for each value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import Blob, Document, Hour, Moment, hour_of, hour_start_ns


class Sample(Document):
    blob: Blob
    at: Moment
    hour: Hour


@given(blob=st.binary(max_size=50), at=st.integers(0, 4_000_000_000_000), hour=st.integers(0, 900_000))
def test_what_is_written_is_read(blob: bytes, at: int, hour: int) -> None:
    sample = Sample(blob=blob, at=at * 1_000_000, hour=hour_of(hour * 3_600_000_000_000))
    assert Sample.parse(sample.canonical(), "It") == sample
    assert hour_start_ns(sample.hour) == hour * 3_600_000_000_000
    assert Sample(blob=blob, at=at * 1_000_000 + 999_999, hour=sample.hour) == sample


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"blob":"AA==","at":"1970-01-01T00:00:00.000Z"}',
        b'{"blob":"AA==","at":"1970-01-01T00:00:00.000Z","hour":"2026-01-01T12","more":1}',
        b'{"blob":"AB==","at":"1970-01-01T00:00:00.000Z","hour":"2026-01-01T12"}',
        b'{"blob":"AA==\\n","at":"1970-01-01T00:00:00.000Z","hour":"2026-01-01T12"}',
        b'{"blob":"AA==","at":"1970-01-01T00:00:00Z","hour":"2026-01-01T12"}',
        b'{"blob":"AA==","at":"1970-01-01 00:00:00.000Z","hour":"2026-01-01T12"}',
        b'{"blob":"AA==","at":true,"hour":"2026-01-01T12"}',
        b'{"blob":"AA==","at":"1970-01-01T00:00:00.000Z","hour":"2026-1-01T12"}',
        b'{"blob":"AA==","at":"1970-01-01T00:00:00.000Z","hour":"../../etc"}',
    ],
)
def test_other_spellings_are_refused(text: bytes) -> None:
    with pytest.raises(IntegrityError, match="It cannot be read"):
        Sample.parse(text, "It")


def test_too_large_a_document_is_refused() -> None:
    with pytest.raises(IntegrityError, match="too large"):
        Sample.parse(bytes((8 << 20) + 1), "It")
