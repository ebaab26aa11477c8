"""What is to somebody's disadvantage, until two people have confirmed it or one has refused it.

Proposals are kept in memory alone: they last minutes, and one that a restart cuts off is not taken, as it should be.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ulid import ULID

from custodes.domain.errors import PolicyDenied
from custodes.domain.events import CameraId
from custodes.domain.persons import Person
from custodes.domain.time import NS_PER_S, Clock
from custodes.identity import AdverseAction, State
from custodes.journal import Entry, Kind

_MOST: Final = 1000
_KEPT_NS: Final = 24 * 3600 * NS_PER_S
"""Proposals are shown for a day after they ended."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to the disadvantage of one person.

    Attributes:
        proposal_id: ULID.
        camera: At which camera the person was recognised, or not.
        subject: Random number of the person's enrolment; empty where nobody enrolled is meant.
        made_ns: When it was proposed, nanoseconds since the Unix epoch.
        lasts_s: For how long it is done once it is confirmed, seconds.
        action: What is proposed, and how far it is.
    """

    proposal_id: str
    camera: CameraId
    subject: str
    made_ns: int
    lasts_s: int
    action: AdverseAction


class AdverseDesk:
    """Takes proposals, confirmations and refusals; each is durably logged before it counts. Threads may share it.

    Args:
        log: Returns once an entry is durable.
        charter_of: Returns the version of a camera's charter, empty where it has none.
        on_confirmed: Told of each proposal that two people have confirmed.
        clock: Wall time.
    """

    def __init__(
        self,
        log: Callable[[Entry], object],
        charter_of: Callable[[str], str],
        on_confirmed: Callable[[Proposal], None],
        clock: Clock,
    ) -> None:
        self._log = log
        self._charter_of = charter_of
        self._on_confirmed = on_confirmed
        self._clock = clock
        self._proposals: dict[str, Proposal] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Proposal]:
        """Return the proposals of the last day, newest first."""
        with self._lock:
            self._drop_old()
            return sorted(self._proposals.values(), key=lambda one: one.proposal_id, reverse=True)

    def get(self, proposal_id: str) -> Proposal | None:
        """Return a proposal, None where there is none of this id."""
        with self._lock:
            return self._proposals.get(proposal_id)

    def propose(
        self, camera: CameraId, what: str, person: Person, *, subject: str = "", valid_s: int, lasts_s: int
    ) -> Proposal:
        """Propose something; the confirmation of whoever proposes is not in it.

        Args:
            camera: At which camera the person was recognised, or not.
            what: What would be done, in words.
            person: Who proposes.
            subject: Random number of the enrolment of whoever it is to the disadvantage of.
            valid_s: Seconds after which it lapses.
            lasts_s: For how many seconds it is done once it is confirmed.

        Raises:
            PolicyDenied: Too many wait.
            StoreError: It cannot be logged.
        """
        now_ns = self._clock.utc_ns()
        action = AdverseAction(what, now_ns + valid_s * NS_PER_S)
        proposal = Proposal(str(ULID.from_timestamp(now_ns / NS_PER_S)), camera, subject, now_ns, lasts_s, action)
        with self._lock:
            self._drop_old()
            if len(self._proposals) >= _MOST:
                raise PolicyDenied("This was not proposed", why=f"{_MOST} proposals are there already")
            self._note(Kind.ADVERSE_PROPOSED, proposal, person)
            self._proposals[proposal.proposal_id] = proposal
        return proposal

    def confirm(self, proposal: Proposal, person: Person) -> Proposal:
        """Note that `person` confirms `proposal`, and return what has become of it.

        Raises:
            PolicyDenied: It is not waiting any more, `person` has confirmed already, or is no person with an account.
            StoreError: It cannot be logged.
        """
        changed = self._change(proposal, person, Kind.ADVERSE_CONFIRMED, AdverseAction.confirm)
        if changed.action.state(self._clock.utc_ns()) is State.CONFIRMED:
            self._on_confirmed(changed)
        return changed

    def refuse(self, proposal: Proposal, person: Person) -> Proposal:
        """Note that `person` refuses `proposal`, which ends it; errors as for `confirm`."""
        return self._change(proposal, person, Kind.ADVERSE_REFUSED, AdverseAction.refuse)

    def _change(
        self,
        proposal: Proposal,
        person: Person,
        kind: Kind,
        decide: Callable[[AdverseAction, Person, int], AdverseAction],
    ) -> Proposal:
        with self._lock:
            current = self._proposals.get(proposal.proposal_id, proposal)
            changed = replace(current, action=decide(current.action, person, self._clock.utc_ns()))
            self._note(kind, changed, person)
            self._proposals[changed.proposal_id] = changed
        return changed

    def _note(self, kind: Kind, proposal: Proposal, person: Person) -> None:
        body = {"id": proposal.proposal_id, "what": proposal.action.what, "subject": proposal.subject}
        body |= {"lasts_s": str(proposal.lasts_s), "who": person.name, "known_by": str(person.kind)}
        self._log(Entry(kind, proposal.camera, self._charter_of(proposal.camera), body))

    def _drop_old(self) -> None:
        oldest_ns = self._clock.utc_ns() - _KEPT_NS
        self._proposals = {name: one for name, one in self._proposals.items() if one.action.until_ns > oldest_ns}
