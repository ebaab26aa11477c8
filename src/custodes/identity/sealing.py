"""Templates under a key: AES-256-GCM, bound to whose they are, together with what the person agreed to."""

import os
from typing import Final, Literal, Self

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field

from custodes.charter import RecognitionMode
from custodes.domain.canonical import canonical_json
from custodes.domain.errors import IntegrityError
from custodes.identity.consent import Cameras, Consent, Modes, SubjectId
from custodes.identity.template import DIMENSIONS, Vector
from custodes.vault.documents import Blob, Digest, Document, Moment

MOST_SEALED: Final = 4096
"""Bytes of the longest sealed template."""

_VECTOR_BYTES: Final = 4 * DIMENSIONS
_NONCE: Final = 12


class Held(Document):
    """A rotated template, and where, how and until when it may be compared.

    Attributes:
        v: Version of the format.
        subject: Whose.
        cameras: At which cameras.
        modes: In which ways.
        expires: Until when.
        model: SHA-256 of the model that made it; those of others cannot be compared.
        vector: The template, rotated: 128 float32, little-endian.
    """

    v: Literal[1] = 1
    subject: SubjectId
    cameras: Cameras
    modes: Modes
    expires: Moment
    model: Digest
    vector: Blob = Field(min_length=_VECTOR_BYTES, max_length=_VECTOR_BYTES)

    @classmethod
    def of(cls, subject: str, consent: Consent, model: str, rotated: Vector) -> Self:
        """Return what is held of an enrolment.

        Args:
            subject: Whose.
            consent: What was agreed to.
            model: SHA-256 of the model that made the template, hexadecimal.
            rotated: The template, rotated, float32, shape (128,).

        Raises:
            IntegrityError: `model` is no SHA-256.
        """
        fields = {
            "subject": subject, "cameras": consent.cameras, "modes": consent.modes, "expires": consent.expires,
            "model": model, "vector": rotated.astype("<f4").tobytes(),
        }  # fmt: skip
        return cls.build(fields, "This template")

    @property
    def rotated(self) -> Vector:
        """The template, rotated, float32, shape (128,), read only."""
        return np.frombuffer(self.vector, "<f4")

    def allows(self, camera: str, mode: RecognitionMode, now_ns: int) -> bool:
        """Return whether the person agreed to be recognised at `camera` in this way, still at `now_ns`."""
        return camera in self.cameras and mode in self.modes and now_ns < self.expires

    def __repr__(self) -> str:
        return "Held()"

    __str__ = __repr__


def seal(held: Held, key: bytes) -> bytes:
    """Return `held` under `key`, 32 bytes."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, held.canonical(), _bound(held.subject))


def unseal(data: bytes, key: bytes, subject: str) -> Held:
    """Return what `seal` put under `key`.

    Raises:
        IntegrityError: It is somebody else's, the key is another, or it was changed.
    """
    try:
        plain = AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], _bound(subject))
    except (InvalidTag, ValueError):
        raise IntegrityError(
            "A template does not open", why="its key is another one, it is somebody else's, or it was changed"
        ) from None
    held = Held.parse(plain, "A template")
    if held.subject != subject:
        raise IntegrityError("A template does not open", why="it is somebody else's")
    return held


def pass_key(secret: bytes, subject_key: bytes, pass_id: str) -> bytes:
    """Return the key that a pass and the key of its subject make together (HKDF-SHA-256), 32 bytes.

    Neither opens the template without the other: not the server without the pass, nor the pass after the withdrawal.

    Args:
        secret: Of the pass, 32 bytes.
        subject_key: 32 bytes.
        pass_id: Of the pass.
    """
    info = canonical_json(["custodes pass 1", pass_id])
    return HKDF(algorithm=SHA256(), length=32, salt=subject_key, info=info).derive(secret)


def _bound(subject: str) -> bytes:
    return canonical_json(["custodes template 1", subject])
