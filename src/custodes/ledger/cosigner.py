"""The log's side of witnessing: has its newest checkpoint cosigned, and publishes it once enough have."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Condition
from typing import Final, NoReturn, Self

from custodes.domain.errors import ConfigError, CustodesError, IntegrityError
from custodes.domain.time import Clock
from custodes.ledger.ledger import Ledger
from custodes.ledger.note import MOST_BYTES, Note, Signature
from custodes.ledger.policy import Accepted
from custodes.ledger.remote import Answer, check_address, connect, exchange
from custodes.ledger.submission import Submission
from custodes.ledger.witnesses import RemoteWitness

_RETRY_S: Final = 1.0
"""Between two questions to one witness while somebody waits."""


class Cosigner:
    """Asks the witnesses in a log's policy to cosign it. Threads may share it.

    Each witness is asked on a thread of its own, so that a slow one holds up nobody, and never twice at once. What is
    missed is made up for at the next call: a witness is always asked about the newest checkpoint.

    Args:
        ledger: The log; its policy names the witnesses, their addresses and the quorum.
        clock: For waiting.
        timeout_s: Seconds without a sign of life after which a witness is given up, until the next call.

    Raises:
        ConfigError: A witness has no address, or one that is none.
    """

    def __init__(self, ledger: Ledger, clock: Clock, *, timeout_s: float = 10.0) -> None:
        policy = ledger.policy
        if missing := policy.witnesses.keys() - policy.addresses.keys():
            raise ConfigError(
                f"The policy has no address for the witness {min(missing)}", fix="write it after the witness's key"
            )
        self._ledger = ledger
        self._clock = clock
        self._timeout_s = timeout_s
        count = max(len(policy.witnesses), 1)
        self._witnesses = {
            name: RemoteWitness(key, partial(self._submit, check_address(policy.addresses[name])))
            for name, key in policy.witnesses.items()
        }
        self._client = connect(timeout_s, count)
        self._pool = ThreadPoolExecutor(count, "cosigner")
        self._changed = Condition()
        self._asked: dict[str, str] = {}
        """The text that each busy witness is asked about."""
        self._lines: dict[str, dict[str, Signature]] = {}
        """By text, what each witness answered."""
        self._complaints: dict[str, str] = {}

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why witnesses did not cosign when they were asked last, by their names; empty where all is well."""
        with self._changed:
            return dict(self._complaints)

    def cosign(self) -> Accepted | None:
        """Ask for cosignatures of the newest checkpoint; return what is published once enough came, or no more will.

        Cosignatures that come later are published when they come. To be called every few seconds.

        Returns:
            The published checkpoint; None while none satisfies the policy. An older one stays published while the
            newest has too few cosignatures.
        """
        with self._changed:
            text = self._ask()
            self._changed.wait_for(lambda: self._is_done(text), self._timeout_s)
        return self._ledger.accepted

    def wait_cosigned(self, index: int, timeout_s: float) -> Accepted:
        """Return the published checkpoint once it satisfies the policy and covers leaf `index`; asks until then.

        For whatever must not happen unless outsiders can see that it happened.

        Raises:
            IntegrityError: It did not within `timeout_s`.
        """
        end = self._clock.monotonic_s() + timeout_s
        next_ask = 0.0
        with self._changed:
            while True:
                accepted = self._ledger.accepted
                if accepted is not None and accepted.checkpoint.size > index:
                    return accepted
                now = self._clock.monotonic_s()
                if now >= end:
                    self._refuse(index)
                if now >= next_ask:
                    self._ask()
                    next_ask = now + _RETRY_S
                self._changed.wait(min(end, next_ask) - now)

    def close(self) -> None:
        """Stop asking."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self) -> str:
        """Ask every idle witness that has not yet cosigned the newest checkpoint, and return the text of that."""
        note = self._ledger.newest
        needed = {note.text, *self._asked.values()}
        self._lines = {text: lines for text, lines in self._lines.items() if text in needed}
        lines = self._lines.setdefault(note.text, self._published_lines(note))
        for name, witness in self._witnesses.items():
            if name not in self._asked and name not in lines:
                self._asked[name] = note.text
                self._pool.submit(self._answered, name, witness, note)
        return note.text

    def _published_lines(self, note: Note) -> dict[str, Signature]:
        """Return the cosignatures that `note` has already where it is published."""
        accepted = self._ledger.accepted
        known = accepted.note.signatures if accepted is not None and accepted.note.text == note.text else ()
        return {
            name: line for name, witness in self._witnesses.items() for line in known if line.is_by(witness.verifier)
        }

    def _is_done(self, text: str) -> bool:
        accepted = self._ledger.accepted
        return text not in self._asked.values() or (accepted is not None and accepted.note.text == text)

    def _answered(self, name: str, witness: RemoteWitness, note: Note) -> None:
        """Have one witness asked, on its thread, and take what it says."""
        try:
            line = witness.cosign(self._ledger.reader, note)
            with self._changed:
                lines = self._lines[note.text]
                lines[name] = line
                if self._ledger.policy.is_quorum(lines):
                    self._ledger.publish(Note(note.text, (*note.signatures, *lines.values())))
                self._complaints.pop(name, None)
        except CustodesError as error:
            with self._changed:
                self._complaints[name] = error.diagnostics()
        finally:
            with self._changed:
                del self._asked[name]
                self._changed.notify_all()

    def _submit(self, url: str, submission: Submission) -> Answer:
        return exchange(self._client, "POST", f"{url}/add-checkpoint", content=bytes(submission), most_bytes=MOST_BYTES)

    def _refuse(self, index: int) -> NoReturn:
        complaints = " ".join(f"{name}: {text}" for name, text in sorted(self._complaints.items()))
        raise IntegrityError(
            f"Leaf {index} is not covered by a cosigned checkpoint",
            why=complaints or "the witnesses did not answer in time, or the log has no such leaf",
            fix="wait for the witnesses, and try again",
        )
