"""Requests for originals: the server logs them, shows their proof, and notes what became of them. It opens nothing."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ulid import ULID

from custodes.charter import Charters, Export, Kept
from custodes.disk import destroy, write
from custodes.domain.errors import IntegrityError, PolicyDenied, StoreError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.journal import Entry, Journal, Kind
from custodes.ledger import prove_inclusion
from custodes.store import Body, PrivateTexts
from custodes.vault import HourKeys, SealedFolder
from custodes.vault.approval import Approval
from custodes.vault.documents import MOST_BYTES, Blob, Document
from custodes.vault.keys import PublicKey
from custodes.vault.manifest import SignedManifest
from custodes.vault.request import LONGEST_VALID_NS, Announced, RequestFile, UnsealRequest, ask

_SUFFIX: Final = ".request"
_OLD_SUFFIX: Final = ".json"
_PLACE: Final = "unseal"
_MOST: Final = 1000
"""Requests that are listed, the newest first."""
_MOST_NOTES: Final = 10_000


class LoggedRequest(Document):
    """A request as the server keeps it.

    Attributes:
        request: What is asked for.
        index: Its leaf.
        salt: Of the leaf's commitment.
    """

    request: UnsealRequest
    index: int
    salt: Blob


class RequestState(StrEnum):
    """How far a request is, in this order; `ended` can follow any but `opened`."""

    REQUESTED = "requested"
    """The log has it."""
    COSIGNED = "cosigned"
    """The log's witnesses have seen it: custodians may approve."""
    APPROVED = "approved"
    """Enough custodians approved."""
    OPENED = "opened"
    """Originals were opened."""
    ENDED = "ended"
    """Its time is over; nothing was opened."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a request, as far as the server was told.

    Attributes:
        reached: How far it came, never `ended`.
        ended: Whether its time is over.
        approvals: Names of the custodians whose approvals were handed in, oldest first.
        opened_ns: When an opening was handed in, nanoseconds since the Unix epoch; None where none was.
    """

    reached: RequestState
    ended: bool
    approvals: tuple[str, ...]
    opened_ns: int | None

    @property
    def state(self) -> RequestState:
        """How far it is."""
        over = self.ended and self.reached is not RequestState.OPENED
        return RequestState.ENDED if over else self.reached


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, why and for whom.

    Attributes:
        camera: Whose originals.
        start_ns: From when, nanoseconds since the Unix epoch.
        end_ns: Until when.
        reason: Why.
        recipient: Who gets them; the charter has to name them.
        valid_s: For how many seconds the request holds.
        ceremony: Public key made for it alone, as a line.
    """

    camera: CameraId
    start_ns: int
    end_ns: int
    reason: str
    recipient: str
    valid_s: int
    ceremony: str


class UnsealDesk:
    """Takes requests. Threads may share it.

    Args:
        folder: Where requests are kept.
        sealed: The sealed hours.
        keys: The keys that expire; they open envelopes, which custodians alone can open further.
        journal: The log.
        charters: What cameras may do.
        clock: Wall time.
        texts: Encrypts what is kept.

    Raises:
        StoreError: What an older version kept in readable form cannot be encrypted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sealed: SealedFolder,
        keys: HourKeys,
        journal: Journal,
        charters: Charters,
        clock: Clock,
        texts: PrivateTexts,
    ) -> None:
        self._folder = folder
        self._texts = texts
        self._sealed = sealed
        self._keys = keys
        self._journal = journal
        self._charters = charters
        self._clock = clock
        self._lock = threading.Lock()
        self._seal_old()

    def ask(self, asked: Asked, who: str) -> LoggedRequest:
        """Return the request of `who`, once the log has it.

        Raises:
            PolicyDenied: The charter names no such recipient of originals.
            IntegrityError: Nothing is sealed there, or a field is wrong.
            StoreError: It cannot be logged or kept.
        """
        now_ns = self._clock.utc_ns()
        export = Export(asked.camera, Kept.SEALED, asked.recipient.strip())
        decision = self._charters.decide(export, now_ns)
        if not decision.allowed:  # first, so that who may not ask does not learn what is there
            raise PolicyDenied("These originals may not be asked for", why=f"{decision.reason} ({decision.clause})")
        request = ask(
            self._sealed.envelopes(asked.camera, asked.start_ns, asked.end_ns, self._keys),
            request_id=str(ULID.from_timestamp(now_ns / NS_PER_S)),
            camera=asked.camera,
            interval_ns=(asked.start_ns, asked.end_ns),
            reason=asked.reason,
            recipient=asked.recipient,
            requester=who,
            made_ns=now_ns,
            valid_until_ns=now_ns + asked.valid_s * NS_PER_S,
            ceremony=PublicKey.parse(asked.ceremony),
        )
        permit = self._journal.permit(
            export,
            self._charters.of(asked.camera),
            Entry(Kind.UNSEAL_REQUEST, request.camera, request.charter, request.leaf_body()),
            lasts_s=asked.valid_s,
        )
        kept = LoggedRequest(request=request, index=permit.logged.index, salt=permit.logged.salt)
        try:
            write(self._path(request.id), self._encrypted(request.id, kept.canonical()))
        except OSError as error:
            raise StoreError("The request cannot be kept", why=os.strerror(error.errno or 0)) from error
        return kept

    def all(self) -> list[LoggedRequest]:
        """Return the requests, newest first."""
        names = sorted((path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}")), reverse=True)
        return [kept for name in names[:_MOST] if (kept := self.get(name)) is not None]

    def get(self, request_id: str) -> LoggedRequest | None:
        """Return a request, None where there is none.

        Raises:
            IntegrityError: It was changed, or encrypted under another key.
        """
        try:
            sealed = self._path(request_id).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None
        plain = self._texts.open(sealed, _PLACE, request_id)
        return LoggedRequest.parse(plain.encode(), f"The request {request_id}")

    def progress(self, requests: Sequence[LoggedRequest]) -> list[Progress]:
        """Return what became of each of `requests`; approvals and openings count once they were handed in."""
        bodies = self._journal.bodies
        notes: dict[str, list[Body]] = {}
        for kind in (Kind.UNSEAL_APPROVAL, Kind.UNSEAL_OPEN):
            for body in reversed(bodies.find(kind, limit=_MOST_NOTES)):
                notes.setdefault(body.fields["request"], []).append(body)
        return [self._progress(kept, notes.get(kept.request.id, [])) for kept in requests]

    def _progress(self, kept: LoggedRequest, notes: Sequence[Body]) -> Progress:
        approvals = tuple(dict.fromkeys(one.fields["who"] for one in notes if one.type == Kind.UNSEAL_APPROVAL))
        opened = [one.at_ns for one in notes if one.type == Kind.UNSEAL_OPEN]
        if opened:
            reached = RequestState.OPENED
        elif len(approvals) >= kept.request.needed:
            reached = RequestState.APPROVED
        else:
            reached = RequestState.COSIGNED if self.cosigned(kept) else RequestState.REQUESTED
        ended = self._clock.utc_ns() >= kept.request.valid_until
        return Progress(reached, ended, approvals, opened[0] if opened else None)

    def cosigned(self, kept: LoggedRequest) -> bool:
        """Return whether the published checkpoint covers the request's leaf, cosigned as the log's policy asks."""
        accepted = self._journal.ledger.accepted
        return accepted is not None and accepted.checkpoint.size > kept.index

    def file(self, kept: LoggedRequest) -> RequestFile | None:
        """Return what custodians need, None while the checkpoint that covers the request is not cosigned.

        Raises:
            IntegrityError: An hour has expired since, or the log is damaged.
        """
        ledger = self._journal.ledger
        accepted = ledger.accepted
        if accepted is None or accepted.checkpoint.size <= kept.index:
            return None
        entry, proof = prove_inclusion(ledger.reader, accepted, kept.index)
        request = kept.request
        fields: Mapping[str, object] = {
            "request": request,
            "announced": Announced(salt=kept.salt, leaf=entry.decode("utf-8"), proof=bytes(proof).decode("utf-8")),
            "envelopes": tuple(
                self._sealed.envelope(request.camera, one.hour, one.epoch, self._keys) for one in request.epochs
            ),
        }
        return RequestFile.build(fields, "The request")

    def note_approval(self, kept: LoggedRequest, approval: Approval) -> None:
        """Return once the log has that a custodian approved.

        Raises:
            IntegrityError: The approval is not of a custodian of this request, or was changed.
            StoreError: It cannot be logged.
        """
        key = approval.signed.check(kept.request)
        body = {"request": kept.request.id, "who": key.name, "sha256": approval.signed.digest}
        self._note_once(Kind.UNSEAL_APPROVAL, kept, body)

    def note_opening(self, kept: LoggedRequest, manifest: SignedManifest) -> None:
        """Return once the log has that originals were opened.

        Raises:
            IntegrityError: The manifest is of another request, or was changed.
            StoreError: It cannot be logged.
        """
        manifest.check()
        if manifest.manifest.request.digest != kept.request.digest:
            raise IntegrityError("The manifest is of another request")
        body = {"request": kept.request.id, "who": kept.request.requester, "sha256": manifest.digest}
        self._note_once(Kind.UNSEAL_OPEN, kept, body)

    def forget(self, before_ns: int) -> None:
        """Delete requests that were made before `before_ns` and have ended, as private bodies of the log are erased.

        Raises:
            StoreError: One cannot be deleted.
        """
        try:
            for path in self._folder.glob(f"*{_SUFFIX}"):
                made_ns = round(ULID.from_str(path.name.removesuffix(_SUFFIX)).timestamp * NS_PER_S)
                if made_ns < before_ns - LONGEST_VALID_NS:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError("A request cannot be deleted", why=os.strerror(error.errno or 0)) from error

    @staticmethod
    def erase_unreadable(folder: Path, texts: PrivateTexts) -> int:
        """Delete the requests in `folder` that the key does not open; return how many.

        Raises:
            StoreError: One cannot be deleted.
        """
        count = 0
        try:
            for path in folder.glob(f"*{_SUFFIX}"):
                if not texts.opens(path.read_text(encoding="ascii", errors="replace"), _PLACE, path.stem):
                    destroy(path)
                    count += 1
        except OSError as error:
            raise StoreError("A request cannot be deleted", why=os.strerror(error.errno or 0)) from error
        return count

    def _note_once(self, kind: Kind, kept: LoggedRequest, body: Mapping[str, str]) -> None:
        with self._lock:
            if any(one.fields == body for one in self._journal.bodies.find(kind)):
                return
            self._journal.log(Entry(kind, kept.request.camera, kept.request.charter, body))

    def _encrypted(self, request_id: str, document: bytes) -> bytes:
        return self._texts.seal(document.decode(), _PLACE, request_id, longest=MOST_BYTES).encode()

    def _seal_old(self) -> None:
        """Encrypt the requests that versions before kept in readable files, and overwrite these."""
        try:
            for path in self._folder.glob(f"*{_OLD_SUFFIX}"):
                request_id = path.name.removesuffix(_OLD_SUFFIX)
                write(self._path(request_id), self._encrypted(request_id, path.read_bytes()))
                destroy(path)
        except (OSError, ValueError) as error:
            raise StoreError("An old request cannot be encrypted", why=str(error)) from error

    def _path(self, request_id: str) -> Path:
        return self._folder / f"{request_id}{_SUFFIX}"
