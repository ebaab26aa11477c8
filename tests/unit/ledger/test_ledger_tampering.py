"""Whatever is done to a published log is found, and named, with a policy and a checkpoint from before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from custodes.domain.errors import IntegrityError
from custodes.ledger import (
    Checkpoint,
    KeyKind,
    Leaf,
    Policy,
    SigningKey,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.cosignature import cosign
from custodes.ledger.edge import Edge, grow
from custodes.ledger.note import Note
from custodes.ledger.tiles import ENTRIES, Tile, join_entries, split_entries

LOG = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
OTHER = SigningKey("example.org/log", KeyKind.LOG, b"\2" * 32)
WITNESSES = [SigningKey(f"w{number}.example", KeyKind.WITNESS, bytes([number]) * 32) for number in (3, 4, 5)]
STRANGER = SigningKey("w5.example", KeyKind.WITNESS, b"\7" * 32)
POLICY = Policy.parse(
    f"log {LOG.verifier}\n".encode()
    + "".join(f"witness w{number} {key.verifier}\n" for number, key in enumerate(WITNESSES)).encode()
    + b"group two 2 w0 w1 w2\nquorum two\n"
)


@dataclass
class Files:
    """A published log in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def paths(self) -> Iterator[str]:
        return (path for path in self.files if path.startswith("tile/"))

    def but(self, path: str, content: bytes | None) -> "Files":
        rest = {name: data for name, data in self.files.items() if name != path}
        return Files(rest if content is None else rest | {path: content})


def entry(at: int, seq: int | None = None) -> bytes:
    return bytes(
        Leaf(1_700_000_000 + at, "consultation.live", "gate", "c" * 64, f"{at:064x}", at if seq is None else seq)
    )


def signed(edge: Edge, key: SigningKey = LOG, witnesses: tuple[SigningKey, ...] = tuple(WITNESSES[:2])) -> bytes:
    note = bare = Note.signed(Checkpoint("example.org/log", edge.size, edge.root()).text, key)
    for witness in witnesses:
        note = note.plus(cosign(bare, witness, 1_700_000_000))
    return bytes(note)


def published(*batches: list[bytes], **options: object) -> Files:
    edge, everything = Edge(), {}
    for batch in batches:
        edge, files = grow(edge, batch)
        everything |= {tile.path: content for tile, content in files.items()}
    return Files({"checkpoint": signed(edge, **options), **everything})  # type: ignore[arg-type]


EARLIER = published([entry(at) for at in range(5)])
SMALL = published([entry(at) for at in range(5)], [entry(at) for at in range(5, 9)])
LARGE = published([entry(at) for at in range(600)])
BUNDLE = Tile(ENTRIES, 0, 9)


def audit(files: Files) -> None:
    """Do what an outsider does who kept the checkpoint of five leaves."""
    checkpoint = POLICY.accept(read_checkpoint(files)).checkpoint
    assert verify_all(files, checkpoint).beyond == 0
    prove_consistency(files, POLICY.accept(EARLIER.files["checkpoint"]).checkpoint, checkpoint)


def found(files: Files) -> str:
    with pytest.raises(IntegrityError) as caught:
        audit(files)
    return caught.value.diagnostics()


def test_the_logs_are_sound_before_anything_is_done_to_them() -> None:
    for files in (EARLIER, SMALL, LARGE):
        audit(files)
    assert sorted(SMALL.files) == [
        "checkpoint",
        "tile/0/000.p/5",
        "tile/0/000.p/9",
        "tile/entries/000.p/5",
        BUNDLE.path,
    ]


@pytest.mark.parametrize("path", SMALL.files)
def test_every_bit_of_every_byte(path: str) -> None:
    content = SMALL.files[path]
    for at in range(len(content)):
        # All bits where keys and hashes are; one after the other in entries, to save time.
        for bit in range(8) if path == "checkpoint" or "/0/" in path else (at % 8,):
            flipped = bytes([content[at] ^ (1 << bit)])
            assert found(SMALL.but(path, content[:at] + flipped + content[at + 1 :]))


@pytest.mark.parametrize("path", SMALL.files)
def test_every_file_cut_off_at_every_byte(path: str) -> None:
    content = SMALL.files[path]
    for end in range(len(content)):
        assert found(SMALL.but(path, content[:end]))
    assert found(SMALL.but(path, content + b"\0"))


