"""Signatures under charters: a C2SP signed note over a charter's version, beside its file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from custodes.charter import Charter
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import KeyKind, SigningKey, VerifierKey
from custodes.ledger.note import Note

_HEADING: Final = "custodes charter"


def signature_path(charter_file: Path) -> Path:
    """Return where the signatures of the charter in `charter_file` are."""
    return charter_file.with_name(f"{charter_file.name}.sig")


def sign_charter(charter: Charter, key: SigningKey, signed: bytes | None = None) -> bytes:
    """Return the signatures of `charter` with that of `key`.

    Args:
        charter: What is signed: its version, which stands for all of it.
        key: Whose signature.
        signed: Signatures so far; those of another version are left out.

    Raises:
        ConfigError: The key is a witness's.
        IntegrityError: `signed` is no signed note.
    """
    if key.verifier.kind is not KeyKind.LOG:
        raise ConfigError(f"{key.verifier.name} is the key of a witness", fix="make one with `custodes charter keygen`")
    note = Note.signed(_text(charter), key)
    for line in Note.parse(signed).signatures if signed and Note.parse(signed).text == note.text else ():
        if not line.is_by(key.verifier):
            note = note.plus(line)
    return bytes(note)


def unsigned_by(charter: Charter, signed: bytes | None, signers: Sequence[VerifierKey]) -> list[str]:
    """Return the names of those of `signers` who have not signed this very version of `charter`.

    Args:
        charter: The charter.
        signed: Its signatures; None where there are none.
        signers: Who has to have signed.
    """
    try:
        note = Note.parse(signed) if signed is not None else None
        if note is None or note.text != _text(charter):
            return [key.name for key in signers]
        return [key.name for key in signers if not note.is_signed_by(key)]
    except IntegrityError:
        return [key.name for key in signers]


def _text(charter: Charter) -> str:
    return f"{_HEADING}\n{charter.version}\n"
