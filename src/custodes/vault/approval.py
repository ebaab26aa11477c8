"""Approving a request: a custodian seals their shares anew, to the key of this one request."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from custodes.domain.errors import IntegrityError
from custodes.vault.documents import Blob, Digest, Document, EpochId, Moment
from custodes.vault.keys import PrivateKey, PublicKey
from custodes.vault.request import RequestFile, RequestId, UnsealRequest, release_info


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


def approve(file: RequestFile, key: PrivateKey, now_ns: int) -> Approval:
    """Return the approval of the owner of `key`. Check first that the log has the request.

    Args:
        file: What is asked for.
        key: A custodian's.
        now_ns: Nanoseconds since the Unix epoch.

    Raises:
        IntegrityError: The request has ended, the owner is no custodian, or their share is corrupt.
    """
    request = file.request
    request.check_time(now_ns)
    ceremony, line = PublicKey.parse(request.ceremony), str(key.public)
    shares = tuple(
        ReleasedShare(
            epoch=envelope.epoch,
            sealed=ceremony.seal(envelope.open_share(key), release_info(request, envelope, line)),
        )
        for envelope in file.envelopes
    )
    statement = Statement(
        id=request.id, request=request.digest, custodian=line, approved=now_ns, shares=_digest(shares)
    )
    return Approval(
        signed=SignedStatement(statement=statement, signature=key.sign(statement.canonical())), shares=shares
    )


def unseal(
    file: RequestFile, approvals: Sequence[Approval], ceremony: PrivateKey, now_ns: int
) -> tuple[dict[str, bytes], list[SignedStatement]]:
    """Return the keys of the epochs asked for, 32 bytes each, by epoch, and the statements they rest on.

    Args:
        file: What was asked for.
        approvals: Of its custodians.
        ceremony: The private key that was made for the request.
        now_ns: Nanoseconds since the Unix epoch.

    Raises:
        IntegrityError: The request has ended, the ceremony key is another, too few custodians approved, or an approval
            is corrupt: its custodian is named.
    """
    request = file.request
    request.check_time(now_ns)
    if str(ceremony.public) != request.ceremony:
        raise IntegrityError(
            "The ceremony key is not that of this request", fix="give the key file that was made with the request"
        )
    by_custodian = {}
    for approval in approvals:
        key = approval.signed.check(request)
        if _digest(approval.shares) != approval.signed.statement.shares:
            raise IntegrityError(
                f"The approval of {key.name} is corrupt", why="its shares are not those that were signed"
            )
        by_custodian[str(key)] = approval
    if len(by_custodian) < request.needed:
        raise IntegrityError(
            f"{request.needed} custodians are needed, and only {len(by_custodian)} approved",
            fix="ask another custodian",
        )
    keys = {
        envelope.epoch: envelope.combine(
            {line: _released(file, number, line, approval, ceremony) for line, approval in by_custodian.items()}
        )
        for number, envelope in enumerate(file.envelopes)
    }
    return keys, [approval.signed for approval in by_custodian.values()]


def _released(file: RequestFile, number: int, line: str, approval: Approval, ceremony: PrivateKey) -> bytes:
    envelope = file.envelopes[number]
    share = next((one for one in approval.shares if one.epoch == envelope.epoch), None)
    plain = ceremony.open(share.sealed, release_info(file.request, envelope, line)) if share is not None else None
    if plain is None:
        raise IntegrityError(
            f"The share of {PublicKey.parse(line).name} for hour {envelope.hour} is corrupt",
            why="it does not open with the ceremony key of this request",
            fix="ask for the approval again, or ask another custodian",
        )
    return plain


def _digest(shares: Sequence[ReleasedShare]) -> str:
    return hashlib.sha256(b"".join(share.canonical() for share in shares)).hexdigest()
