"""Requests, approvals, unsealing: what is bound to what, and who is named when something is wrong."""

import pytest

from custodes.domain.errors import IntegrityError
from custodes.journal import Entry, Kind
from custodes.vault import Envelope, new_epoch
from custodes.vault.approval import Approval, ReleasedShare, shares_digest
from custodes.vault.custody import approve, unseal
from custodes.vault.private import PrivateKey
from custodes.vault.request import LEAF_TYPE, Announced, RequestFile, UnsealRequest
from sim.ceremony import SECOND_NS, make_request
from sim.originals import CHARTER, GATE, NOON_NS, custodians, key_pairs

KEYS = key_pairs(3)
CEREMONY = PrivateKey.generate("Ana Petrović")
NOW_NS = NOON_NS + 120 * SECOND_NS
UNPROVED = Announced(salt=bytes(32), leaf="", proof="")


def asked(envelopes: list[Envelope], **changes: object) -> UnsealRequest:
    interval_ns = (NOON_NS + SECOND_NS, NOON_NS + 3700 * SECOND_NS)
    return make_request(envelopes, CEREMONY.public, **{"interval_ns": interval_ns, **changes})


@pytest.fixture(scope="module")
def epochs() -> list[tuple[bytes, Envelope]]:
    return [new_epoch(GATE, NOON_NS + at * 3600 * SECOND_NS, CHARTER, custodians(KEYS)) for at in (0, 0, 1)]


@pytest.fixture(scope="module")
def file(epochs: list[tuple[bytes, Envelope]]) -> RequestFile:
    envelopes = [envelope for _, envelope in epochs]
    return RequestFile(request=asked(envelopes), announced=UNPROVED, envelopes=tuple(envelopes))


def test_two_of_three_open_all_epochs(file: RequestFile, epochs: list[tuple[bytes, Envelope]]) -> None:
    approvals = [Approval.parse(approve(file, key, NOW_NS).canonical(), "It") for key in KEYS[1:]]
    copy = RequestFile.parse(file.canonical(), "It")
    keys, statements = unseal(copy, approvals, CEREMONY, NOW_NS)
    assert keys == {envelope.epoch: key for key, envelope in epochs}
    assert [one.statement.custodian for one in statements] == [str(key.public) for key in KEYS[1:]]


def test_one_custodian_is_not_enough_even_twice(file: RequestFile) -> None:
    approval = approve(file, KEYS[0], NOW_NS)
    with pytest.raises(IntegrityError, match="2 custodians are needed, and only 1 approved"):
        unseal(file, [approval, approve(file, KEYS[0], NOW_NS)], CEREMONY, NOW_NS)


def test_a_stranger_cannot_approve(file: RequestFile) -> None:
    with pytest.raises(IntegrityError, match="Stranger is no custodian"):
        approve(file, PrivateKey.generate("Stranger"), NOW_NS)


def test_what_has_ended_is_neither_approved_nor_opened(file: RequestFile) -> None:
    approvals = [approve(file, key, NOW_NS) for key in KEYS[:2]]
    end_ns = file.request.valid_until
    with pytest.raises(IntegrityError, match="has ended"):
        approve(file, KEYS[0], end_ns)
    with pytest.raises(IntegrityError, match="has ended"):
        unseal(file, approvals, CEREMONY, end_ns)


def test_an_approval_is_for_one_request_alone(file: RequestFile) -> None:
    other_request = asked(list(file.envelopes), reason="Curiosity, and nothing else")
    other = file.model_copy(update={"request": other_request})
    approvals = [approve(file, key, NOW_NS) for key in KEYS[:2]]
    with pytest.raises(IntegrityError, match="The approval of Data protection officer is for request"):
        unseal(other, approvals, CEREMONY, NOW_NS)
    moved = []
    for approval, key in zip(approvals, KEYS, strict=False):
        forged = approve(other, key, NOW_NS)  # signed for the other request, with shares released for this one
        statement = forged.signed.statement.model_copy(update={"shares": approval.signed.statement.shares})
        signed = forged.signed.model_copy(update={"statement": statement, "signature": key.sign(statement.canonical())})
        moved.append(forged.model_copy(update={"signed": signed, "shares": approval.shares}))
    with pytest.raises(IntegrityError, match=r"The share of Data protection officer for hour .* is corrupt"):
        unseal(other, moved, CEREMONY, NOW_NS)


