"""C2SP tlog-checkpoint: how large a log is, and the root of its tree."""

from dataclasses import dataclass
from typing import Final, Self

from custodes.domain.errors import IntegrityError
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.text import decimal, hash_from_base64, to_base64

_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment.

    Attributes:
        origin: Which log.
        size: Number of leaves.
        root: Root of its tree, 32 bytes.
        extensions: Further lines, opaque; logs of custodes have none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint that the text of a note holds.

        Raises:
            IntegrityError: `text` is not a checkpoint.
        """
        if not text.endswith("\n"):
            raise IntegrityError("The checkpoint is cut off", why="it does not end in a newline")
        lines = text[:-1].split("\n")
        if len(lines) < _LINES or not all(lines):
            raise IntegrityError("The checkpoint cannot be read", why="it is not origin, size and root, a line each")
        origin, size_text, root_text, *extensions = lines
        size = decimal(size_text, "The size in the checkpoint")
        root = hash_from_base64(root_text, "The root in the checkpoint")
        if size == 0 and root != EMPTY_ROOT:
            raise IntegrityError("The checkpoint contradicts itself", why="an empty tree has another root")
        return cls(origin, size, root, tuple(extensions))

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))
