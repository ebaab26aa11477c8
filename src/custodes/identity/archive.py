"""Everything that is held about one person, and every use of it, in one signed file to take away.

A ZIP with `subject.json` (canonical JSON), `subject.json.sig` (a C2SP signed note of its SHA-256) and, while the
person is enrolled, `receipt.txt`.
"""

import hashlib
import io
import zipfile
import zlib
from typing import Final, Literal, Self

from custodes.domain.errors import IntegrityError
from custodes.identity.consent import Consent, DataSubject, SubjectId
from custodes.identity.receipt import Receipt
from custodes.ledger import SigningKey, VerifierKey
from custodes.ledger.note import Note
from custodes.vault.documents import MOST_BYTES, Blob, Digest, Document, Moment

_CONTENT: Final = "subject.json"
_SIGNATURE: Final = "subject.json.sig"
_RECEIPT: Final = "receipt.txt"
_HEADING: Final = "custodes subject archive"


class Logged(Document):
    """Something that was logged about the person.

    Attributes:
        leaf: Its number in the log; None while the server has yet to write it there.
        at: When.
        type: What.
        camera: Where; empty where it is about none or several.
        fields: What the log has of it privately.
    """

    leaf: int | None
    at: Moment
    type: str
    camera: str
    fields: dict[str, str]


class Enrolment(Document):
    """What is held while somebody is enrolled.

    Attributes:
        person: Name and contact.
        enrolled: When.
        consent: What was agreed to.
        model: SHA-256 of the model that made the template; None where the server cannot open the template.
        template: The template as it is compared, rotated for this deployment, 128 float32, little-endian; None where
            only the person's pass opens it.
    """

    person: DataSubject
    enrolled: Moment
    consent: Consent
    model: Digest | None
    template: Blob | None


class Archive(Document):
    """What is held about one person.

    Attributes:
        v: Version of the format.
        kind: What it is.
        subject: Random number of the enrolment.
        made: When the archive was made.
        enrolment: None once it has ended.
        history: What was logged, oldest first.
    """

    v: Literal[1] = 1
    kind: Literal["custodes subject archive"] = "custodes subject archive"
    subject: SubjectId
    made: Moment
    enrolment: Enrolment | None
    history: tuple[Logged, ...]

    def packed(self, key: SigningKey) -> bytes:
        """Return it as a ZIP, signed by the server's `key`; the same bytes each time."""
        content = self.canonical()
        files = {_CONTENT: content, _SIGNATURE: bytes(Note.signed(_statement(content), key))}
        if (receipt := self._receipt(key)) is not None:
            files[_RECEIPT] = receipt.note
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data)
        return packed.getvalue()

    @classmethod
    def verified(cls, data: bytes, key: VerifierKey) -> Self:
        """Return what the ZIP `data` holds, once its signature is checked.

        Raises:
            IntegrityError: It is no archive, was changed, or is not signed by `key`.
        """
        files = _unpacked(data)
        content = files[_CONTENT]
        note = Note.parse(files[_SIGNATURE])
        if not note.is_signed_by(key):
            raise IntegrityError("The archive is not signed by this server", why="no signature is of its key")
        if note.text != _statement(content):
            raise IntegrityError("The archive was changed", why="its content is not what was signed")
        archive = cls.parse(content, "The archive")
        held, receipt = archive.enrolment, files.get(_RECEIPT)
        if (receipt is None) != (held is None):
            raise IntegrityError("The archive was changed", why="a receipt belongs to an enrolment")
        if held is not None and receipt is not None:
            body = Receipt.verified(receipt, key).body
            if (body.subject, body.enrolled, body.consent) != (archive.subject, held.enrolled, held.consent):
                raise IntegrityError("The archive was changed", why="the receipt in it is of another enrolment")
        return archive

    def _receipt(self, key: SigningKey) -> Receipt | None:
        held = self.enrolment
        return Receipt.of(self.subject, held.enrolled, held.consent, key) if held else None

    def __repr__(self) -> str:
        return "Archive()"

    __str__ = __repr__


def _statement(content: bytes) -> str:
    return f"{_HEADING}\n{hashlib.sha256(content).hexdigest()}\n"


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if not {_CONTENT, _SIGNATURE} <= set(sizes) <= {_CONTENT, _SIGNATURE, _RECEIPT}:
                raise IntegrityError(
                    "This is no archive of custodes", why="a file is missing in it, or there are others"
                )
            if sum(sizes.values()) > MOST_BYTES:
                raise IntegrityError("The archive is too large", why=f"{MOST_BYTES} bytes are the limit")
            return {name: archive.read(name) for name in sizes}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise IntegrityError("This is no archive of custodes", why=str(error) or "it is damaged") from None
