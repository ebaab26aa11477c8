"""What a custodian hands back: a signed statement, and shares sealed anew to the key of this one request."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import Blob, Digest, Document, EpochId, Moment
from custodes.vault.keys import PublicKey
from custodes.vault.request import RequestId, UnsealRequest


class ReleasedShare(Document):
    """A share for one request.

    Attributes:
        epoch: Names the key it is a share of.
        sealed: The share, sealed to the request's ceremony key.
    """

    epoch: EpochId
    sealed: Blob


class Statement(Document):
    """That a custodian approved.

    Attributes:
        v: Version of the format.
        kind: What it is.
        id: Of the request.
        request: SHA-256 of the request.
        custodian: Public key of who approved.
        approved: When.
        shares: SHA-256 of the released shares, as they were written.
    """

    v: Literal[1] = 1
    kind: Literal["custodes unseal approval"] = "custodes unseal approval"
    id: RequestId
    request: Digest
    custodian: str
    approved: Moment
    shares: Digest


class SignedStatement(Document):
    """A statement with the signature of its custodian.

    Attributes:
        statement: What was signed.
        signature: Ed25519, over its canonical form.
    """

    statement: Statement
    signature: Blob

    def check(self, request: UnsealRequest) -> PublicKey:
        """Check that it is of a custodian of `request` and about it; return whose.

        Raises:
            IntegrityError: It is not.
        """
        says = self.statement
        key = PublicKey.parse(says.custodian)
        if says.custodian not in request.custodians:
            raise IntegrityError(f"{key.name} approved, but is no custodian of {request.camera}")
        if (says.id, says.request) != (request.id, request.digest):
            raise IntegrityError(
                f"The approval of {key.name} is for request {says.id}",
                why=f"it was given for another than {request.id}",
            )
        key.check(self.signature, says.canonical(), "The approval")
        if not request.made <= says.approved < request.valid_until:
            raise IntegrityError(f"{key.name} approved before the request was made, or after it had ended")
        return key


class Approval(Document):
    """What a custodian hands back.

    Attributes:
        signed: The statement.
        shares: The custodian's shares, one an epoch.
    """

    signed: SignedStatement
    shares: tuple[ReleasedShare, ...]


def shares_digest(shares: Sequence[ReleasedShare]) -> str:
    """Return the SHA-256 of released shares, as a statement names it."""
    return hashlib.sha256(b"".join(share.canonical() for share in shares)).hexdigest()
