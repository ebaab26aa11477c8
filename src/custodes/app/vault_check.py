"""Whether what lies under seal is what was logged; nothing is opened for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from custodes.domain.errors import CustodesError, IntegrityError
from custodes.journal import Kind
from custodes.journal.entry import body_bytes
from custodes.ledger import FolderReader, Leaf, check_commitment
from custodes.ledger.reader import TreeReader
from custodes.store import Bodies, Body
from custodes.vault import Envelope, HourKeys, PartFile, SealedFolder, notice_of

_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one epoch or part.

    Attributes:
        what: Which.
        wrong: Whether it is not as it should be.
        text: What was found.
    """

    what: str
    wrong: bool
    text: str


class SealedLog:
    """What the log says was sealed, each body checked against its leaf once that is published.

    Args:
        bodies: Private bodies of the log's leaves.
        reader: The published log.
        size: Leaves in it.
    """

    def __init__(self, bodies: Bodies, reader: FolderReader, size: int) -> None:
        self._tree = TreeReader(reader, size)
        self.keys: dict[tuple[str, str], Mapping[str, str]] = {}
        self.parts: dict[tuple[str, str, str], Mapping[str, str]] = {}
        for body in bodies.find("seal", limit=_MOST):
            if body.seq < size:
                self._check(body)
            epoch = body.camera, body.fields.get("epoch", "")
            if body.type == Kind.SEAL_KEY:
                self.keys[epoch] = body.fields
            else:
                self.parts[(*epoch, body.fields.get("part", ""))] = body.fields

    def _check(self, body: Body) -> None:
        leaf = Leaf.parse(self._tree.entry(body.seq))
        try:
            check_commitment(leaf.commit, bytes.fromhex(body.salt), body_bytes(body.fields))
        except IntegrityError as error:
            raise IntegrityError(f"What is kept of leaf {body.seq} is not what the log has", why=error.why) from None


def check_sealed(folder: SealedFolder, keys: HourKeys, log: SealedLog) -> Iterator[Finding]:
    """Yield what is found of each epoch and part.

    Args:
        folder: The sealed hours.
        keys: The keys that expire.
        log: What was logged.
    """
    for camera in folder.cameras():
        for hour in folder.hours(camera):
            for epoch in folder.epochs(camera, hour):
                yield _epoch(folder, keys, log, (camera, hour, epoch))
            for part in folder.parts(camera, hour):
                yield _part(folder, log, part)


def _epoch(folder: SealedFolder, keys: HourKeys, log: SealedLog, place: tuple[str, str, str]) -> Finding:
    camera, hour, epoch = place
    what = f"{camera} {hour} envelope {epoch[:8]}"
    try:
        envelope = folder.envelope(camera, hour, epoch, keys)
    except CustodesError as error:
        return Finding(what, wrong=True, text=error.diagnostics())
    logged = log.keys.get((camera, epoch))
    if logged is None:
        return Finding(
            what,
            wrong=True,
            text="the log does not have it: it was sealed off the log, or its entry was lost in a crash",
        )
    if wrong := _differs(envelope, logged):
        return Finding(what, wrong=True, text=wrong)
    names = ", ".join(notice_of(envelope).shares)
    return Finding(what, wrong=False, text=f"as logged, {envelope.needed} of {names}")


def _differs(envelope: Envelope, logged: Mapping[str, str]) -> str:
    notice = notice_of(envelope)
    for number, (name, sha256) in enumerate(notice.shares.items(), start=1):
        if logged.get(f"share {number}") != sha256:
            return f"the share of {name} is not the one that was logged"
    return "" if logged.get("envelope") == notice.envelope else "the envelope is not the one that was logged"


def _part(folder: SealedFolder, log: SealedLog, part: PartFile) -> Finding:
    what = f"{part.camera} {part.hour} part {part.part} of {part.epoch[:8]}"
    try:
        checked = folder.check(part)
    except IntegrityError as error:
        return Finding(what, wrong=True, text=error.diagnostics())
    logged = log.parts.get((part.camera, part.epoch, str(part.part)))
    if logged is None:
        text = "not completed: being written, or cut off by a crash; it opens to its last whole chunk"
        return Finding(what, wrong=False, text=f"{checked.chunks} chunks, {text}")
    if logged.get("sha256") != checked.sha256:
        return Finding(what, wrong=True, text="it is not the file that was logged: changed, or cut off")
    return Finding(what, wrong=False, text=f"as logged, {checked.size} bytes")
