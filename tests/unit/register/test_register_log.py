"""Reading a published log for the register."""

from pathlib import Path

import pytest

from custodes.domain.errors import IntegrityError
from custodes.ledger import KeyKind, Leaf, Ledger, SigningKey
from custodes.register import read_log

KEY = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)


def write(folder: Path, count: int) -> Path:
    kinds = ("consultation.live", "heartbeat", "unseal.open")
    leaves = [
        Leaf(1_700_000_000 + at, kinds[at % 3], "gate" if at % 3 != 1 else "", "", f"{at:064x}") for at in range(count)
    ]
    with Ledger(folder / "public", folder / "state", KEY) as ledger:
        ledger.append(leaves)
    return folder / "public"


def test_leaves_are_counted_over_full_and_partial_bundles(tmp_path: Path) -> None:
    published = write(tmp_path, 600)
    found = read_log(published)
    assert found is not None
    assert (found.origin, found.size, found.newest_s) == ("example.org/log", 600, 1_700_000_599)
    assert found.checkpoint == (published / "checkpoint").read_text(encoding="utf-8")
    assert found.count("gate", "consultation") == found.count("gate", "unseal") == found.count("", "heartbeat") == 200


def test_an_empty_log_is_a_log(tmp_path: Path) -> None:
    found = read_log(write(tmp_path, 0))
    assert found is not None
    assert (found.size, found.newest_s, found.counts) == (0, None, {})


def test_without_a_folder_there_is_no_log(tmp_path: Path) -> None:
    assert read_log(tmp_path / "absent") is None


def test_a_damaged_log_is_no_ground_for_a_register(tmp_path: Path) -> None:
    published = write(tmp_path, 5)
    [bundle] = [path for path in (published / "tile/entries").rglob("*") if path.is_file()]
    bundle.write_bytes(bundle.read_bytes()[:-3])
    with pytest.raises(IntegrityError):
        read_log(published)


def test_an_entry_that_is_no_leaf_is_named(tmp_path: Path) -> None:
    published = write(tmp_path, 5)
    [bundle] = [path for path in (published / "tile/entries").rglob("*") if path.is_file()]
    bundle.write_bytes(bundle.read_bytes().replace(b'"type":"unseal.open"', b'"kind":"unseal.open"'))
    with pytest.raises(IntegrityError, match="Leaf 2 cannot be read"):
        read_log(published)
