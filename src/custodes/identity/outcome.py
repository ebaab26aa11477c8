"""What a comparison comes to. What is not a match leaves nothing: no score, no person, no probe."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Reason(StrEnum):
    """Why no answer is given."""

    NOBODY = "nobody is enrolled here"
    TOO_ALIKE = "two enrolled people are both alike enough"
    INVALID = "the pass is not valid here, or not any more"
    UNREADABLE = "the templates cannot be read"
    UNSEEN = "there were too few good pictures of the face in time"
    CHANGED = "the face was not the same all the time"
    ATTACK = "it may be a picture of a face"
    UNMOVED = "what was asked was not done in time"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The probe is of this person, as far as the threshold says.

    Attributes:
        subject: Random id of the enrolment.
        score: Comparison score: the cosine of the angle between the templates, -1 to 1. It is no probability.
    """

    subject: str
    score: float


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """The probe is of nobody that it was compared with, as far as the threshold says."""


@dataclass(frozen=True, slots=True)
class Abstained:
    """There is no answer, rather than a guess.

    Attributes:
        reason: Why.
    """

    reason: Reason


Outcome: TypeAlias = Recognised | NotRecognised | Abstained
