"""Receipts: what a person takes home from an enrolment, signed by the server."""

from dataclasses import dataclass
from typing import Literal, Self

from custodes.domain.errors import IntegrityError
from custodes.identity.consent import Consent, SubjectId, moment
from custodes.identity.wording import wording_of
from custodes.ledger import SigningKey, VerifierKey
from custodes.ledger.note import Note
from custodes.vault.documents import Document, Moment


class ReceiptBody(Document):
    """What a receipt says, for programs.

    Attributes:
        v: Version of the format.
        kind: What it is.
        subject: Random number of the enrolment.
        enrolled: When.
        consent: What was agreed to.
    """

    v: Literal[1] = 1
    kind: Literal["custodes receipt"] = "custodes receipt"
    subject: SubjectId
    enrolled: Moment
    consent: Consent


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """A signed receipt: text for people, with canonical JSON of the same in its last line.

    Attributes:
        body: What it says.
        note: C2SP signed note: text, and the server's signature.
    """

    body: ReceiptBody
    note: bytes

    @classmethod
    def of(cls, subject: str, enrolled_ns: int, consent: Consent, key: SigningKey) -> Self:
        """Return the receipt of an enrolment, signed by the server's `key`; the same one each time.

        Args:
            subject: Random number of the enrolment.
            enrolled_ns: When, nanoseconds since the Unix epoch; rounded down to milliseconds.
            consent: What was agreed to.
            key: Of the server.

        Raises:
            IntegrityError: The text that was agreed to is not known here.
        """
        body = ReceiptBody(subject=subject, enrolled=enrolled_ns, consent=consent)
        return cls(body, bytes(Note.signed(_text(body), key)))

    @classmethod
    def verified(cls, note: bytes, key: VerifierKey) -> Self:
        """Return the receipt in `note`.

        Raises:
            IntegrityError: It is no receipt, was changed, or is not signed by `key`.
        """
        parsed = Note.parse(note)
        if not parsed.is_signed_by(key):
            raise IntegrityError("The receipt is not signed by this server", why="no signature is of its key")
        line = parsed.text.removesuffix("\n").rpartition("\n")[2]
        body = ReceiptBody.parse(line.encode(), "The receipt")
        if _text(body) != parsed.text:
            raise IntegrityError("The receipt contradicts itself", why="its text is not what its last line says")
        return cls(body, note)

    def __repr__(self) -> str:
        return "Receipt()"


def _text(body: ReceiptBody) -> str:
    say = wording_of(body.consent.text).receipt
    lines = [
        say["heading"], "", f"{say['number']}: {body.subject}", f"{say['enrolled']}: {moment(body.enrolled)}",
        f"{say['agreed'].format(version=body.consent.text)}:", "", body.consent.words(), say["how"],
        body.canonical().decode(),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
