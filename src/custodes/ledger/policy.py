"""C2SP tlog-policy: which log an outsider listens to, and how many of which witnesses must have cosigned."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.cosignature import cosigned_at
from custodes.ledger.keys import KeyKind, VerifierKey
from custodes.ledger.note import Note
from custodes.ledger.text import decimal, shown

_NONE: Final = "none"
_MOST_BYTES: Final = 1 << 20
_MOST_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses of which enough have to cosign.

    Attributes:
        needed: How many members.
        members: Names of witnesses and groups.
    """

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint that satisfies a policy.

    Attributes:
        checkpoint: What the log says.
        note: As it was signed.
        log: The log's key.
        witnesses: When each witness of the policy cosigned, by its name there, seconds since the Unix epoch.
    """

    checkpoint: Checkpoint
    note: Note
    log: VerifierKey
    witnesses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to believe.

    Attributes:
        logs: Keys of the logs listened to.
        witnesses: Keys of known witnesses by their names in the policy.
        groups: Groups by name, each after its members.
        quorum: The witness or group that has to have cosigned; `none` asks for no cosignature.
        addresses: Where witnesses take checkpoints (the submission prefix of C2SP tlog-witness), by their names, where
            the policy says so.
    """

    logs: Sequence[VerifierKey]
    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = _NONE
    addresses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the policy that the file `data` holds.

        Raises:
            IntegrityError: It is not a policy; the message names the line.
        """
        reading = _Reading()
        for number, words in _lines(data):
            try:
                reading.take(words)
            except IntegrityError as error:
                raise IntegrityError(
                    f"Line {number} of the policy: {error.what}", why=error.why, fix=error.fix
                ) from None
        if reading.quorum is None:
            raise IntegrityError("The policy has no quorum", fix="add a line such as: quorum none")
        return cls(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, reading.addresses)

    def accept(self, data: bytes) -> Accepted:
        """Return the checkpoint in `data`, if a log of this policy signed it and the quorum cosigned it.

        Raises:
            IntegrityError: `data` is no signed checkpoint, a known key's signature is wrong, no log of this policy
                signed it, or too few witnesses cosigned.
        """
        note = Note.parse(data)
        log = self._signer(note)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != log.name:
            raise IntegrityError(
                f"The checkpoint is of {shown(checkpoint.origin)}", why=f"it is signed with the key of {log.name}"
            )
        times = {name: cosigned_at(note, key) for name, key in self.witnesses.items()}
        witnesses = {name: time_s for name, time_s in times.items() if time_s is not None}
        if not self.is_quorum(witnesses):
            raise IntegrityError(
                f"Too few witnesses cosigned the checkpoint: {', '.join(witnesses) or 'none that the policy knows'}",
                why=f"the policy's quorum is {self._described(self.quorum)}",
                fix="ask the log for a checkpoint with more cosignatures",
            )
        return Accepted(checkpoint, note, log, witnesses)

    def is_quorum(self, witnesses: Collection[str]) -> bool:
        """Return whether it is enough that `witnesses`, by their names in the policy, cosigned."""
        there = {_NONE, *witnesses}
        for name, group in self.groups.items():
            if sum(member in there for member in group.members) >= group.needed:
                there.add(name)
        return self.quorum in there

    def _signer(self, note: Note) -> VerifierKey:
        signers = [log for log in self.logs if note.is_signed_by(log)]
        if not signers:
            raise IntegrityError(
                "No log of the policy signed the checkpoint",
                why=f"it is signed by {', '.join(shown(line.name) for line in note.signatures)}, with other keys",
                fix="use the policy of this log, and compare its key with one you got elsewhere",
            )
        return signers[0]

    def _described(self, name: str) -> str:
        group = self.groups.get(name)
        return f"{group.needed} of {', '.join(group.members)}" if group else name


class _Reading:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.addresses: dict[str, str] = {}
        self._grouped: set[str] = set()

    def take(self, words: Sequence[str]) -> None:
        match words:
            case ["log", key] | ["log", key, _]:
                self._log(VerifierKey.parse(key))
            case ["witness", name, key, *address] if len(address) <= 1:
                self._witness(name, VerifierKey.parse(key))
                self.addresses.update([(name, url) for url in address])
            case ["group", name, needed, *members] if members:
                self._group(name, needed, members)
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise IntegrityError(
                    f"{shown(' '.join(words))} is not understood", fix="write log, witness, group or quorum lines"
                )

    def _log(self, key: VerifierKey) -> None:
        if key.kind is not KeyKind.LOG or key.public in {log.public for log in self.logs}:
            raise IntegrityError(f"The key of {shown(key.name)} is a witness's, or is there twice")
        self.logs.append(key)

    def _witness(self, name: str, key: VerifierKey) -> None:
        self._new(name)
        if key.kind is not KeyKind.WITNESS or key.public in {one.public for one in self.witnesses.values()}:
            raise IntegrityError(f"The key of {shown(key.name)} is a log's, or is there twice")
        self.witnesses[name] = key

    def _group(self, name: str, needed: str, members: Sequence[str]) -> None:
        self._new(name)
        for member in members:
            self._known(member)
            if member in self._grouped:
                raise IntegrityError(f"{shown(member)} is in two groups, or twice in one")
            self._grouped.add(member)
        words = {"all": len(members), "any": 1}
        count = words[needed] if needed in words else decimal(needed, "The number of members needed")
        if not 1 <= count <= len(members):
            raise IntegrityError(f"The group {shown(name)} needs {count} of {len(members)} members")
        self.groups[name] = Group(count, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise IntegrityError("There is a second quorum")
        if name != _NONE:
            self._known(name)
        self.quorum = name

    def _new(self, name: str) -> None:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise IntegrityError(f"The name {shown(name)} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise IntegrityError(f"{shown(name)} is no witness and no group", why="no line before this one defines it")


def _lines(data: bytes) -> list[tuple[int, list[str]]]:
    if len(data) > _MOST_BYTES or data.count(b"\n") > _MOST_LINES:
        raise IntegrityError(
            "The policy is too large", why=f"{_MOST_BYTES} bytes and {_MOST_LINES} lines are the limits"
        )
    # Names are opaque bytes; those that are not UTF-8 survive as surrogates.
    text = data.decode("utf-8", "surrogateescape")
    if any(letter == "\x7f" or (letter < " " and letter not in "\t\n") for letter in text):
        raise IntegrityError("The policy has control characters", why="only tab and newline are allowed")
    if text and not text.endswith("\n"):
        raise IntegrityError("The policy is cut off", why="its last line does not end in a newline")
    split = ((number, line.replace("\t", " ").split(" ")) for number, line in enumerate(text.split("\n"), start=1))
    rows = ((number, [word for word in words if word]) for number, words in split)
    return [(number, words) for number, words in rows if words and not words[0].startswith("#")]
