"""Envelopes: the key of an epoch, split among custodians and sealed to each.

An epoch is one camera, one hour, one run of the recorder: a restart within the hour begins another, because the key of
the one before is nowhere any more but in its envelope.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field, model_validator

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.vault.chunks import KEY_BYTES
from custodes.vault.documents import Blob, Camera, CharterVersion, Digest, Document, EpochId, Hour, hour_of
from custodes.vault.keys import KeyHolder, PublicKey
from custodes.vault.shares import combine, split

_NONCE: Final = 12


class SealedShare(Document):
    """One custodian's share.

    Attributes:
        custodian: The custodian's public key, as a line.
        sha256: SHA-256 of the share, so that a wrong one can be named. It is logged.
        sealed: The share, sealed to the custodian.
    """

    custodian: str
    sha256: Digest
    sealed: Blob


class Envelope(Document):
    """How k of n custodians get at the key of one epoch.

    Attributes:
        v: Version of the format.
        camera: Whose pictures.
        hour: The hour (UTC) in which they begin.
        epoch: Names the key.
        charter: Version of the charter in force.
        needed: k.
        shares: One for each of the n custodians.
    """

    v: Literal[1] = 1
    camera: Camera
    hour: Hour
    epoch: EpochId
    charter: CharterVersion
    needed: int = Field(ge=2)
    shares: tuple[SealedShare, ...]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.needed > len(self.shares) or len(set(self.custodians)) < len(self.shares):
            msg = "there are fewer custodians than needed, or one is there twice"
            raise ValueError(msg)
        return self

    @property
    def custodians(self) -> tuple[str, ...]:
        """Public keys of the custodians, as lines."""
        return tuple(share.custodian for share in self.shares)

    def info(self, custodian: str) -> bytes:
        """Return what the share of `custodian`, a public key, is bound to."""
        count = len(self.shares)
        place = self.camera, self.hour, self.epoch
        return canonical_json(["custodes share 1", *place, custodian, self.needed, count, self.charter])

    def open_share(self, key: KeyHolder) -> bytes:
        """Return the share of the owner of `key`.

        Raises:
            IntegrityError: The owner is no custodian of this epoch, or the share does not open.
        """
        name, line = key.public.name, str(key.public)
        share = next((one for one in self.shares if one.custodian == line), None)
        if share is None:
            raise IntegrityError(
                f"{name} is no custodian of {self.camera} in the hour {self.hour}",
                why=f"its custodians are {', '.join(names(self.custodians))}",
            )
        plain = key.open(share.sealed, self.info(line))
        if plain is None or hashlib.sha256(plain).hexdigest() != share.sha256:
            raise IntegrityError(
                f"The share of {name} is corrupt",
                why=f"it does not open as one of {self.camera} in the hour {self.hour}",
                fix=f"ask others: any {self.needed} of {len(self.shares)} are enough",
            )
        return plain

    def combine(self, shares: Mapping[str, bytes]) -> bytes:
        """Return the epoch's key.

        Args:
            shares: By the custodians' public keys.

        Raises:
            IntegrityError: There are too few, one is corrupt (its custodian is named), or one is no custodian's.
        """
        numbered: dict[int, bytes] = {}
        for custodian, plain in shares.items():
            if custodian not in self.custodians:
                raise IntegrityError(
                    f"{names([custodian])[0]} is no custodian of {self.camera} in the hour {self.hour}"
                )
            number = self.custodians.index(custodian)
            if hashlib.sha256(plain).hexdigest() != self.shares[number].sha256:
                raise IntegrityError(
                    f"The share of {names([custodian])[0]} is corrupt",
                    why="it is not the one that was made when the hour was sealed",
                    fix="leave this approval out, and ask another custodian",
                )
            numbered[number] = plain
        return combine(numbered, self.needed, len(self.shares))


@dataclass(frozen=True, slots=True)
class Custodians:
    """Among whom keys are split.

    Attributes:
        needed: k.
        keys: Public keys of the n custodians.
    """

    needed: int
    keys: tuple[PublicKey, ...]


@dataclass(frozen=True, slots=True)
class EpochSealed:
    """A key was made and sealed to the custodians: to be logged.

    Attributes:
        camera: Whose pictures.
        hour: The hour (UTC) in which they begin.
        epoch: Names the key.
        charter: Version of the charter in force.
        needed: k.
        shares: SHA-256 of each share, by the custodian's name.
        envelope: SHA-256 of the envelope.
    """

    camera: str
    hour: str
    epoch: str
    charter: str
    needed: int
    shares: Mapping[str, str]
    envelope: str


def new_epoch(camera: str, start_ns: int, charter: str, custodians: Custodians) -> tuple[bytes, Envelope]:
    """Return a new key, 32 bytes, and its envelope.

    Args:
        camera: Whose pictures.
        start_ns: Wall time of the first, nanoseconds since the Unix epoch.
        charter: Version of the charter in force.
        custodians: Who can open it together.

    Raises:
        ConfigError: There are too few custodians, too many, or one twice.
    """
    lines = [str(key) for key in custodians.keys]
    if len({key.name for key in custodians.keys}) < len(lines):
        raise ConfigError(f"a custodian of {camera} is named twice", fix="name each custodian once")
    key = os.urandom(KEY_BYTES)
    plain = split(key, custodians.needed, len(lines))
    blank = Envelope(
        camera=camera,
        hour=hour_of(start_ns),
        epoch=os.urandom(16).hex(),
        charter=charter,
        needed=custodians.needed,
        shares=tuple(SealedShare(custodian=line, sha256=hashlib.sha256(one).hexdigest(), sealed=b"")
                     for line, one in zip(lines, plain, strict=True)),
    )  # fmt: skip
    sealed = [
        share.model_copy(update={"sealed": to.seal(one, blank.info(share.custodian))})
        for share, to, one in zip(blank.shares, custodians.keys, plain, strict=True)
    ]
    return key, blank.model_copy(update={"shares": tuple(sealed)})


def notice_of(envelope: Envelope) -> EpochSealed:
    """Return what is logged about `envelope`."""
    shares = {PublicKey.parse(share.custodian).name: share.sha256 for share in envelope.shares}
    return EpochSealed(
        envelope.camera,
        envelope.hour,
        envelope.epoch,
        envelope.charter,
        envelope.needed,
        shares,
        envelope.digest,
    )


def hide(envelope: Envelope, hour_key: bytes) -> bytes:
    """Return `envelope` encrypted under the key of its hour (AES-256-GCM), as it is stored."""
    nonce = os.urandom(_NONCE)
    bound = _bound(envelope.camera, envelope.hour, envelope.epoch)
    return nonce + AESGCM(hour_key).encrypt(nonce, envelope.canonical(), bound)


def unhide(data: bytes, hour_key: bytes, *, camera: str, hour: str, epoch: str) -> Envelope:
    """Return the envelope that `hide` made `data` of.

    Raises:
        IntegrityError: It is of another camera, hour or epoch, the key is another, or it was changed.
    """
    try:
        plain = AESGCM(hour_key).decrypt(data[:_NONCE], data[_NONCE:], _bound(camera, hour, epoch))
    except (InvalidTag, ValueError):
        raise IntegrityError(
            f"The envelope of {camera}, hour {hour}, does not open",
            why="it is of another camera, hour or epoch, its key is another one, or it was changed",
        ) from None
    envelope = Envelope.parse(plain, "The envelope")
    if (envelope.camera, envelope.hour, envelope.epoch) != (camera, hour, epoch):
        raise IntegrityError(f"The envelope of {camera}, hour {hour}, is of another hour")
    return envelope


def names(lines: tuple[str, ...] | list[str]) -> list[str]:
    """Return the names of the owners of public keys."""
    return [PublicKey.parse(line).name for line in lines]


def _bound(camera: str, hour: str, epoch: str) -> bytes:
    return canonical_json(["custodes envelope 1", camera, hour, epoch])
