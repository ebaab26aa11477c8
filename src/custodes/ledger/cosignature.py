"""C2SP tlog-cosignature: a witness says that it saw a checkpoint, when, and that it was consistent."""

import struct
from typing import Final

from custodes.domain.errors import IntegrityError
from custodes.ledger.keys import KeyKind, SigningKey, VerifierKey
from custodes.ledger.note import Note, Signature
from custodes.ledger.text import LARGEST, shown

_TIME: Final = struct.Struct(">Q")
_BYTES: Final = _TIME.size + 64


def cosign(note: Note, key: SigningKey, time_s: int) -> Signature:
    """Return the cosignature of `key` over the text of `note`.

    Args:
        note: A checkpoint that the witness found consistent with all it saw before.
        key: The witness's.
        time_s: Now, seconds since the Unix epoch.

    Raises:
        IntegrityError: `key` is not a witness's.
    """
    verifier = key.verifier
    if verifier.kind is not KeyKind.WITNESS:
        raise IntegrityError(f"The key of {shown(verifier.name)} cannot cosign", why="it is not a witness's")
    data = _TIME.pack(time_s) + key.sign(_message(note.text, time_s))
    return Signature(verifier.name, verifier.key_id, data)


def cosigned_at(note: Note, key: VerifierKey) -> int | None:
    """Return when the witness `key` cosigned `note`, seconds since the Unix epoch; the latest time of several.

    None where no line names the key.

    Raises:
        IntegrityError: A line names `key`, but it is not the key's cosignature of this text.
    """
    times = [_verified_time(note.text, line.data, key) for line in note.signatures if line.is_by(key)]
    return max(times, default=None)


def _verified_time(text: str, data: bytes, key: VerifierKey) -> int:
    what = f"The cosignature of {shown(key.name)} is wrong"
    if len(data) != _BYTES:
        raise IntegrityError(what, why=f"it has {len(data)} bytes instead of {_BYTES}")
    time_s: int = _TIME.unpack_from(data)[0]
    if time_s > LARGEST:
        raise IntegrityError(what, why="its time is beyond 2^63 seconds")
    if not key.accepts(data[_TIME.size :], _message(text, time_s)):
        raise IntegrityError(
            what,
            why="the checkpoint, the time or the cosignature was changed",
            fix="do not rely on it, and keep it as evidence",
        )
    return time_s


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
