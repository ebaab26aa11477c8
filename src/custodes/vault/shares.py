"""Splitting a key among n custodians so that k of them restore it.

Two of three is split by exclusive or, a pair of pieces for each two custodians: nothing to get wrong. Any other k of n
is Shamir's scheme as SLIP-39 specifies it, through its authors' library.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from custodes.domain.errors import ConfigError, IntegrityError
from custodes.vault.chunks import KEY_BYTES

MOST_CUSTODIANS: Final = 16
"""SLIP-39 has no more members in a group."""

_TWO_OF_THREE: Final = (2, 3)


def split(key: bytes, needed: int, count: int) -> list[bytes]:
    """Return `count` shares of `key`, of which any `needed` restore it and fewer say nothing about it.

    Args:
        key: 32 bytes.
        needed: k, at least 2.
        count: n, at most 16.

    Raises:
        ConfigError: k and n do not go together.
    """
    if not 2 <= needed <= count <= MOST_CUSTODIANS:  # noqa: PLR2004  one alone must not open
        raise ConfigError(
            f"{needed} of {count} custodians is not possible",
            why=f"at least two have to be needed, and at most {MOST_CUSTODIANS} can be named",
        )
    if (needed, count) == _TWO_OF_THREE:
        return _pairs(key)
    return [words.encode("ascii") for words in generate_mnemonics(1, [(needed, count)], key, iteration_exponent=0)[0]]


def combine(shares: Mapping[int, bytes], needed: int, count: int) -> bytes:
    """Return the key that `split` made `shares` of.

    Args:
        shares: By their number, from 0; those beyond the first `needed` are left out.
        needed: k.
        count: n.

    Raises:
        IntegrityError: There are too few, or they do not belong together.
    """
    if len(shares) < needed:
        raise IntegrityError(
            f"{needed} custodians are needed, and only {len(shares)} approved", fix="ask another custodian"
        )
    chosen = dict(sorted(shares.items())[:needed])
    if (needed, count) == _TWO_OF_THREE:
        return _joined(chosen)
    try:
        return restore([share.decode("ascii", "replace") for share in chosen.values()])
    except MnemonicError as error:
        raise IntegrityError("The shares do not belong together", why=str(error).lower().rstrip(".")) from None


def restore(mnemonics: Sequence[str], passphrase: bytes = b"") -> bytes:
    """Return the secret of SLIP-39 `mnemonics`.

    Args:
        mnemonics: As many as are needed, and no more.
        passphrase: Printable ASCII; the vault uses none, as each share is encrypted already.

    Raises:
        MnemonicError: They are no mnemonics, or do not belong together.
    """
    secret: bytes = combine_mnemonics(mnemonics, passphrase)
    return secret


def _pairs(key: bytes) -> list[bytes]:
    """Return for each of three custodians the pieces it shares with the two others, in their order."""
    shares: list[dict[int, bytes]] = [{}, {}, {}]
    for one, other in combinations(range(3), 2):
        shares[one][other] = os.urandom(KEY_BYTES)
        shares[other][one] = _xor(shares[one][other], key)
    return [b"".join(pieces[other] for other in sorted(pieces)) for pieces in shares]


def _joined(shares: Mapping[int, bytes]) -> bytes:
    (one, first), (other, second) = shares.items()
    if {len(first), len(second)} != {2 * KEY_BYTES} or not {one, other} <= {0, 1, 2}:
        raise IntegrityError("The shares do not belong together", why="one has a wrong length")
    return _xor(_piece(first, one, other), _piece(second, other, one))


def _piece(share: bytes, owner: int, other: int) -> bytes:
    at = [one for one in range(3) if one != owner].index(other) * KEY_BYTES
    return share[at : at + KEY_BYTES]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
