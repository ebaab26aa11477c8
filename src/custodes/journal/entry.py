"""What is written into the log: kinds of leaves, and what goes with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import IntegrityError

_LONGEST_NAME: Final = 40
_LONGEST_VALUE: Final = 200


class Kind(StrEnum):
    """Types of leaves that custodes writes."""

    SERVER_START = "server.start"
    SERVER_STOP = "server.stop"
    HEARTBEAT = "heartbeat"
    """At fixed intervals while the server runs, so that silence shows."""
    CHECKPOINT_PUBLISHED = "checkpoint.published"
    """Which checkpoint the witnesses had cosigned by then."""
    CONFIGURATION_CHANGED = "configuration.changed"
    CHARTER_ADOPTED = "charter.adopted"
    CHARTER_ENDED = "charter.ended"
    """A camera's charter lapsed or was taken away; the camera is dark from then on."""
    CAMERA_START = "camera.start"
    CAMERA_STOP = "camera.stop"
    CAMERA_GAP = "camera.gap"
    """No picture came for a while."""
    CAMERA_TAMPER = "camera.tamper"
    """The lens seems covered, or is clear again."""
    CAMERA_DARK = "camera.dark"
    """A configured camera that does not run, since no charter allows it."""
    CONSULTATION_LIVE = "consultation.live"
    CONSULTATION_PLAYBACK = "consultation.playback"
    CONSULTATION_SEARCH = "consultation.search"
    CONSULTATION_THUMBNAIL = "consultation.thumbnail"
    DISCLOSURE_EXPORT = "disclosure.export"
    DISCLOSURE_WEBHOOK = "disclosure.webhook"
    """A recipient that the charter names is told of events as they happen."""
    SEAL_KEY = "seal.key"
    """A key was split among custodians: hashes of its envelope and of each share."""
    SEAL_PART = "seal.part"
    """A file of sealed originals was completed: its hash."""
    UNSEAL_REQUEST = "unseal.request"
    UNSEAL_APPROVAL = "unseal.approval"
    UNSEAL_OPEN = "unseal.open"
    ERASURE_EXPIRED = "erasure.expired"
    """Something reached the end of its retention period."""
    ERASURE_EARLY = "erasure.early"
    """Something was deleted before its time, for a reason that the charter allows."""
    ERASURE_REQUEST = "erasure.request"
    """Something was deleted since a data subject asked for it."""
    ENROLMENT = "enrolment.made"
    """Somebody agreed to be recognised, or got a new pass; only a random number says who."""
    WITHDRAWAL = "enrolment.withdrawn"
    RECOGNITION_USE = "recognition.use"
    """Recognition ran: from when to when, against which version of the gallery."""
    HOLD_SET = "hold.set"
    HOLD_END = "hold.end"
    ADVERSE_PROPOSED = "adverse.proposed"
    """Something to somebody's disadvantage was proposed; it takes two people to confirm it."""
    ADVERSE_CONFIRMED = "adverse.confirmed"
    """A person confirmed it."""
    ADVERSE_REFUSED = "adverse.refused"
    """A person refused it, which ends it."""
    ACCOUNT_CHANGED = "account.changed"
    LOGIN_FAILURES = "login.failures"
    TOKEN_USE = "token.use"  # noqa: S105  a word, not a secret

    @property
    def coarse_s(self) -> int:
        """To how many seconds the time of such a leaf is rounded down: when somebody looked is theirs to know."""
        return 3600 if self.partition(".")[0] in _SENSITIVE else 1


_SENSITIVE: Final = frozenset(
    {"consultation", "disclosure", "unseal", "account", "login", "token", "enrolment", "recognition", "adverse"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be logged.

    Attributes:
        kind: What it is; everybody can see it.
        camera: Which camera, empty where it is about none or several; everybody can see it.
        charter: Version of the charter in force, empty where there is none; everybody can see it.
        body: Who, why, for whom: short texts by name, which only a commitment to is published.
    """

    kind: Kind
    camera: str = ""
    charter: str = ""
    body: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, value in self.body.items():
            if not name or len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE:
                raise IntegrityError(
                    f"{name[:_LONGEST_NAME]} cannot be logged",
                    why=f"names have at most {_LONGEST_NAME} and values at most {_LONGEST_VALUE} characters",
                    fix="say it more shortly",
                )


@dataclass(frozen=True, slots=True)
class Logged:
    """A leaf that is durable.

    Attributes:
        index: Its place in the log.
        salt: 32 random bytes; with the body, they open the leaf's commitment.
        body: Canonical JSON of the private body.
    """

    index: int
    salt: bytes = field(repr=False)
    body: bytes = field(repr=False)


def body_bytes(body: Mapping[str, str]) -> bytes:
    """Return the canonical JSON of a private body, which a leaf commits to."""
    return canonical_json(dict(body))
