"""A desk at which people enrol, on a folder; its photos are words, or real ones where it is given what reads them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from api_support import GATE, TEXTS, YARD, capability, charter_document
from custodes.api.enrolling import LEAST_PHOTOS, PhotoLook
from custodes.app.enrolment_desk import Desk, Photos
from custodes.app.face_photos import Taken
from custodes.app.server_identity import ServerIdentity
from custodes.charter import Charter, Charters
from custodes.domain.time import Clock
from custodes.identity import Enrolments, Identities, Template, TemplateSafe
from custodes.identity.attempts import Attempts, Result
from custodes.journal import Entry
from custodes.ledger import KeyKind, SigningKey

MODEL = "5f" * 32
KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)
MODES = ("identify", "verify")


class Words:
    """`Photos` of words: `7` is a good photo of somebody whose template is that of seed 7, `blurred` a bad one."""

    model = MODEL

    def look(self, photo: bytes) -> PhotoLook:
        if photo.isdigit():
            return PhotoLook()
        flaw = Result(photo.decode()) if photo.decode(errors="replace") in {*Result} else Result.UNREADABLE
        return PhotoLook((flaw,), (f"it is {flaw}",))

    def take(self, photos: Sequence[bytes], threshold: float) -> Taken:
        del threshold  # words are the same or not
        looks = tuple(self.look(photo) for photo in photos)
        good = [photo for photo, look in zip(photos, looks, strict=True) if look.good]
        if len(good) < LEAST_PHOTOS:
            return Taken(looks, None, next(look.flaws[0] for look in looks if not look.good))
        if len(set(good)) > 1:
            return Taken(looks, None, Result.DIFFERENT_PEOPLE, len(good) - 1)
        return Taken(looks, word(int(good[0])), None)


def word(seed: int) -> Template:
    """Return the template of a seed."""
    vector = np.random.default_rng(seed).normal(size=128)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32))


def desk_charters(clock: Clock, model: str = MODEL) -> Charters:
    """Return charters of gate and yard, of which the gate may recognise people who enrolled, with `model`."""
    document = charter_document(GATE, clock=clock) | {
        "recognition": {
            "modes": list(MODES),
            "alternative": "A badge from the reception opens the gate too.",
            "capability": capability(model),
        },
        "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    }
    return Charters(
        {
            GATE: Charter.model_validate(document),
            YARD: Charter.model_validate(charter_document(YARD, clock=clock)),
        }
    )


@contextmanager
def opened(
    folder: Path,
    clock: Clock,
    entries: list[Entry],
    photos: Photos | None = None,
    log: Callable[[Entry], object] | None = None,
) -> Iterator[Desk]:
    """Lend a desk on `folder`, which logs into `entries`, or by `log`."""
    read = photos or Words()
    charters = desk_charters(clock, read.model)
    with (
        closing(Identities.open(folder / "identities.db", TEXTS)) as identities,
        closing(TemplateSafe.open(folder / "templates", folder / "keys")) as safe,
        closing(Attempts.open(folder / "identities.db")) as attempts,
    ):
        enrolments = Enrolments(identities, safe, charters, clock=clock, log=log or entries.append, key=KEY)
        held = ServerIdentity(enrolments, identities, safe, KEY)
        yield Desk(held, attempts, charters, read, clock=clock)
