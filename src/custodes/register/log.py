"""What a published log says about each camera, counted."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from custodes.domain.errors import IntegrityError
from custodes.ledger import Checkpoint, FolderReader, read_checkpoint
from custodes.ledger.note import Note
from custodes.ledger.reader import read_entries
from custodes.ledger.tiles import ENTRIES, TILE_WIDTH, Tile
from custodes.register.facts import LogFact


def read_log(folder: Path) -> LogFact | None:
    """Return what the log published in `folder` says, None where there is none.

    It is counted, not audited: `custodes audit` checks signatures, hashes and the form of leaves, and the register says
    how.

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
        first = place * TILE_WIDTH
        width = min(TILE_WIDTH, checkpoint.size - first)
        for index, entry in enumerate(read_entries(reader, Tile(ENTRIES, place, width)), start=first):
            camera, kind, time = _leaf(index, entry)
            counts[camera][kind] += 1
            newest = time if newest is None else max(newest, time)
    return LogFact(signed.decode("utf-8"), checkpoint.origin, checkpoint.size, newest, counts)


def _leaf(index: int, entry: bytes) -> tuple[str, str, int]:
    """Return camera, type and time of a leaf."""
    try:
        fields = json.loads(entry)
        return str(fields["camera"]), str(fields["type"]), int(fields["t"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IntegrityError(f"Leaf {index} cannot be read", fix="`custodes audit verify-all` says more") from error
