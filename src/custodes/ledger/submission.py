"""What a log sends a witness (C2SP tlog-witness, add-checkpoint): a checkpoint, and proof that the log only grew."""

from dataclasses import dataclass
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.note import MOST_BYTES as MOST_NOTE_BYTES
from custodes.ledger.text import decimal, hash_from_base64, shown, to_base64

MOST_HASHES: Final = 63
"""Hashes in the longest consistency proof."""
MOST_BYTES: Final = MOST_NOTE_BYTES + (MOST_HASHES + 1) * 64
"""Bytes of the largest submission."""
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of the answer that tells the size a witness cosigned last."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A request for a cosignature; nothing is verified yet.

    Attributes:
        old: Size of the tree that the witness is believed to have cosigned last, 0 where it has cosigned none.
        proof: Consistency proof from `old` leaves to the checkpoint's, 32 bytes each; empty where `old` is 0.
        checkpoint: The signed checkpoint.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the submission that `data` holds.

        Raises:
            IntegrityError: `data` is not a submission.
        """
        head, blank, checkpoint = data.partition(b"\n\n")
        if not blank or len(data) > MOST_BYTES:
            raise IntegrityError("The submission is cut off", why="no checkpoint follows it, or it is too large")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise IntegrityError("The submission cannot be read", why="it is not ASCII") from None
        if not first.startswith("old "):
            raise IntegrityError(f"The submission begins with {shown(first)}", why="it has to begin with: old SIZE")
        if len(lines) > MOST_HASHES:
            raise IntegrityError(f"The proof has {len(lines)} hashes", why=f"{MOST_HASHES} are the limit")
        old = decimal(first.removeprefix("old "), "The old size")
        return cls(old, tuple(hash_from_base64(line, "A hash of the proof") for line in lines), checkpoint)

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old}", *(to_base64(one) for one in self.proof)]
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint
