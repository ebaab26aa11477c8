"""The witness itself: what it saw of each log, and whether what it is shown next goes on from there."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Final, NoReturn, Self, TypeAlias

from custodes.domain.errors import ConfigError, CustodesError, IntegrityError, StoreError
from custodes.domain.time import NS_PER_S, Clock
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.cosignature import cosign
from custodes.ledger.disk import lock_folder, write_durably
from custodes.ledger.keys import KeyKind, SigningKey, VerifierKey
from custodes.ledger.merkle import verify_consistency
from custodes.ledger.note import MOST_BYTES, Note, Signature
from custodes.ledger.submission import Submission
from custodes.ledger.text import shown

Writer: TypeAlias = Callable[[Path, Mapping[str, bytes]], None]
"""Writes files below a folder, and returns once they survive a power loss; `write_durably`, or a test's."""

LATEST: Final = "checkpoint"
"""Name of the file with what was cosigned last, in the folder of its log."""
EVIDENCE: Final = "evidence"
"""Name of the folder with signed checkpoints that contradict what was cosigned, in the folder of their log."""
_MOST_EVIDENCE: Final = 100


class Refused(CustodesError):  # noqa: N818  an answer, not a fault
    """The witness does not cosign.

    Args:
        status: As C2SP tlog-witness has it.
        what: What is wrong.
        why: The cause.
        size: Leaves in the tree that was cosigned last, where the log has to be told.
    """

    def __init__(self, status: HTTPStatus, what: str, *, why: str = "", size: int | None = None) -> None:
        super().__init__(what, why=why)
        self.status = status
        self.size = size


@dataclass(slots=True)
class _Log:
    """One log, as far as the witness saw it; `lock` is held from check to answer."""

    keys: tuple[VerifierKey, ...]
    folder: Path
    latest: Note | None = None
    size: int = 0
    root: bytes = b""
    lock: Lock = field(default_factory=Lock)


