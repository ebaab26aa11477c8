"""A tamper-evident public log in C2SP formats: written here, and verified by outsiders from its files alone.

What speaks HTTP is not loaded with it: `custodes.ledger.cosigner` and `custodes.ledger.remote`.
"""

from custodes.ledger.audit import Audited, prove_consistency, prove_inclusion, verify_all
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.keys import KeyKind, SigningKey, VerifierKey
from custodes.ledger.leaf import Leaf, check_commitment, commitment
from custodes.ledger.ledger import Ledger
from custodes.ledger.mirror import Mirrored, mirror
from custodes.ledger.policy import Accepted, Policy
from custodes.ledger.proof import Proof
from custodes.ledger.reader import FolderReader, read_checkpoint

__all__ = [
    "Accepted",
    "Audited",
    "Checkpoint",
    "FolderReader",
    "KeyKind",
    "Leaf",
    "Ledger",
    "Mirrored",
    "Policy",
    "Proof",
    "SigningKey",
    "VerifierKey",
    "check_commitment",
    "commitment",
    "mirror",
    "prove_consistency",
    "prove_inclusion",
    "read_checkpoint",
    "verify_all",
]
