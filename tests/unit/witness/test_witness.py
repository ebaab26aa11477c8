"""The witness: what it cosigns, what it refuses and how, and that it remembers."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.ledger import Checkpoint, KeyKind, SigningKey
from custodes.ledger.cosignature import cosigned_at
from custodes.ledger.disk import write_durably
from custodes.ledger.note import Note
from custodes.ledger.submission import Submission
from custodes.witness import Refused, Witness
from custodes.witness.witness import EVIDENCE, LATEST
from sim.logs import LOG, TIME_S, Files, entries, entry, published

KEY = SigningKey("w.example", KeyKind.WITNESS, b"\2" * 32)
EMPTY = Checkpoint("example.org/log", 0, published().checkpoint.root)
FIVE = published(entries(0, 5))
NINE = published(entries(0, 5), entries(5, 9))
OTHER_FIVE = published([entry(at + 1, at) for at in range(5)])
OTHER_NINE = published([entry(at + 1, at) for at in range(9)])


class FixedClock:
    def utc_ns(self) -> int:
        return TIME_S * 10**9 + 999_999_999

    def monotonic_s(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...


def submission(log: Files, old: Checkpoint = EMPTY) -> Submission:
    return Submission(old.size, log.proof_from(old), log.files["checkpoint"])


def opened(folder: Path, **options: object) -> Witness:
    return Witness(KEY, [LOG.verifier], folder / "state", FixedClock(), **options)  # type: ignore[arg-type]


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with opened(tmp_path) as one:
        yield one


def cosigned(witness: Witness, log: Files, old: Checkpoint = EMPTY) -> int | None:
    line = witness.add(submission(log, old))
    return cosigned_at(Note.parse(log.files["checkpoint"] + str(line).encode()), KEY.verifier)


def refused(witness: Witness, what: Submission) -> Refused:
    with pytest.raises(Refused) as caught:
        witness.add(what)
    return caught.value


def test_a_growing_log_is_cosigned(witness: Witness) -> None:
    assert cosigned(witness, published()) == TIME_S
    assert cosigned(witness, FIVE) == TIME_S
    assert cosigned(witness, FIVE, FIVE.checkpoint) == TIME_S
    assert cosigned(witness, NINE, FIVE.checkpoint) == TIME_S


def test_the_size_cosigned_last_is_told(witness: Witness) -> None:
    cosigned(witness, FIVE)
    error = refused(witness, submission(NINE))
    assert (error.status, error.size) == (HTTPStatus.CONFLICT, 5)
    cosigned(witness, NINE, FIVE.checkpoint)
    error = refused(witness, submission(FIVE))
    assert (error.status, error.size) == (HTTPStatus.CONFLICT, 9)


def test_a_split_view_is_refused_and_kept(witness: Witness, tmp_path: Path) -> None:
    cosigned(witness, FIVE)
    for old in (EMPTY, OTHER_FIVE.checkpoint):
        error = refused(witness, submission(OTHER_FIVE, old))
        assert (error.status, error.size) == (HTTPStatus.CONFLICT, 5)
        assert "two different trees of 5 leaves" in error.what
    (kept,) = tmp_path.glob(f"state/*/{EVIDENCE}/*")
    assert kept.read_bytes() == OTHER_FIVE.files["checkpoint"]
    assert kept.name == f"5-{OTHER_FIVE.checkpoint.root.hex()}"
    error = refused(
        witness, Submission(5, OTHER_NINE.proof_from(OTHER_FIVE.checkpoint), OTHER_NINE.files["checkpoint"])
    )
    assert error.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert cosigned(witness, NINE, FIVE.checkpoint) == TIME_S


def test_proofs_have_to_prove(witness: Witness) -> None:
    cosigned(witness, FIVE)
    right = submission(NINE, FIVE.checkpoint)
    for proof in ((), right.proof[:-1], (*right.proof, b"\0" * 32), right.proof[::-1]):
        error = refused(witness, Submission(5, proof, right.checkpoint))
        assert (error.status, error.size) == (HTTPStatus.UNPROCESSABLE_ENTITY, None)
    error = refused(witness, Submission(5, (b"\0" * 32,), FIVE.files["checkpoint"]))
    assert error.status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_first_proof_has_to_be_empty(witness: Witness) -> None:
    error = refused(witness, Submission(0, (b"\0" * 32,), FIVE.files["checkpoint"]))
    assert error.status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_who_signed_counts(witness: Witness) -> None:
    other = SigningKey("example.org/log", KeyKind.LOG, b"\7" * 32)
    stranger = SigningKey("example.net/log", KeyKind.LOG, b"\1" * 32)
    unknown = bytes(Note.signed(Checkpoint("example.net/log", 0, EMPTY.root).text, stranger))
    forged = FIVE.files["checkpoint"].replace(b"\n5\n", b"\n6\n")
    for data, status in (
        (unknown, HTTPStatus.NOT_FOUND),
        (published(entries(0, 5), key=other).files["checkpoint"], HTTPStatus.FORBIDDEN),
        (forged, HTTPStatus.FORBIDDEN),
        (b"nothing", HTTPStatus.BAD_REQUEST),
        (bytes(Note.signed("example.org/log\n5\n", LOG)), HTTPStatus.BAD_REQUEST),
    ):
        assert refused(witness, Submission(0, (), data)).status == status
    error = refused(witness, Submission(6, (), FIVE.files["checkpoint"]))
    assert error.status == HTTPStatus.BAD_REQUEST
    assert cosigned(witness, FIVE) == TIME_S


def test_signatures_of_unknown_keys_are_ignored_and_not_kept(witness: Witness, tmp_path: Path) -> None:
    other = SigningKey("example.org/log", KeyKind.LOG, b"\7" * 32)
    note = Note.parse(FIVE.files["checkpoint"])
    more = note.plus(Note.signed(note.text, other).signatures[0])
    witness.add(Submission(0, (), bytes(more)))
    (kept,) = tmp_path.glob(f"state/*/{LATEST}")
    assert kept.read_bytes() == FIVE.files["checkpoint"]


def test_a_log_may_have_several_keys(tmp_path: Path) -> None:
    second = SigningKey("example.org/log", KeyKind.LOG, b"\7" * 32)
    with Witness(KEY, [LOG.verifier, second.verifier], tmp_path / "state", FixedClock()) as witness:
        cosigned(witness, FIVE)
        cosigned(witness, published(entries(0, 5), entries(5, 9), key=second), FIVE.checkpoint)
    with pytest.raises(IntegrityError, match="cannot be relied on"):
        opened(tmp_path)


def test_it_remembers(tmp_path: Path) -> None:
    with opened(tmp_path) as witness:
        cosigned(witness, FIVE)
        with pytest.raises(StoreError, match="state is in use"):
            opened(tmp_path)
    with opened(tmp_path) as witness:
        assert refused(witness, submission(OTHER_FIVE)).status == HTTPStatus.CONFLICT
        assert cosigned(witness, NINE, FIVE.checkpoint) == TIME_S
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_damaged_memory_is_not_taken_for_none(tmp_path: Path) -> None:
    with opened(tmp_path) as witness:
        cosigned(witness, FIVE)
    (kept,) = tmp_path.glob(f"state/*/{LATEST}")
    for damaged in (b"", FIVE.files["checkpoint"][:-1], OTHER_FIVE.files["checkpoint"].replace(b"\n5\n", b"\n4\n")):
        kept.write_bytes(damaged)
        with pytest.raises(IntegrityError, match="cannot be relied on"):
            opened(tmp_path)


def test_nothing_is_cosigned_that_is_not_on_the_disk(tmp_path: Path) -> None:
    def full(folder: Path, files: Mapping[str, bytes]) -> None:
        raise StoreError("The disk is full")

    with opened(tmp_path, write=full) as witness:
        for _ in range(2):
            with pytest.raises(StoreError, match="disk is full"):
                witness.add(submission(FIVE))
    with opened(tmp_path) as witness:
        assert cosigned(witness, OTHER_FIVE) == TIME_S


def test_requests_for_one_log_wait_for_each_other(tmp_path: Path) -> None:
    """Of many trees of one size, submitted at once, one is cosigned."""
    trees = [published([entry(at + turn, at) for at in range(5)]) for turn in range(12)]
    writing = threading.Semaphore(1)

    def slow(folder: Path, files: Mapping[str, bytes]) -> None:
        assert writing.acquire(blocking=False), "two writes at once"
        write_durably(folder, files)
        writing.release()

    with opened(tmp_path, write=slow) as witness, ThreadPoolExecutor(12) as pool:

        def accepted(tree: Files) -> bool:
            try:
                witness.add(submission(tree))
            except Refused as error:
                return error.status != HTTPStatus.CONFLICT
            return True

        assert sum(pool.map(accepted, trees)) == 1


def test_keys_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="key of a log"):
        Witness(LOG, [LOG.verifier], tmp_path, FixedClock())
    with pytest.raises(ConfigError, match="key of a witness"):
        Witness(KEY, [KEY.verifier], tmp_path, FixedClock())


hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.integers(0, 2**63 - 1), hashes, st.binary())
def test_a_submission_survives_its_text(old: int, proof: tuple[bytes, ...], checkpoint: bytes) -> None:
    one = Submission(old, proof, checkpoint)
    assert Submission.parse(bytes(one)) == one


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 5\n",
        b"old 05\n\nx",
        b"old -1\n\nx",
        b"new 5\n\nx",
        b"old 5\nAAAA\n\nx",
        b"old 5\n\xff\n\nx",
        b"old 5\n" + b"A" * 43 + b"=\n" * 64 + b"\n\nx",
        b"old 5\n\n" + b"x" * (1 << 21),
    ],
)
def test_other_texts_are_no_submission(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Submission.parse(data)
