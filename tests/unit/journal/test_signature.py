"""Signatures under charters count for one version, of one key."""

import pytest

from api_support import GATE, make_charter
from custodes.domain.errors import ConfigError
from custodes.journal.signature import sign_charter, unsigned_by
from custodes.ledger import KeyKind, SigningKey

MAYOR = SigningKey("city.example/mayor", KeyKind.LOG, bytes(range(32)))
OFFICER = SigningKey("city.example/dpo", KeyKind.LOG, bytes(range(1, 33)))
BOTH = (MAYOR.verifier, OFFICER.verifier)
CHARTER = make_charter(GATE)
CHANGED = make_charter(GATE, storage={"recording_hours": 71})


def test_each_signer_is_asked_for() -> None:
    assert unsigned_by(CHARTER, None, BOTH) == ["city.example/mayor", "city.example/dpo"]
    once = sign_charter(CHARTER, MAYOR)
    assert unsigned_by(CHARTER, once, BOTH) == ["city.example/dpo"]
    twice = sign_charter(CHARTER, OFFICER, once)
    assert unsigned_by(CHARTER, twice, BOTH) == []
    assert sign_charter(CHARTER, OFFICER, twice).count("— city.example/dpo".encode()) == 1


def test_a_changed_charter_is_unsigned() -> None:
    signed = sign_charter(CHARTER, MAYOR)
    assert unsigned_by(CHANGED, signed, (MAYOR.verifier,)) == ["city.example/mayor"]
    assert unsigned_by(CHANGED, sign_charter(CHANGED, OFFICER, signed), BOTH) == ["city.example/mayor"]


def test_another_key_of_the_same_name_does_not_count() -> None:
    imposter = SigningKey("city.example/mayor", KeyKind.LOG, bytes(32))
    assert unsigned_by(CHARTER, sign_charter(CHARTER, imposter), (MAYOR.verifier,)) == ["city.example/mayor"]


@pytest.mark.parametrize("position", [20, 60, 120])
def test_a_changed_file_does_not_count(position: int) -> None:
    signed = bytearray(sign_charter(CHARTER, MAYOR))
    signed[position] ^= 1
    assert unsigned_by(CHARTER, bytes(signed), (MAYOR.verifier,)) == ["city.example/mayor"]


def test_a_witness_cannot_sign() -> None:
    with pytest.raises(ConfigError, match="witness"):
        sign_charter(CHARTER, SigningKey("w", KeyKind.WITNESS, bytes(32)))
