"""Logging something and proving it at once: for what leaves the server only with the proof that the log has it."""

from typing import Final

from custodes.journal.entry import Entry, Logged
from custodes.journal.journal import Journal
from custodes.journal.witnessing import Witnessing
from custodes.ledger import Accepted, prove_inclusion
from custodes.ledger.reader import ByteReader
from custodes.vault.request import Announced

WAIT_S: Final = 60.0
"""How long witnesses have to cosign, seconds."""


def announce(entry: Entry, journal: Journal, witnessing: Witnessing) -> Announced:
    """Return the proof that the log has `entry`, once enough witnesses have seen it.

    Raises:
        IntegrityError: They have not seen it in time. The log has it nevertheless.
        StoreError: It cannot be logged.
    """
    logged = journal.log(entry)
    accepted = witnessing.wait(logged.index, WAIT_S)
    return proved(logged, accepted, journal.ledger.reader)


def proved(logged: Logged, accepted: Accepted, reader: ByteReader) -> Announced:
    """Return the proof that the log of `accepted` has what was `logged`.

    Args:
        logged: A leaf of it.
        accepted: A published checkpoint that covers it.
        reader: Files of the log.

    Raises:
        IntegrityError: The files do not prove it.
    """
    entry, proof = prove_inclusion(reader, accepted, logged.index)
    return Announced(salt=logged.salt, leaf=entry.decode("utf-8"), proof=bytes(proof).decode("utf-8"))