@pytest.mark.parametrize("path", LARGE.files)
def test_flips_in_a_log_of_several_levels(path: str) -> None:
    content = LARGE.files[path]
    for at in range(0, len(content), max(1, len(content) // 40)):
        message = found(LARGE.but(path, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]))
        if "/0/" in path and "p/" not in path:
            assert message.startswith(f"{path} was changed")
    assert found(LARGE.but(path, None))


def test_a_file_left_out_is_named() -> None:
    for path in ("tile/0/000.p/9", BUNDLE.path):
        assert f"{path} is missing" in found(SMALL.but(path, None))
    assert "There is no checkpoint" in found(SMALL.but("checkpoint", None))


def small_with(entries: list[bytes], width: int = 9) -> Files:
    return SMALL.but(BUNDLE.path, None).but(Tile(ENTRIES, 0, width).path, join_entries(entries))


ENTRIES_OF_SMALL = split_entries(SMALL.files[BUNDLE.path], BUNDLE)
SWAPPED = [*ENTRIES_OF_SMALL[:6], ENTRIES_OF_SMALL[7], ENTRIES_OF_SMALL[6], ENTRIES_OF_SMALL[8]]
RENUMBERED = [*(entry(at) for at in range(3)), *(entry(at + 1, at) for at in range(3, 8))]

KINDS: dict[str, tuple[Callable[[], Files], str]] = {
    "rolled back": (lambda: published([entry(at) for at in range(3)]), "The log was rolled back from 5 to 3 leaves"),
    "split view": (
        lambda: published([entry(at + 1, at) for at in range(5)]),
        "The log shows two different trees of 5 leaves",
    ),
    "rewritten": (lambda: published([entry(at + 1, at) for at in range(9)]), "The first 5 leaves were rewritten"),
    "left out and renumbered": (lambda: published(RENUMBERED), "The first 5 leaves were rewritten"),
    "reordered in the bundle": (lambda: small_with(SWAPPED), "Leaf 6 is out of order"),
    "reordered and signed anew": (lambda: published(SWAPPED), "Leaf 6 says that it is leaf 7"),
    "left out of the bundle": (lambda: small_with(ENTRIES_OF_SMALL[:8]), f"{BUNDLE.path} has 8 entries"),
    "left out and signed anew": (
        lambda: published([*ENTRIES_OF_SMALL[:6], *ENTRIES_OF_SMALL[7:]]),
        "Leaf 6 says that it is leaf 7",
    ),
    "changed in the bundle": (lambda: small_with([*ENTRIES_OF_SMALL[:8], entry(80, 8)]), "Leaf 8 was changed"),
    "not a leaf": (lambda: published([*ENTRIES_OF_SMALL[:8], b"hello"]), "Leaf 8 cannot be read"),
    "another key": (lambda: published(ENTRIES_OF_SMALL, key=OTHER), "No log of the policy signed the checkpoint"),
    "cosigned by too few": (
        lambda: published(ENTRIES_OF_SMALL, witnesses=(WITNESSES[0],)),
        "Too few witnesses cosigned the checkpoint: w0",
    ),
    "cosigned from outside the policy": (
        lambda: published(ENTRIES_OF_SMALL, witnesses=(WITNESSES[0], STRANGER)),
        "Too few witnesses cosigned the checkpoint: w0",
    ),
    "a signature of another text": (
        lambda: SMALL.but("checkpoint", SMALL.files["checkpoint"].replace(b"\n9\n", b"\n8\n", 1)),
        "The signature of 'example.org/log' is wrong",
    ),
    "tiles of another log": (
        lambda: published([entry(at + 1, at) for at in range(9)]).but("checkpoint", SMALL.files["checkpoint"]),
        "The tiles do not hash to the root in the checkpoint",
    ),
    "a stray file": (lambda: SMALL.but("tile/0/notes.txt", b""), "'tile/0/notes.txt' is no file of a log"),
    "an older tile": (
        lambda: SMALL.but("tile/0/000.p/5", bytes(160)),
        "tile/0/000.p/5 was changed, because it does not begin like",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named(kind: str) -> None:
    make, message = KINDS[kind]
    assert found(make()).startswith(message)


def test_a_cosignature_that_was_tampered_with_is_not_just_ignored() -> None:
    checkpoint = published(ENTRIES_OF_SMALL, witnesses=tuple(WITNESSES)).files["checkpoint"]
    note = Note.parse(checkpoint)
    line = note.signatures[3]
    forged = Note(note.text, (*note.signatures[:3], type(line)(line.name, line.key_id, b"\0" * 8 + line.data[8:])))
    with pytest.raises(IntegrityError, match=r"The cosignature of .w5[.]example. is wrong"):
        POLICY.accept(bytes(forged))
