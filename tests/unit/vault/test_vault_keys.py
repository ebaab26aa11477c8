"""Keys of people, HPKE, and sharing: against the vectors of others, and by property."""

import json
from itertools import combinations
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import MnemonicError

from custodes.domain.errors import ConfigError, IntegrityError
from custodes.vault.keys import PublicKey
from custodes.vault.private import PrivateKey
from custodes.vault.shares import combine, restore, split

PASSPHRASE = "correct horse battery staple"  # noqa: S105


def test_a_key_survives_its_file_and_no_other_passphrase_opens_it() -> None:
    key = PrivateKey.generate("Data protection officer")
    file = key.encrypted(PASSPHRASE)
    copy = PrivateKey.decrypted(file, PASSPHRASE)
    assert copy.public == key.public
    assert copy.open(key.public.seal(b"share", b"info"), b"info") == b"share"
    with pytest.raises(IntegrityError, match="Data protection officer stays closed"):
        PrivateKey.decrypted(file, PASSPHRASE + "r")
    renamed = file.replace(b'"name": "Data', b'"name": "Meta')
    with pytest.raises(IntegrityError, match="stays closed"):
        PrivateKey.decrypted(renamed, PASSPHRASE)
    with pytest.raises(ConfigError, match="too short"):
        key.encrypted("short")
    assert "share" not in repr(key)


def test_a_public_key_is_a_line_that_notices_mistakes() -> None:
    key = PrivateKey.generate("Омбудсман of the city").public
    assert PublicKey.parse(f"{key}\n") == key
    line = str(key)
    swapped = line.replace(line[20], "A" if line[20] != "A" else "B", 1)
    for wrong in (swapped, line + "s", line.replace("custodes-key-1", "ssh-ed25519"), "", line[:40]):
        with pytest.raises(IntegrityError):
            PublicKey.parse(wrong)


def test_what_is_sealed_is_bound_to_its_info_and_its_key() -> None:
    key, other = PrivateKey.generate("a"), PrivateKey.generate("a")
    box = key.public.seal(b"share", b"gate")
    assert key.open(box, b"gate") == b"share"
    assert key.open(box, b"yard") is None
    assert other.open(box, b"gate") is None
    assert key.open(box[:-1], b"gate") is None
    assert key.open(b"", b"gate") is None


def test_signatures() -> None:
    key = PrivateKey.generate("Ombudsman")
    key.public.check(key.sign(b"yes"), b"yes", "The approval")
    with pytest.raises(IntegrityError, match="The approval is not signed by Ombudsman"):
        key.public.check(key.sign(b"yes"), b"no", "The approval")
    with pytest.raises(IntegrityError, match="not signed"):
        key.public.check(b"", b"no", "The approval")


KEMS = {0x20: KEM.X25519}
KDFS = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512, 16: KDF.SHAKE128, 17: KDF.SHAKE256}
AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}


def hpke_vectors() -> list[dict]:
    """The vectors for base mode and our kind of key."""
    folder = Path(cryptography_vectors.__file__).parent / "HPKE"
    every = [one for path in sorted(folder.glob("*.json")) for one in json.loads(path.read_text(encoding="utf-8"))]
    return [
        one
        for one in every
        if one["mode"] == 0 and one["kem_id"] in KEMS and one["kdf_id"] in KDFS and one["aead_id"] in AEADS
    ]


def test_hpke_vectors_open() -> None:
    # Its only way to additional data, which these vectors have and the vault does not use.
    from cryptography.hazmat.bindings._rust import openssl

    seen = set()
    for vector in hpke_vectors():
        suite = Suite(KEMS[vector["kem_id"]], KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
        first = vector["encryptions"][0]  # the later ones have later sequence numbers
        box = bytes.fromhex(vector["enc"]) + bytes.fromhex(first["ct"])
        info, aad = bytes.fromhex(vector["info"]), bytes.fromhex(first["aad"])
        assert openssl.hpke._decrypt_with_aad(suite, box, key, info, aad) == bytes.fromhex(first["pt"])
        seen.add((vector["kdf_id"], vector["aead_id"]))
    assert (1, 2) in seen, "the suite of the vault is not among them"


def slip39_vectors(vectors: Path) -> list[tuple[str, list[str], str]]:
    rows = json.loads((vectors / "slip39/vectors.json").read_text(encoding="utf-8"))
    return [(title, mnemonics, secret) for title, mnemonics, secret, _ in rows]


def test_all_slip39_vectors(vectors: Path) -> None:
    rows = slip39_vectors(vectors)
    assert len(rows) == 45
    for title, mnemonics, secret in rows:
        if secret:
            assert restore(mnemonics, b"TREZOR").hex() == secret, title
        else:
            with pytest.raises(MnemonicError):
                restore(mnemonics, b"TREZOR")


@settings(max_examples=40, deadline=None)
@given(data=st.data(), key=st.binary(min_size=32, max_size=32))
def test_any_k_of_n_restore_the_key_and_fewer_do_not(data: st.DataObject, key: bytes) -> None:
    count = data.draw(st.integers(2, 16))
    needed = data.draw(st.integers(2, count))
    shares = split(key, needed, count)
    chosen = data.draw(st.permutations(range(count)))[:needed]
    assert combine({number: shares[number] for number in chosen}, needed, count) == key
    with pytest.raises(IntegrityError, match=f"{needed} custodians are needed, and only {needed - 1} approved"):
        combine({number: shares[number] for number in chosen[1:]}, needed, count)


def test_one_pair_of_pieces_says_nothing() -> None:
    key = bytes(32)
    shares = split(key, 2, 3)
    for one, other in combinations(range(3), 2):
        assert combine({one: shares[one], other: shares[other]}, 2, 3) == key
    pieces = [share[at : at + 32] for share in shares for at in (0, 32)]
    assert all(pieces)
    # With a key of zeroes both pieces of a pair are alike, and no others: each custodian alone has noise.
    assert len(set(pieces)) == 3
    assert all(share[:32] != share[32:] for share in shares)


@pytest.mark.parametrize(("needed", "count"), [(1, 3), (3, 2), (0, 0), (1, 1), (2, 17)])
def test_impossible_numbers_of_custodians(needed: int, count: int) -> None:
    with pytest.raises(ConfigError, match="is not possible"):
        split(bytes(32), needed, count)


def test_shares_of_another_key_do_not_combine() -> None:
    one, other = split(b"1" * 32, 3, 5), split(b"2" * 32, 3, 5)
    with pytest.raises(IntegrityError, match="do not belong together"):
        combine({0: one[0], 1: one[1], 2: other[2]}, 3, 5)
    with pytest.raises(IntegrityError, match="do not belong together"):
        combine({0: one[0], 1: one[1], 2: b"no words"}, 3, 5)
