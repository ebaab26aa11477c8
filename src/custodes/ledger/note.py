"""C2SP signed-note: a text, and who signed it."""

from dataclasses import dataclass, replace
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.keys import SigningKey, VerifierKey, check_name
from custodes.ledger.text import from_base64, shown, to_base64

MOST_BYTES: Final = 1 << 20
"""Bytes of the largest note."""

_MOST_SIGNATURES: Final = 100
_ID_BYTES: Final = 4
_DASH: Final = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; nothing is verified yet.

    Attributes:
        name: Name of the key.
        key_id: 4 bytes.
        data: What the key's kind makes of a note.
    """

    name: str
    key_id: bytes
    data: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Return whether the line names `key`."""
        return self.name == key.name and self.key_id == key.key_id

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.data)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures; nothing is verified yet.

    Attributes:
        text: Ends in a newline.
        signatures: In the order of their lines.
    """

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the note that `data` holds.

        Raises:
            IntegrityError: `data` is not a signed note.
        """
        content = _decoded(data)
        text, blank, lines = content.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise IntegrityError("The signed note is cut off", why="it does not end in a blank line and signatures")
        return cls(text + "\n", signature_lines(lines))

    @classmethod
    def signed(cls, text: str, key: SigningKey) -> Self:
        """Return `text`, which ends in a newline, signed by a log's `key`."""
        verifier = key.verifier
        return cls(text, (Signature(verifier.name, verifier.key_id, key.sign(text.encode("utf-8"))),))

    def plus(self, signature: Signature) -> "Note":
        """Return this note with one more signature."""
        return replace(self, signatures=(*self.signatures, signature))

    def is_signed_by(self, key: VerifierKey) -> bool:
        """Return whether a log's `key` signed; False where no line names it.

        Raises:
            IntegrityError: A line names `key`, but its signature is not the key's over this text.
        """
        lines = [line for line in self.signatures if line.is_by(key)]
        for line in lines:
            if not key.accepts(line.data, self.text.encode("utf-8")):
                raise IntegrityError(
                    f"The signature of {shown(key.name)} is wrong",
                    why="the text or the signature was changed after signing",
                    fix="do not rely on it, and keep it as evidence",
                )
        return bool(lines)

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode("utf-8")


def signature_lines(lines: str) -> tuple[Signature, ...]:
    """Return the signatures in `lines`, each of which ends in a newline.

    Raises:
        IntegrityError: One is no signature, or there are more than a note may have.
    """
    rows = lines.removesuffix("\n").split("\n")
    if len(rows) > _MOST_SIGNATURES:
        raise IntegrityError(f"The signed note has {len(rows)} signatures", why=f"{_MOST_SIGNATURES} are the limit")
    return tuple(_signature(row) for row in rows)


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise IntegrityError(f"The signed note has {len(data)} bytes", why=f"{MOST_BYTES} are the limit")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise IntegrityError("The signed note cannot be read", why="it is not UTF-8") from None
    if any(letter < " " and letter != "\n" for letter in text):
        raise IntegrityError("The signed note cannot be read", why="it has control characters")
    return text


def _signature(line: str) -> Signature:
    words = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(words) != 2:  # noqa: PLR2004  name and signature
        raise IntegrityError(f"The signature line {shown(line)} cannot be read", why="it is not: em dash, name, base64")
    check_name(words[0])
    data = from_base64(words[1], "The signature")
    if len(data) <= _ID_BYTES:
        raise IntegrityError(f"The signature of {shown(words[0])} is cut off", why=f"it has {len(data)} bytes")
    return Signature(words[0], data[:_ID_BYTES], data[_ID_BYTES:])
