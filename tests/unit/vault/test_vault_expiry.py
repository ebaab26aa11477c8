"""Envelopes and keys that expire: whoever lacks a custodian, the right hour, or the hour's key, gets nothing."""

import shutil
from pathlib import Path

import pytest

from custodes.disk import PARTIAL
from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.domain.time import NS_PER_S
from custodes.vault import Envelope, HourKeys, SealedFolder, check_apart, new_epoch, notice_of
from custodes.vault.expiry import expire
from custodes.vault.private import PrivateKey
from sim.originals import CHARTER, GATE, NOON_NS, custodians, key_pairs, places, segment

KEYS = key_pairs(5)
HOUR, NEXT = "2026-01-01T12", "2026-01-01T13"
HOUR_NS = 3600 * NS_PER_S


def shares_of(envelope: Envelope, keys: list[PrivateKey]) -> dict[str, bytes]:
    return {str(key.public): envelope.open_share(key) for key in keys}


@pytest.mark.parametrize(("needed", "count"), [(2, 3), (2, 2), (3, 5), (4, 4)])
def test_k_custodians_open_and_fewer_do_not(needed: int, count: int) -> None:
    key, envelope = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS[:count], needed))
    assert envelope.combine(shares_of(envelope, KEYS[count - needed : count])) == key
    with pytest.raises(IntegrityError, match=f"{needed} custodians are needed"):
        envelope.combine(shares_of(envelope, KEYS[: needed - 1]))
    stranger = PrivateKey.generate("Stranger")
    with pytest.raises(IntegrityError, match="Stranger is no custodian of gate"):
        envelope.open_share(stranger)


@pytest.mark.parametrize(
    "change",
    [{"camera": "yard"}, {"hour": NEXT}, {"epoch": "0" * 32}, {"charter": "d" * 64}, {"needed": 3}],
)
def test_a_share_of_another_camera_or_hour_fails(change: dict[str, object]) -> None:
    _, envelope = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS[:3]))
    swapped = envelope.model_copy(update=change)
    with pytest.raises(IntegrityError, match="The share of Data protection officer is corrupt"):
        swapped.open_share(KEYS[0])


def test_a_corrupt_share_is_named() -> None:
    _, envelope = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS[:3]))
    shares = shares_of(envelope, KEYS[:2])
    line = str(KEYS[1].public)
    shares[line] = bytes([shares[line][0] ^ 1]) + shares[line][1:]
    with pytest.raises(IntegrityError, match="The share of Ombudsman is corrupt"):
        envelope.combine(shares)
    broken = list(envelope.shares)
    broken[2] = broken[2].model_copy(update={"sealed": broken[2].sealed[:-1] + b"\0"})
    with pytest.raises(IntegrityError, match="The share of Works council is corrupt"):
        envelope.model_copy(update={"shares": tuple(broken)}).open_share(KEYS[2])


def test_what_is_logged_are_hashes() -> None:
    _, envelope = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS[:3]))
    notice = notice_of(envelope)
    assert list(notice.shares) == ["Data protection officer", "Ombudsman", "Works council"]
    assert notice.envelope == envelope.digest
    assert [share.sha256 for share in envelope.shares] == list(notice.shares.values())


def test_nobody_is_custodian_twice() -> None:
    with pytest.raises(ConfigError, match="named twice"):
        new_epoch(GATE, NOON_NS, CHARTER, custodians([KEYS[0], KEYS[0], KEYS[1]]))


def stored(folder: Path, start_ns: int = NOON_NS) -> tuple[SealedFolder, HourKeys, Envelope]:
    sealed, keys = places(folder)
    _, envelope = new_epoch(GATE, start_ns, CHARTER, custodians(KEYS[:3]))
    sealed.put_envelope(envelope, keys)
    return sealed, keys, envelope


def test_an_envelope_is_stored_under_the_key_of_its_hour(tmp_path: Path) -> None:
    sealed, keys, envelope = stored(tmp_path)
    assert sealed.epochs(GATE, HOUR) == [envelope.epoch]
    assert sealed.envelope(GATE, HOUR, envelope.epoch, keys) == envelope
    file = next((tmp_path / "data").rglob("*.envelope"))
    assert b"Ombudsman" not in file.read_bytes()
    file.rename(file.with_name("0" * 32 + ".envelope"))
    with pytest.raises(IntegrityError, match="does not open"):
        sealed.envelope(GATE, HOUR, "0" * 32, keys)


