"""A request that is in a real log, cosigned by real witnesses, without a server."""

from pathlib import Path

from custodes.journal.entry import body_bytes
from custodes.ledger import KeyKind, Leaf, Ledger, Policy, SigningKey, commitment, prove_inclusion
from custodes.ledger.cosignature import cosign
from custodes.ledger.note import Note
from custodes.vault import Envelope
from custodes.vault.keys import PublicKey
from custodes.vault.request import LEAF_TYPE, Announced, RequestFile, UnsealRequest, ask
from sim.originals import GATE, NOON_NS

LOG = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
WITNESSES = [SigningKey(f"w{number}.example", KeyKind.WITNESS, bytes([number]) * 32) for number in (3, 4, 5)]
POLICY = "\n".join(
    [
        f"log {LOG.verifier}",
        *(f"witness w{number} {key.verifier}" for number, key in enumerate(WITNESSES)),
        "group two 2 w0 w1 w2",
        "quorum two",
        "",
    ]
)
SECOND_NS = 1_000_000_000
REQUEST_ID = "01KADS4T5M0123456789ABCDEF"


def make_request(envelopes: list[Envelope], ceremony: PublicKey, **changes: object) -> UnsealRequest:
    values: dict[str, object] = {
        "request_id": REQUEST_ID,
        "camera": GATE,
        "interval_ns": (NOON_NS + SECOND_NS, NOON_NS + 3 * SECOND_NS),
        "reason": "Theft of a bicycle, case 17/26",
        "recipient": "Police station 3",
        "requester": "Ana Petrović",
        "made_ns": NOON_NS + 60 * SECOND_NS,
        "valid_until_ns": NOON_NS + 3600 * SECOND_NS,
        "ceremony": ceremony,
        **changes,
    }
    return ask(envelopes, **values)  # type: ignore[arg-type]


def announce(folder: Path, request: UnsealRequest, *, witnesses: int = 2, **leaf: str) -> Announced:
    """Log `request` behind and before other leaves, have the log cosigned, and return the proof."""
    salt, body = b"\7" * 32, body_bytes(request.leaf_body())
    values = {"type": LEAF_TYPE, "camera": request.camera, "charter_hash": request.charter, **leaf}
    announcing = Leaf(request.made // SECOND_NS, commit=commitment(salt, body), **values)
    other = Leaf(1_767_268_800, "heartbeat", "", "", "0" * 64)
    with Ledger(folder / "public", folder / "state", LOG) as log:
        first = log.append([other, other, other, announcing, other])
        note = bare = Note.parse((folder / "public/checkpoint").read_bytes())
        for key in WITNESSES[:witnesses]:
            note = note.plus(cosign(bare, key, request.made // SECOND_NS + 5))
        accepted = Policy(logs=(LOG.verifier,)).accept(bytes(note))
        entry, proof = prove_inclusion(log.reader, accepted, first[3])
    return Announced(salt=salt, leaf=entry.decode(), proof=bytes(proof).decode())


def request_file(folder: Path, envelopes: list[Envelope], ceremony: PublicKey, **changes: object) -> RequestFile:
    request = make_request(envelopes, ceremony, **changes)
    return RequestFile(request=request, announced=announce(folder, request), envelopes=tuple(envelopes))
