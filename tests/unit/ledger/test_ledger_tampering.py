"""Whatever is done to a published log is found, and named, with a policy and a checkpoint from before."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from custodes.domain.errors import IntegrityError
from custodes.ledger import KeyKind, Policy, SigningKey, prove_consistency, read_checkpoint, verify_all
from custodes.ledger.note import Note
from custodes.ledger.submission import Submission
from custodes.ledger.tiles import ENTRIES, Tile, join_entries, split_entries
from sim.logs import (
    LOG,
    WITNESSES,
    Files,
    WitnessProgram,
    entries,
    entry,
    running_witness,
)
from sim.logs import published as made

OTHER = SigningKey("example.org/log", KeyKind.LOG, b"\2" * 32)
STRANGER = SigningKey("w5.example", KeyKind.WITNESS, b"\7" * 32)
KNOWN = f"log {LOG.verifier}\n" + "".join(f"witness w{at} {key.verifier}\n" for at, key in enumerate(WITNESSES))
POLICY = Policy.parse(f"{KNOWN}group two 2 w0 w1 w2\nquorum two\n".encode())
ANY = Policy.parse(f"{KNOWN}group one any w0 w1 w2\nquorum one\n".encode())


def published(
    *batches: list[bytes], key: SigningKey = LOG, witnesses: tuple[SigningKey, ...] = tuple(WITNESSES[:2])
) -> Files:
    return made(*batches, key=key, witnesses=witnesses)


EARLIER = published([entry(at) for at in range(5)])
SMALL = published([entry(at) for at in range(5)], [entry(at) for at in range(5, 9)])
LARGE = published([entry(at) for at in range(600)])
BUNDLE = Tile(ENTRIES, 0, 9)


def audit(files: Files, policy: Policy = POLICY, kept: Files = EARLIER) -> None:
    """Do what an outsider does who kept a checkpoint, that of five leaves if not said otherwise."""
    checkpoint = policy.accept(read_checkpoint(files)).checkpoint
    audited = verify_all(files, checkpoint)
    prove_consistency(files, policy.accept(read_checkpoint(kept)).checkpoint, checkpoint)
    assert audited.beyond == 0


def found(files: Files, policy: Policy = POLICY, kept: Files = EARLIER) -> str:
    with pytest.raises(IntegrityError) as caught:
        audit(files, policy, kept)
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
    "an old checkpoint again": (
        lambda: published(entries(0, 3), entries(3, 5)).but("checkpoint", published(entries(0, 3)).files["checkpoint"]),
        "An old checkpoint of 3 leaves is shown again",
    ),
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


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[list[WitnessProgram]]:
    """Two witness programs, in processes of their own."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_witness(tmp_path / key.verifier.name, key)) for key in WITNESSES[:2]]


def shown_to(program: WitnessProgram, view: Files) -> Files:
    """Have `view` cosigned, as a log that shows each witness something else would."""
    data = bytes(Submission(0, (), view.files["checkpoint"]))
    answer = httpx.post(f"{program.url}/add-checkpoint", content=data, timeout=20)
    assert answer.status_code == 200, answer.text
    return view.but("checkpoint", view.files["checkpoint"] + answer.content)


def test_a_split_view_between_two_witnesses(programs: list[WitnessProgram]) -> None:
    first = shown_to(programs[0], published(entries(0, 9), witnesses=()))
    second = shown_to(programs[1], published([entry(at + 1, at) for at in range(9)], witnesses=()))
    # To whoever asks for two of three, neither view is enough; taking both cosignatures for one view is noticed.
    for view in (first, second):
        assert found(view).startswith("Too few witnesses cosigned the checkpoint: w")
    stolen = first.files["checkpoint"] + second.files["checkpoint"].splitlines(keepends=True)[-1]
    assert found(first.but("checkpoint", stolen)).startswith("The cosignature of 'w4.example' is wrong")
    # To whoever is content with one, each view is sound, until two people compare checkpoints.
    for view in (first, second):
        audit(view, ANY, kept=view)
    assert found(first, ANY, kept=second).startswith("The log shows two different trees of 9 leaves")
    assert found(second, ANY, kept=first).startswith("The log shows two different trees of 9 leaves")


def test_views_of_different_sizes(programs: list[WitnessProgram]) -> None:
    first = shown_to(programs[0], published(entries(0, 9), witnesses=()))
    second = shown_to(programs[1], published([entry(at + 1, at) for at in range(12)], witnesses=()))
    assert found(second, ANY, kept=first).startswith("The first 9 leaves were rewritten")
    assert found(first, ANY, kept=second).startswith("The log was rolled back from 12 to 9 leaves")


def test_a_witness_that_saw_one_view_does_not_cosign_the_other(programs: list[WitnessProgram]) -> None:
    shown_to(programs[0], published(entries(0, 9), witnesses=()))
    other = published([entry(at + 1, at) for at in range(9)], witnesses=())
    larger = published([entry(at + 1, at) for at in range(9)], [entry(at + 1, at) for at in range(9, 12)], witnesses=())
    proof = larger.proof_from(other.checkpoint)
    for submission, status in (
        (Submission(0, (), other.files["checkpoint"]), 409),
        (Submission(9, (), other.files["checkpoint"]), 409),
        (Submission(0, (), larger.files["checkpoint"]), 409),
        (Submission(9, proof, larger.files["checkpoint"]), 422),
    ):
        answer = httpx.post(f"{programs[0].url}/add-checkpoint", content=bytes(submission), timeout=20)
        assert answer.status_code == status
