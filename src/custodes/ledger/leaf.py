"""What custodes logs: leaves that commit to a private body without giving it away."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, replace
from typing import Final, Self

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import IntegrityError
from custodes.ledger.text import shown

SALT_BYTES: Final = 32
"""Length of the random salt of a commitment."""

_VERSION: Final = 1
_FIELDS: Final = frozenset({"v", "seq", "t", "type", "camera", "charter_hash", "commit"})
_LARGEST: Final = 2**53 - 1
"""Largest integer that JSON carries exactly."""
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}(?:\.[a-z][a-z0-9_]{0,31}){0,2}")
_CAMERA: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}|")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_OPTIONAL_HASH: Final = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing that happened, as everybody may see it. Names and reasons are in the private body.

    Attributes:
        t: When, seconds since the Unix epoch, coarsened by whoever logs it where the moment itself is sensitive.
        type: What, such as `consultation.playback`: one to three words of a-z, 0-9 and _, with dots between.
        camera: Which camera, empty where it is about none or several.
        charter_hash: SHA-256 of the charter in force, hexadecimal; empty where there is none.
        commit: Commitment to the private body, hexadecimal; see `commitment`.
        seq: Its index in the log.
    """

    t: int
    type: str
    camera: str
    charter_hash: str
    commit: str
    seq: int = 0

    def __post_init__(self) -> None:
        for name, number in (("t", self.t), ("seq", self.seq)):
            if not 0 <= number <= _LARGEST:
                raise IntegrityError(f"{name} of the leaf is {number}", why="it has to be from 0 to 2^53 - 1")
        for name, text, pattern in (
            ("type", self.type, _TYPE),
            ("camera", self.camera, _CAMERA),
            ("charter_hash", self.charter_hash, _OPTIONAL_HASH),
            ("commit", self.commit, _HASH),
        ):
            if not pattern.fullmatch(text):
                raise IntegrityError(f"{name} of the leaf is {shown(text)}", why=f"it has to match {pattern.pattern}")

    @classmethod
    def parse(cls, entry: bytes) -> Self:
        """Return the leaf that `entry` holds.

        Raises:
            IntegrityError: It is not a leaf of this version in canonical JSON (RFC 8785).
        """
        try:
            fields = json.loads(entry)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict) or set(fields) != _FIELDS:
            raise IntegrityError(
                f"{shown(entry)} is not a leaf", why=f"it is not JSON with {', '.join(sorted(_FIELDS))}"
            )
        numbers = [fields[name] for name in ("v", "t", "seq")]
        texts = [fields[name] for name in ("type", "camera", "charter_hash", "commit")]
        if any(type(number) is not int for number in numbers) or any(type(text) is not str for text in texts):
            raise IntegrityError(f"{shown(entry)} is not a leaf", why="a field has the wrong type")
        if fields["v"] != _VERSION:
            raise IntegrityError(
                f"The leaf is of version {fields['v']}", why=f"only {_VERSION} is known", fix="update custodes"
            )
        leaf = cls(*(fields[name] for name in ("t", "type", "camera", "charter_hash", "commit", "seq")))
        if bytes(leaf) != entry:
            raise IntegrityError(f"{shown(entry)} is not a leaf", why="it is not canonical JSON")
        return leaf

    def at(self, seq: int) -> "Leaf":
        """Return this leaf with the index `seq`."""
        return replace(self, seq=seq)

    def __bytes__(self) -> bytes:
        return canonical_json(
            {
                "v": _VERSION,
                "seq": self.seq,
                "t": self.t,
                "type": self.type,
                "camera": self.camera,
                "charter_hash": self.charter_hash,
                "commit": self.commit,
            }
        )


def commitment(salt: bytes, body: bytes) -> str:
    """Return the commitment to `body`: HMAC-SHA-256 with `salt` as the key, hexadecimal.

    Without the salt, nobody can try out bodies. Once body and salt are deleted, it says nothing any more.

    Args:
        salt: 32 random bytes, for this body only.
        body: Canonical JSON of the private body.

    Raises:
        IntegrityError: The salt is not of 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise IntegrityError(f"The salt has {len(salt)} bytes", why=f"it has to have {SALT_BYTES}")
    return hmac.new(salt, body, hashlib.sha256).hexdigest()


def check_commitment(commit: str, salt: bytes, body: bytes) -> None:
    """Check that `commit` commits to `body` with `salt`; takes the same time wherever they differ.

    Raises:
        IntegrityError: It does not.
    """
    if not hmac.compare_digest(commitment(salt, body).encode(), commit.encode("utf-8", "replace")):
        raise IntegrityError("The private body is not what the leaf commits to", why="body, salt or leaf was changed")
