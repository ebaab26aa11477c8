"""Two people confirm what is to somebody's disadvantage: no such thing follows from a comparison alone. Pure.

After Art. 14(5) of the EU AI Act: verified and confirmed separately by at least two natural persons.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from custodes.domain.errors import PolicyDenied
from custodes.domain.persons import Person, PersonKind

NEEDED: Final = 2
"""How many people have to confirm."""


class State(StrEnum):
    """How far an adverse action is."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    """It may be taken."""
    REFUSED = "refused"
    """Somebody said no; it must not be taken."""
    LAPSED = "lapsed"
    """Too few confirmed in time; it must not be taken."""


@dataclass(frozen=True, slots=True)
class AdverseAction:
    """Something to somebody's disadvantage that is proposed, and who stands for it.

    Attributes:
        what: What would be done, in words.
        until_ns: When the proposal ends, nanoseconds since the Unix epoch.
        confirmed_by: Accounts of those who confirmed, in order.
        refused_by: Account of who said no, empty while nobody has.
    """

    what: str
    until_ns: int
    confirmed_by: tuple[str, ...] = ()
    refused_by: str = ""

    def state(self, now_ns: int) -> State:
        """Return how far it is at `now_ns`. What was confirmed or refused stays so."""
        if self.refused_by:
            return State.REFUSED
        if len(self.confirmed_by) >= NEEDED:
            return State.CONFIRMED
        return State.WAITING if now_ns < self.until_ns else State.LAPSED

    def confirm(self, person: Person, now_ns: int) -> "AdverseAction":
        """Return it with the confirmation of `person`, who has looked at it independently of others.

        Raises:
            PolicyDenied: It is not waiting any more, `person` has confirmed already, or cannot be told from others.
        """
        self._check(person, now_ns)
        if person.name in self.confirmed_by:
            raise PolicyDenied("This was not confirmed", why=f"{person.name} has confirmed already, and two have to")
        return replace(self, confirmed_by=(*self.confirmed_by, person.name))

    def refuse(self, person: Person, now_ns: int) -> "AdverseAction":
        """Return it with the refusal of `person`, which ends it. Who confirmed may still think better of it.

        Raises:
            PolicyDenied: It is not waiting any more, or `person` cannot be told from others.
        """
        self._check(person, now_ns)
        return replace(self, refused_by=person.name)

    def _check(self, person: Person, now_ns: int) -> None:
        if (state := self.state(now_ns)) is not State.WAITING:
            raise PolicyDenied("Nothing is left to decide", why=f"it is {state}")
        if person.kind is not PersonKind.ACCOUNT:
            raise PolicyDenied(
                "This was not decided",
                why="only people with an account can: a program is no person, and without accounts nobody is known",
                fix="log in with your own account",
            )
