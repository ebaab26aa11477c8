"""One witness, as a log sees it (C2SP tlog-witness, client)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NoReturn, TypeAlias

from custodes.domain.errors import IntegrityError, NetworkError
from custodes.ledger.audit import consistency_proof
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.cosignature import cosigned_at
from custodes.ledger.keys import VerifierKey
from custodes.ledger.note import Note, Signature, signature_lines
from custodes.ledger.reader import ByteReader
from custodes.ledger.remote import Answer
from custodes.ledger.submission import SIZE_TYPE, Submission
from custodes.ledger.text import decimal, shown

Submit: TypeAlias = Callable[[Submission], Answer]
"""Sends a submission to the witness, and returns its answer."""

_MOST_TRIES: Final = 3


class RemoteWitness:
    """A witness, and the size it cosigned last as far as is known. One thread at a time may use it.

    Args:
        verifier: Its key.
        submit: How it is asked.
    """

    def __init__(self, verifier: VerifierKey, submit: Submit) -> None:
        self.verifier = verifier
        self._submit = submit
        self._size = 0

    def cosign(self, reader: ByteReader, note: Note) -> Signature:
        """Return the cosignature of the witness, verified.

        Args:
            reader: Files of the log.
            note: The log's newest checkpoint.

        Raises:
            IntegrityError: The witness saw another tree, or a larger one; its cosignature is wrong; files are damaged.
            NetworkError: It did not answer, or refused.
        """
        checkpoint = Checkpoint.parse(note.text)
        for _ in range(_MOST_TRIES):
            old = min(self._size, checkpoint.size)
            proof, _ = consistency_proof(reader, old, checkpoint.size)
            answer = self._submit(Submission(old, proof, bytes(note)))
            if answer.status != HTTPStatus.CONFLICT or not _tells_size(answer):
                if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                    self._refuse_other_tree(old)
                line = self._cosignature(answer, note)
                self._size = checkpoint.size
                return line
            self._size = self._told(answer, checkpoint, old)
        raise NetworkError(f"{self.verifier.name} did not cosign", why="it tells another size each time")

    def _told(self, answer: Answer, checkpoint: Checkpoint, old: int) -> int:
        """Return the size that the witness says it cosigned last, from which the next try may start."""
        size = decimal(answer.body.decode("utf-8", "replace").removesuffix("\n"), "The size that the witness tells")
        if size > checkpoint.size:
            raise IntegrityError(
                f"{self.verifier.name} cosigned {size} leaves of this log, which has {checkpoint.size}",
                why="the log was restored from an older copy, or another one signs with its key",
                fix="find out which; start a new log with a new key where leaves are lost",
            )
        if size == old:
            self._refuse_other_tree(size)
        return size

    def _refuse_other_tree(self, size: int) -> NoReturn:
        raise IntegrityError(
            f"{self.verifier.name} cosigned another tree of {size} leaves",
            why="two different logs were signed with this log's key",
            fix="find out who else has the key; start a new log with a new key",
        )

    def _cosignature(self, answer: Answer, note: Note) -> Signature:
        text = answer.body.decode("utf-8", "replace")
        if answer.status != HTTPStatus.OK:
            raise NetworkError(
                f"{self.verifier.name} did not cosign",
                why=f"it answered HTTP {answer.status}: {shown(text.strip())}",
                fix="ask whoever runs it whether they know this log and its key",
            )
        lines = [line for line in signature_lines(text) if line.is_by(self.verifier)]
        if not lines:
            raise IntegrityError(f"{self.verifier.name} answered without its cosignature")
        cosigned_at(Note(note.text, (lines[0],)), self.verifier)
        return lines[0]


def _tells_size(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").partition(";")[0].strip() == SIZE_TYPE