def test_another_ceremony_key_opens_nothing(file: RequestFile) -> None:
    approvals = [approve(file, key, NOW_NS) for key in KEYS[:2]]
    with pytest.raises(IntegrityError, match="not that of this request"):
        unseal(file, approvals, PrivateKey.generate("Ana Petrović"), NOW_NS)


def test_a_corrupt_approval_is_named(file: RequestFile) -> None:
    good, bad = (approve(file, key, NOW_NS) for key in KEYS[:2])
    unsigned = bad.signed.model_copy(update={"signature": bytes(64)})
    with pytest.raises(IntegrityError, match="not signed by Ombudsman"):
        unseal(file, [good, bad.model_copy(update={"signed": unsigned})], CEREMONY, NOW_NS)
    changed = (bad.shares[0], bad.shares[0].model_copy(update={"sealed": b"x" * 80}), bad.shares[2])
    with pytest.raises(IntegrityError, match="The approval of Ombudsman is corrupt"):
        unseal(file, [good, bad.model_copy(update={"shares": changed})], CEREMONY, NOW_NS)


def test_a_custodian_who_releases_another_share_is_named(file: RequestFile) -> None:
    from custodes.vault.request import release_info

    good, honest = (approve(file, key, NOW_NS) for key in KEYS[:2])
    line = str(KEYS[1].public)
    shares = tuple(
        ReleasedShare(epoch=one.epoch, sealed=CEREMONY.public.seal(bytes(64), release_info(file.request, one, line)))
        for one in file.envelopes
    )
    statement = honest.signed.statement.model_copy(update={"shares": shares_digest(shares)})
    signed = honest.signed.model_copy(update={"statement": statement, "signature": KEYS[1].sign(statement.canonical())})
    with pytest.raises(IntegrityError, match="The share of Ombudsman is corrupt"):
        unseal(file, [good, Approval(signed=signed, shares=shares)], CEREMONY, NOW_NS)


def test_a_request_file_holds_the_envelopes_that_were_asked_for(file: RequestFile) -> None:
    _, other = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS))
    for envelopes in (file.envelopes[:2], (other, *file.envelopes[1:]), (*file.envelopes, other)):
        changed = file.model_copy(update={"envelopes": envelopes})
        with pytest.raises(IntegrityError, match="The request cannot be read"):
            RequestFile.parse(changed.canonical(), "The request")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"interval_ns": (NOON_NS, NOON_NS)}, "longer than nothing and at most a day"),
        ({"interval_ns": (NOON_NS, NOON_NS + 86_401 * SECOND_NS)}, "longer than nothing and at most a day"),
        ({"valid_until_ns": NOON_NS}, "it has to end"),
        ({"valid_until_ns": NOON_NS + 32 * 86_400 * SECOND_NS}, "it has to end"),
        ({"reason": " "}, "reason"),
        ({"recipient": "x" * 201}, "recipient"),
        ({"requester": "two\nlines"}, "requester"),
        ({"request_id": "17"}, "id"),
    ],
)
def test_requests_that_are_not_possible(file: RequestFile, changes: dict[str, object], message: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        asked(list(file.envelopes), **changes)
    assert message in caught.value.diagnostics()


def test_hours_beyond_the_interval_cannot_be_asked_for(file: RequestFile) -> None:
    _, later = new_epoch(GATE, NOON_NS + 2 * 3600 * SECOND_NS, CHARTER, custodians(KEYS))
    with pytest.raises(IntegrityError) as caught:
        asked([*file.envelopes, later])
    assert "hour 2026-01-01T14 cannot show anything of the interval" in caught.value.diagnostics()


def test_nothing_sealed_and_changed_custodians_are_said(file: RequestFile) -> None:
    with pytest.raises(IntegrityError, match="Nothing of gate is sealed"):
        asked([])
    _, other = new_epoch(GATE, NOON_NS, CHARTER, custodians(KEYS, 3))
    with pytest.raises(IntegrityError, match="custodians or the charter changed"):
        asked([*file.envelopes, other])


def test_a_request_fits_the_log(file: RequestFile) -> None:
    request: UnsealRequest = asked(list(file.envelopes), reason="x" * 200, recipient="y" * 200, requester="z" * 200)
    assert LEAF_TYPE == Kind.UNSEAL_REQUEST
    Entry(Kind.UNSEAL_REQUEST, GATE, CHARTER, request.leaf_body())