def test_a_backup_made_before_expiry_does_not_open_after(tmp_path: Path) -> None:
    sealed, keys, envelope = stored(tmp_path)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    backup = SealedFolder(tmp_path / "backup/sealed")
    assert backup.envelope(GATE, HOUR, envelope.epoch, keys) == envelope
    assert expire(sealed, keys, GATE, NOON_NS + HOUR_NS) == [HOUR]
    assert sealed.hours(GATE) == keys.hours(GATE) == []
    assert not list((tmp_path / "data").rglob("*.*"))
    with pytest.raises(IntegrityError, match=f"The hour {HOUR} of gate has expired"):
        backup.envelope(GATE, HOUR, envelope.epoch, keys)
    keys.make(GATE, HOUR)  # nor with a new key
    with pytest.raises(IntegrityError, match="does not open"):
        backup.envelope(GATE, HOUR, envelope.epoch, keys)


def test_an_hour_expires_when_its_first_picture_does(tmp_path: Path) -> None:
    sealed, keys, _ = stored(tmp_path)
    sealed.put_envelope(new_epoch(GATE, NOON_NS + HOUR_NS, CHARTER, custodians(KEYS[:3]))[1], keys)
    assert expire(sealed, keys, GATE, NOON_NS) == []
    assert expire(sealed, keys, "yard", NOON_NS + HOUR_NS) == []
    assert expire(sealed, keys, GATE, NOON_NS + 1) == [HOUR]
    assert keys.hours(GATE) == sealed.hours(GATE) == [NEXT]


def test_what_is_held_stays_with_the_hours_it_touches(tmp_path: Path) -> None:
    sealed, keys, _ = stored(tmp_path)
    for at in (1, 2, 3):
        sealed.put_envelope(new_epoch(GATE, NOON_NS + at * HOUR_NS, CHARTER, custodians(KEYS[:3]))[1], keys)
    held = [(NOON_NS + HOUR_NS + 61 * NS_PER_S, NOON_NS + 2 * HOUR_NS + NS_PER_S)]
    assert expire(sealed, keys, GATE, NOON_NS + 10 * HOUR_NS, held) == [HOUR, "2026-01-01T15"]
    assert keys.hours(GATE) == sealed.hours(GATE) == [NEXT, "2026-01-01T14"]
    assert expire(sealed, keys, GATE, NOON_NS + 10 * HOUR_NS) == [NEXT, "2026-01-01T14"]


def test_a_destroyed_key_is_overwritten_first(tmp_path: Path) -> None:
    _, keys, _ = stored(tmp_path)
    path = tmp_path / "keys/gate" / f"{HOUR}.key"
    before = path.read_bytes()
    (tmp_path / f"keys/gate/{HOUR}.key.1234{PARTIAL}").write_bytes(before)
    with path.open("rb") as held:
        keys.destroy(GATE, [HOUR])
        assert len(held.read()) == 32
        held.seek(0)
        assert held.read() != before
    assert not any(tmp_path.glob("keys/gate/*"))


def test_the_key_store_says_that_it_is_not_to_be_backed_up(tmp_path: Path) -> None:
    _, keys, _ = stored(tmp_path)
    assert (tmp_path / "keys/CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
    assert (tmp_path / "keys/.nobackup").exists()
    assert keys.cameras() == [GATE]
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    for inside, outside in (("data/keys", "data"), ("keys", "keys/data"), ("same", "same")):
        with pytest.raises(ConfigError, match="a backup of the data would keep keys"):
            check_apart(tmp_path / inside, tmp_path / outside)
    check_apart(tmp_path / "keys", tmp_path / "data")


def test_a_damaged_key_is_said_to_be(tmp_path: Path) -> None:
    _, keys, _ = stored(tmp_path)
    (tmp_path / f"keys/gate/{HOUR}.key").write_bytes(b"short")
    with pytest.raises(IntegrityError, match="is damaged"):
        keys.get(GATE, HOUR)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be made"):
        HourKeys(tmp_path / "file/keys")


def test_parts_take_ciphertext_in_order_alone(tmp_path: Path) -> None:
    sealed, _ = places(tmp_path)
    part = sealed.create(segment(b"head"))
    with pytest.raises(OSError, match="is missing"):
        part.append(segment(b"chunk", 5))
    notice = part.append(segment(b"chunk", 4, last=True))
    assert notice is not None
    assert notice.size == 9
    with pytest.raises(FileExistsError):
        sealed.create(segment(b"head"))
