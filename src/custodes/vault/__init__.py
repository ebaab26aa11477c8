"""The vault: originals that only custodians together can open, for a while, and only on the log.

Pure cryptography and files. What is sealed, `record.sealed` decides; what is released, custodians do.
"""

from custodes.vault.chunks import ChunkSealer, PartHeader, SealedPart, SealedReader
from custodes.vault.documents import hour_of, hour_start_ns
from custodes.vault.envelope import Custodians, Envelope, EpochSealed, new_epoch, notice_of
from custodes.vault.folder import Checked, OpenPart, PartFile, PartSealed, SealedFolder
from custodes.vault.hourkeys import HourKeys
from custodes.vault.keyfolder import check_apart
from custodes.vault.keys import PublicKey

__all__ = [
    "Checked",
    "ChunkSealer",
    "Custodians",
    "Envelope",
    "EpochSealed",
    "HourKeys",
    "OpenPart",
    "PartFile",
    "PartHeader",
    "PartSealed",
    "PublicKey",
    "SealedFolder",
    "SealedPart",
    "SealedReader",
    "check_apart",
    "hour_of",
    "hour_start_ns",
    "new_epoch",
    "notice_of",
]
