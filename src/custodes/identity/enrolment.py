"""Enrolments: made in the log first, ended by one call or by themselves, and gone then."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from custodes.charter import Charters, RecognitionMode
from custodes.domain.errors import ConfigError, PolicyDenied
from custodes.domain.time import Clock, to_iso
from custodes.identity.consent import Consent, DataSubject, check_current, new_subject
from custodes.identity.identities import Identities, Identity
from custodes.identity.passes import Pass
from custodes.identity.receipt import Receipt
from custodes.identity.safe import TemplateSafe
from custodes.identity.sealing import Held
from custodes.identity.template import Template
from custodes.journal import Entry, Kind
from custodes.ledger import SigningKey

_NS_PER_MS: Final = 1_000_000


class Ended(StrEnum):
    """Why an enrolment ends."""

    WITHDRAWN = "withdrawn"
    """The person, or the guardian, said so."""
    EXPIRED = "expired"
    """The consent was until then."""
    INCOMPLETE = "incomplete"
    """Its key or its template is gone: an ending, or an enrolment, that a crash cut off."""


@dataclass(frozen=True, slots=True, repr=False)
class Enrolled:
    """What the person takes home.

    Attributes:
        receipt: Of the consent.
        shown: The pass; None where the consent is not to verification. It is nowhere else.
    """

    receipt: Receipt
    shown: Pass | None

    def __repr__(self) -> str:
        return "Enrolled()"


class Enrolments:
    """Makes and ends enrolments. Threads and processes may share what it works on.

    Args:
        identities: Names, contacts, consents.
        safe: Templates and keys.
        charters: What cameras may do.
        clock: Wall time.
        log: Returns once an entry is durable, or raises `StoreError`.
        key: Signs receipts.
    """

    def __init__(
        self,
        identities: Identities,
        safe: TemplateSafe,
        charters: Charters,
        *,
        clock: Clock,
        log: Callable[[Entry], object],
        key: SigningKey,
    ) -> None:
        self._identities = identities
        self._safe = safe
        self._charters = charters
        self._clock = clock
        self._log = log
        self._key = key

    def enrol(
        self,
        person: DataSubject,
        consent: Consent,
        template: Template,
        model: str,
        *,
        by: str = "",
        first: Callable[[], object] | None = None,
    ) -> Enrolled:
        """Enrol `person`. The log has it before it counts.

        Args:
            person: Name and contact.
            consent: What the person, or a guardian, agreed to.
            template: Of the person's face; the photos that it was made of are to be deleted by whoever made it.
            model: SHA-256 of the model that made it, hexadecimal.
            by: Account of whoever enrolled the person, for the log; empty where nobody logged in for it.
            first: Called before anything else once no other process can enrol anybody; what it raises leaves all as it
                was.

        Raises:
            ConfigError: The consent is to another text or purpose than today's.
            IntegrityError: `model` is no SHA-256.
            PolicyDenied: The consent does not hold, or a charter does not name this recognition.
            StoreError: It cannot be logged or kept; the person is not enrolled then.
        """
        now_ns = self._clock.utc_ns() // _NS_PER_MS * _NS_PER_MS
        check_current(consent, self._charters, now_ns)
        subject = new_subject()
        held = Held.of(subject, consent, model, self._safe.rotated(template))
        receipt = Receipt.of(subject, now_ns, consent, self._key)
        shown = Pass.new() if RecognitionMode.VERIFY in consent.modes else None
        with self._safe.changing():
            if first is not None:
                first()
            self._note(
                Kind.ENROLMENT,
                subject,
                consent,
                text=consent.text,
                modes=" ".join(consent.modes),
                until=to_iso(consent.expires),
                receipt=hashlib.sha256(receipt.note).hexdigest(),
                **_by(by),
            )
            self._safe.make_key(subject)
            self._identities.add(Identity(subject, person, now_ns, consent))
            self._safe.put(held, shown)
        return Enrolled(receipt, shown)

    def receipt(self, subject: str) -> Receipt:
        """Return the receipt of an enrolment once more, to the letter.

        Raises:
            ConfigError: Nobody has this id.
        """
        identity = self._known(subject)
        return Receipt.of(subject, identity.enrolled_ns, identity.consent, self._key)

    def reissue(self, subject: str, old: Pass | None = None, *, hand: Callable[[Pass], object], by: str = "") -> None:
        """Make a new pass of `subject`; the one before is worth nothing from then on.

        Args:
            subject: Whose.
            old: The pass so far. Without it a pass can be made only of a template that the server can open, which
                it can where the person agreed to identification.
            hand: Gets the new pass before it is worth anything, as it is nowhere else; what it raises leaves the pass
                so far valid.
            by: Account of whoever did it for the person, for the log; empty where nobody logged in for it.

        Raises:
            ConfigError: Nobody has this id.
            PolicyDenied: The consent is not to verification, or has ended, or there is no way to the template: the
                person has to enrol anew.
            StoreError: It cannot be logged or kept; the pass so far stays valid then.
        """
        identity = self._known(subject)
        if RecognitionMode.VERIFY not in identity.consent.modes or not identity.consent.holds(self._clock.utc_ns()):
            raise PolicyDenied("No pass can be made", why="the consent is not to verification, or has ended")
        with self._safe.changing():
            held = self._safe.behind(old) if old else next(iter(self._safe.opened([subject])), None)
            if held is None or held.subject != subject:
                raise PolicyDenied(
                    "No pass can be made of this one" if old else "No pass can be made without the old one",
                    why="only a valid pass of this person opens the template",
                    fix="end this enrolment, and enrol anew",
                )
            shown = Pass.new()
            hand(shown)
            self._note(Kind.ENROLMENT, subject, identity.consent, what="new pass", **_by(by))
            self._safe.put(held, shown)

    def withdraw(self, subject: str, *, by: str = "") -> None:
        """End the enrolment of `subject` at once: the next search misses, in other processes too.

        Its key is destroyed first, so no copy of the template opens any more; then it is logged; then template, pass,
        name, contact and consent are deleted. `sweep` goes on where a crash cuts this off.

        Args:
            subject: Whose.
            by: Account of whoever did it for the person, for the log; empty where nobody logged in for it.

        Raises:
            ConfigError: Nobody has this id.
            StoreError: The key could not be destroyed, or the rest not be logged or deleted yet.
        """
        with self._safe.changing():
            self._end(self._known(subject), Ended.WITHDRAWN, by)

    def sweep(self) -> dict[str, Ended]:
        """End what has expired, and finish what a crash cut off; return whose, and why.

        Raises:
            StoreError: As `withdraw`.
        """
        ended: dict[str, Ended] = {}
        with self._safe.changing():
            everybody = {identity.subject: identity for identity in self._identities.all()}
            keyed, kept = self._safe.keyed(), self._safe.kept()
            for subject, identity in everybody.items():
                if identity.consent.expires <= self._clock.utc_ns():
                    ended[subject] = Ended.EXPIRED
                elif subject not in keyed or subject not in kept:
                    ended[subject] = Ended.INCOMPLETE
            for subject, why in ended.items():
                self._end(everybody[subject], why)
            for subject in (keyed | kept) - set(everybody):
                self._safe.destroy_key(subject)
                self._log(Entry(Kind.WITHDRAWAL, body={"subject": subject, "why": Ended.INCOMPLETE}))
                self._safe.erase(subject)
                ended[subject] = Ended.INCOMPLETE
        return ended

    def _end(self, identity: Identity, why: Ended, by: str = "") -> None:
        subject, consent = identity.subject, identity.consent
        self._safe.destroy_key(subject)
        if why is Ended.EXPIRED:
            self._note(Kind.ERASURE_EXPIRED, subject, consent, why=why)
        else:
            self._note(Kind.WITHDRAWAL, subject, consent, why=why, **_by(by))
            self._note(Kind.ERASURE_REQUEST, subject, consent, why=why, **_by(by))
        self._safe.erase(subject)
        self._identities.erase(subject)

    def _known(self, subject: str) -> Identity:
        identity = self._identities.get(subject)
        if identity is None:
            raise ConfigError(
                "Nobody is enrolled under this number", why="there never was, or it has ended", fix="see the receipt"
            )
        return identity

    def _note(self, kind: Kind, subject: str, consent: Consent, **fields: str) -> None:
        """Log what happens to an enrolment, by its random number alone; the camera only where there is one."""
        camera = consent.cameras[0] if len(consent.cameras) == 1 else ""
        body = {"subject": subject, "consent": consent.digest, **fields}
        self._log(Entry(kind, camera, self._charters.version_of(camera), body))


def _by(account: str) -> dict[str, str]:
    return {"by": account} if account else {}