class Witness:
    """Cosigns checkpoints of the logs it knows, each only if its tree begins with the one cosigned before.

    What it cosigned is on the disk before anybody gets the cosignature, so that it never contradicts itself, not after
    a crash or a power loss either. Threads may share it; requests for one log wait for each other.

    Args:
        key: The witness's.
        logs: Keys of the logs; several with one name are keys of one log.
        state: Private folder with what was cosigned last, made where it is missing. One process at a time may have it.
        clock: Where the time of a cosignature comes from.
        write: How files are written; for tests.

    Raises:
        ConfigError: `key` is no witness's, or one of `logs` no log's.
        IntegrityError: The state is damaged, or was made with other keys.
        StoreError: Another process has the state open, or it cannot be used.
    """

    def __init__(
        self, key: SigningKey, logs: Sequence[VerifierKey], state: Path, clock: Clock, *, write: Writer = write_durably
    ) -> None:
        if key.verifier.kind is not KeyKind.WITNESS:
            raise ConfigError(f"{key.verifier.name} is the key of a log", fix="make one with `custodes witness keygen`")
        if wrong := [log.name for log in logs if log.kind is not KeyKind.LOG]:
            raise ConfigError(f"{wrong[0]} is the key of a witness", fix="give the keys of logs")
        self._key = key
        self._clock = clock
        self._write = write
        self._lock_handle: int | None = lock_folder(state, "The witness's state")
        try:
            names = {log.name for log in logs}
            self._logs = {name: _opened(name, [log for log in logs if log.name == name], state) for name in names}
        except BaseException:
            self.close()
            raise

    @property
    def verifier(self) -> VerifierKey:
        """The key that verifies its cosignatures."""
        return self._key.verifier

    def add(self, submission: Submission) -> Signature:
        """Return the cosignature of what was submitted, once it is durable that it was cosigned.

        Raises:
            Refused: It is not cosigned.
            StoreError: It could not be written down.
        """
        try:
            note = Note.parse(submission.checkpoint)
            checkpoint = Checkpoint.parse(note.text)
        except IntegrityError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, error.what, why=error.why) from error
        log = self._logs.get(checkpoint.origin)
        if log is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"The log {shown(checkpoint.origin)} is not known here")
        bare = _signed_by(note, log.keys)
        if submission.old > checkpoint.size:
            _bad(f"The old size {submission.old} is larger than the checkpoint's, {checkpoint.size}")
        with log.lock:
            self._check(log, submission, checkpoint, bare)
            if log.latest is None or log.latest.text != bare.text:
                self._write(log.folder, {LATEST: bytes(bare)})
                log.latest, log.size, log.root = bare, checkpoint.size, checkpoint.root
            return cosign(bare, self._key, self._clock.utc_ns() // NS_PER_S)

    def close(self) -> None:
        """Let go of the state; closing twice is allowed."""
        if self._lock_handle is not None:
            os.close(self._lock_handle)
            self._lock_handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, log: _Log, submission: Submission, checkpoint: Checkpoint, note: Note) -> None:
        """Check that `checkpoint` goes on from what was cosigned last."""
        if log.latest is not None and checkpoint.size == log.size and checkpoint.root != log.root:
            self._keep_evidence(log, checkpoint, note)
            raise Refused(
                HTTPStatus.CONFLICT,
                f"{checkpoint.origin} signed two different trees of {log.size} leaves",
                why="the root is not that of the checkpoint cosigned before: a split view",
                size=log.size,
            )
        if submission.old != log.size:
            raise Refused(
                HTTPStatus.CONFLICT,
                f"The old size is {submission.old}",
                why=f"the tree cosigned last has {log.size} leaves",
                size=log.size,
            )
        if log.size == 0:
            if submission.proof:
                _unproven("A proof from an empty tree has to be empty")
            return
        try:
            verify_consistency(
                old=log.size,
                new=checkpoint.size,
                proof=submission.proof,
                old_root=log.root,
                new_root=checkpoint.root,
            )
        except IntegrityError as error:
            _unproven(error.what, error.why)

    def _keep_evidence(self, log: _Log, checkpoint: Checkpoint, note: Note) -> None:
        folder = log.folder / EVIDENCE
        if folder.is_dir() and len(list(folder.iterdir())) >= _MOST_EVIDENCE:
            return
        self._write(folder, {f"{checkpoint.size}-{checkpoint.root.hex()}": bytes(note)})


def _opened(name: str, keys: Sequence[VerifierKey], state: Path) -> _Log:
    log = _Log(tuple(keys), state / sha256(name.encode("utf-8")).hexdigest())
    path = log.folder / LATEST
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return log
    except OSError as error:
        raise StoreError(f"{path} cannot be read", why=os.strerror(error.errno or 0)) from error
    try:
        note = _signed_by(Note.parse(data), log.keys)
        checkpoint = Checkpoint.parse(note.text)
    except (IntegrityError, Refused) as error:
        raise IntegrityError(
            f"What was cosigned last of {name} cannot be relied on",
            why=error.what,
            fix=f"give all keys of the log; restore {path}, or retire this witness's key where it is lost",
        ) from error
    log.latest, log.size, log.root = note, checkpoint.size, checkpoint.root
    return log


def _signed_by(note: Note, keys: Sequence[VerifierKey]) -> Note:
    """Return `note` with the signatures by `keys` alone, all of them verified, of which there is at least one."""
    try:
        signers = [key for key in keys if note.is_signed_by(key)]
    except IntegrityError as error:
        raise Refused(HTTPStatus.FORBIDDEN, error.what, why=error.why) from error
    if not signers:
        raise Refused(HTTPStatus.FORBIDDEN, "No key known here signed the checkpoint")
    return Note(note.text, tuple(line for line in note.signatures if any(line.is_by(key) for key in signers)))


def _bad(what: str) -> NoReturn:
    raise Refused(HTTPStatus.BAD_REQUEST, what)


def _unproven(what: str, why: str = "") -> NoReturn:
    raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, what, why=why)
