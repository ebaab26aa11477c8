"""What custodians do, and what their approvals open. It needs private keys, so no part of the server imports this."""

from collections.abc import Sequence

from custodes.domain.errors import IntegrityError
from custodes.vault.approval import Approval, ReleasedShare, SignedStatement, Statement, shares_digest
from custodes.vault.keys import KeyHolder, PublicKey
from custodes.vault.request import RequestFile, release_info


def approve(file: RequestFile, key: KeyHolder, now_ns: int) -> Approval:
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
        id=request.id, request=request.digest, custodian=line, approved=now_ns, shares=shares_digest(shares)
    )
    return Approval(
        signed=SignedStatement(statement=statement, signature=key.sign(statement.canonical())), shares=shares
    )


def unseal(
    file: RequestFile, approvals: Sequence[Approval], ceremony: KeyHolder, now_ns: int
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
        if shares_digest(approval.shares) != approval.signed.statement.shares:
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


def _released(file: RequestFile, number: int, line: str, approval: Approval, ceremony: KeyHolder) -> bytes:
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
