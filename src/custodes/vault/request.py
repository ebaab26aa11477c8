"""Asking for originals: a request that is in the log before any custodian sees it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from custodes.domain.errors import IntegrityError
from custodes.domain.time import to_iso
from custodes.vault.documents import (
    HOUR_NS,
    Blob,
    Camera,
    CharterVersion,
    Digest,
    Document,
    EpochId,
    Hour,
    Moment,
    Name,
    may_show,
)
from custodes.vault.envelope import Envelope
from custodes.vault.keys import PublicKey

LEAF_TYPE: Final = "unseal.request"
"""Type of the leaf that announces a request."""
LONGEST_INTERVAL_NS: Final = 24 * HOUR_NS
"""Longest time that one request may ask for."""
LONGEST_VALID_NS: Final = 31 * 24 * HOUR_NS
"""Longest time between a request and its end."""

Line = Annotated[str, Field(min_length=2, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A short text of one line."""
RequestId = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
"""ULID."""


class AskedEpoch(Document):
    """One of the epochs that are to be opened.

    Attributes:
        hour: The hour (UTC) in which it begins.
        epoch: Names the key.
        envelope: SHA-256 of the envelope.
    """

    hour: Hour
    epoch: EpochId
    envelope: Digest


class UnsealRequest(Document):
    """What is asked for, by whom, why, for whom, and until when. The log commits to all of it.

    Attributes:
        v: Version of the format.
        kind: What it is.
        id: ULID.
        camera: Whose originals.
        charter: Version of the charter in force when they were sealed.
        start: From when.
        end: Until when, at most a day later.
        reason: Why they are needed.
        recipient: Who gets them.
        requester: Who asks.
        made: When it was asked.
        valid_until: After this no custodian approves and nothing is opened; at most 31 days later.
        needed: How many custodians it takes.
        custodians: Their public keys.
        ceremony: Public key, made for this request alone, to which custodians release their shares.
        epochs: What has to be opened for it.
    """

    v: Literal[1] = 1
    kind: Literal["custodes unseal request"] = "custodes unseal request"
    id: RequestId
    camera: Camera
    charter: CharterVersion
    start: Moment
    end: Moment
    reason: Line
    recipient: Line
    requester: Name
    made: Moment
    valid_until: Moment
    needed: int = Field(ge=2)
    custodians: tuple[str, ...]
    ceremony: str
    epochs: tuple[AskedEpoch, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_ends(self) -> Self:
        if not 0 < self.end - self.start <= LONGEST_INTERVAL_NS:
            msg = "the interval has to be longer than nothing and at most a day"
            raise ValueError(msg)
        for one in self.epochs:
            if not may_show(one.hour, (self.start, self.end)):
                msg = f"hour {one.hour} cannot show anything of the interval"
                raise ValueError(msg)
        if not 0 < self.valid_until - self.made <= LONGEST_VALID_NS:
            msg = "it has to end, 31 days after it was made at the latest"
            raise ValueError(msg)
        return self

    def leaf_body(self) -> dict[str, str]:
        """Return the private body of the leaf that announces it."""
        return {
            "who": self.requester,
            "request": self.id,
            "from": to_iso(self.start),
            "to": to_iso(self.end),
            "reason": self.reason,
            "recipient": self.recipient,
            "until": to_iso(self.valid_until),
            "sha256": self.digest,
        }

    def check_time(self, now_ns: int) -> None:
        """Check that the request has not ended at `now_ns`.

        Raises:
            IntegrityError: It has.
        """
        if now_ns >= self.valid_until:
            raise IntegrityError(
                f"Request {self.id} has ended",
                why=f"it was valid until {to_iso(self.valid_until)}",
                fix="make a new request, with its reason, where it is still needed",
            )

    def words(self) -> list[tuple[str, str]]:
        """Return it in plain words: pairs of a title and a text."""
        names = [PublicKey.parse(line).name for line in self.custodians]
        hours = ", ".join(sorted({one.hour for one in self.epochs}))
        return [
            ("request", self.id),
            ("camera", self.camera),
            ("from", to_iso(self.start)),
            ("to", to_iso(self.end)),
            ("reason", self.reason),
            ("recipient", self.recipient),
            ("asked by", f"{self.requester}, {to_iso(self.made)}"),
            ("ends", to_iso(self.valid_until)),
            ("needs", f"{self.needed} of {', '.join(names)}"),
            ("opens", f"all of {hours} (UTC), to be cut to the interval"),
            ("charter", self.charter or "none"),
        ]


class Announced(Document):
    """Proof that a request is in the log.

    Attributes:
        salt: Opens the commitment of the leaf, 32 bytes.
        leaf: The entry in the log.
        proof: C2SP tlog-proof with the cosigned checkpoint.
    """

    salt: Blob = Field(min_length=32, max_length=32)
    leaf: str
    proof: str


class RequestFile(Document):
    """What custodians get.

    Attributes:
        request: What is asked for.
        announced: Proof that the log has it.
        envelopes: Of the epochs, in their order.
    """

    request: UnsealRequest
    announced: Announced
    envelopes: tuple[Envelope, ...]

    @model_validator(mode="after")
    def _envelopes_are_those_asked_for(self) -> Self:
        asked = self.request
        if len(self.envelopes) != len(asked.epochs):
            msg = "an envelope is missing, or there is one too many"
            raise ValueError(msg)
        for one, envelope in zip(asked.epochs, self.envelopes, strict=True):
            place = envelope.camera, envelope.hour, envelope.epoch, envelope.digest
            same = place == (asked.camera, one.hour, one.epoch, one.envelope)
            if not same or (envelope.needed, envelope.custodians) != (asked.needed, asked.custodians):
                msg = f"the envelope of hour {one.hour} is not the one that was asked for"
                raise ValueError(msg)
        return self


def ask(
    envelopes: Sequence[Envelope],
    *,
    request_id: str,
    camera: str,
    interval_ns: tuple[int, int],
    reason: str,
    recipient: str,
    requester: str,
    made_ns: int,
    valid_until_ns: int,
    ceremony: PublicKey,
) -> UnsealRequest:
    """Return the request for the originals of an interval.

    Args:
        envelopes: Of all epochs that may have pictures of the interval.
        request_id: ULID.
        camera: Whose originals.
        interval_ns: From when to when, nanoseconds since the Unix epoch.
        reason: Why they are needed.
        recipient: Who gets them.
        requester: Who asks.
        made_ns: Now.
        valid_until_ns: Its end.
        ceremony: Public key made for it alone.

    Raises:
        IntegrityError: Nothing is sealed there, charter or custodians changed in between, or a field is wrong.
    """
    if not envelopes:
        raise IntegrityError(
            f"Nothing of {camera} is sealed from {to_iso(interval_ns[0])} to {to_iso(interval_ns[1])}",
            why="nothing was, or it has expired",
        )
    kinds = {(one.needed, one.custodians, one.charter) for one in envelopes}
    if len(kinds) > 1:
        raise IntegrityError(
            "The custodians or the charter changed in this interval", fix="ask for the time before and after separately"
        )
    needed, custodians, charter = kinds.pop()
    fields: Mapping[str, object] = {
        "id": request_id,
        "camera": camera,
        "charter": charter,
        "start": interval_ns[0],
        "end": interval_ns[1],
        "reason": reason.strip(),
        "recipient": recipient.strip(),
        "requester": requester.strip(),
        "made": made_ns,
        "valid_until": valid_until_ns,
        "needed": needed,
        "custodians": custodians,
        "ceremony": str(ceremony),
        "epochs": tuple(AskedEpoch(hour=one.hour, epoch=one.epoch, envelope=one.digest) for one in envelopes),
    }
    return UnsealRequest.build(fields, "The request")


def release_info(request: UnsealRequest, envelope: Envelope, custodian: str) -> bytes:
    """Return what a share that `custodian` releases for `request` is bound to."""
    bound = f"custodes release 1\n{request.digest}\n{envelope.digest}\n{custodian}"
    return hashlib.sha256(bound.encode("utf-8")).digest()
