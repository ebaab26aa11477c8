"""What a published log says about each camera, counted."""

from collections import Counter, defaultdict
from pathlib import Path

from custodes.ledger import Checkpoint, FolderReader, Leaf, read_checkpoint
from custodes.ledger.note import Note
from custodes.ledger.reader import read_entries
from custodes.ledger.tiles import ENTRIES, TILE_WIDTH, Tile
from custodes.register.facts import LogFact


def read_log(folder: Path) -> LogFact | None:
    """Return what the log published in `folder` says, None where there is none.

    It is counted, not audited: `custodes audit` checks signatures and hashes, and the register says how.

    Raises:
        IntegrityError: The checkpoint or a leaf cannot be read.
    """
    if not folder.is_dir():
        return None
    reader = FolderReader(folder)
    signed = read_checkpoint(reader)
    checkpoint = Checkpoint.parse(Note.parse(signed).text)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    newest = None
    for place in range(-(-checkpoint.size // TILE_WIDTH)):
        width = min(TILE_WIDTH, checkpoint.size - place * TILE_WIDTH)
        for entry in read_entries(reader, Tile(ENTRIES, place, width)):
            leaf = Leaf.parse(entry)
            counts[leaf.camera][leaf.type] += 1
            newest = leaf.t if newest is None else max(newest, leaf.t)
    return LogFact(signed.decode("utf-8"), checkpoint.origin, checkpoint.size, newest, counts)
