"""C2SP tlog-proof: one file that shows that an entry is in a log, to be checked with a policy alone."""

from dataclasses import dataclass
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.merkle import leaf_hash, verify_inclusion
from custodes.ledger.policy import Accepted, Policy
from custodes.ledger.text import decimal, from_base64, hash_from_base64, to_base64

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_MOST_BYTES: Final = 1 << 21
_MOST_HASHES: Final = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in a log; nothing is verified yet.

    Attributes:
        index: Index of the entry.
        hashes: The inclusion proof, 32 bytes each, the leaf's sibling first.
        checkpoint: The signed checkpoint, as it was published.
        extra: Anything; not covered by any signature. None where there is none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the proof that `data` holds.

        Raises:
            IntegrityError: `data` is not a proof.
        """
        head, blank, checkpoint = data.partition(b"\n\n")
        if not blank or len(data) > _MOST_BYTES:
            raise IntegrityError("The proof is cut off", why="no checkpoint follows it, or it is too large")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise IntegrityError("The proof cannot be read", why="it is not ASCII") from None
        if lines.pop(0) != _HEADER:
            raise IntegrityError("The proof cannot be read", why=f"it does not begin with {_HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "), "The extra data of the proof")
        if not lines or not lines[0].startswith("index "):
            raise IntegrityError("The proof cannot be read", why="it has no index")
        index = decimal(lines.pop(0).removeprefix("index "), "The index in the proof")
        if len(lines) > _MOST_HASHES:
            raise IntegrityError("The proof cannot be read", why=f"it has {len(lines)} hashes")
        return cls(index, tuple(hash_from_base64(line, "A hash of the proof") for line in lines), checkpoint, extra)

    def verify(self, entry: bytes, policy: Policy) -> Accepted:
        """Check that `entry` is in a log of `policy`, and return the checkpoint that says so.

        Raises:
            IntegrityError: The checkpoint does not satisfy `policy`, or the proof does not lead from `entry` to it.
        """
        accepted = policy.accept(self.checkpoint)
        tree = accepted.checkpoint
        verify_inclusion(leaf=leaf_hash(entry), index=self.index, size=tree.size, proof=self.hashes, root=tree.root)
        return accepted

    def __bytes__(self) -> bytes:
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [_HEADER, *extra, f"index {self.index}", *(to_base64(one) for one in self.hashes)]
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint
