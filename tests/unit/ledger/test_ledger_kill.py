"""kill -9 in the middle of appending, publishing and cosigning, a hundred times each: consistent afterwards."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from custodes.domain.time import SystemClock
from custodes.ledger import (
    Checkpoint,
    FolderReader,
    Leaf,
    Ledger,
    Policy,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.audit import consistency_proof
from custodes.ledger.cosignature import cosign
from custodes.ledger.merkle import range_hash
from custodes.ledger.note import Note
from custodes.ledger.reader import TreeReader
from custodes.ledger.submission import Submission
from custodes.witness import Refused, Witness
from sim.logs import LOG, WITNESSES, entries, published

KILLS = 100
LONGEST_S = 0.06
"""Between start and kill: some appends or cosignatures, or none."""
POLICY = Policy.parse(
    f"log {LOG.verifier}\nwitness a {WITNESSES[0].verifier}\nwitness b {WITNESSES[1].verifier}\n".encode()
    + b"group both all a b\nquorum both\n"
)

pytestmark = pytest.mark.slow


def killed(work: Callable[[Connection], None], after_s: float) -> list[int]:
    """Run `work` in a process of its own, kill that some time after it began, and return all it had said by then."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def begin() -> None:
        theirs.send(0)
        work(theirs)

    process = context.Process(target=begin)
    process.start()
    theirs.close()
    ours.recv()
    time.sleep(after_s)
    assert process.pid is not None
    assert process.is_alive(), "it ended by itself"
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    said: list[int] = []
    try:
        while True:
            said.append(ours.recv())
    except (EOFError, OSError):
        ours.close()
        return said


def test_the_log_survives(tmp_path: Path) -> None:
    rng = random.Random(1)

    def opened(policy: Policy | None = None) -> Ledger:
        return Ledger(tmp_path / "public", tmp_path / "state", LOG, policy=policy)

    def append(said: Connection) -> None:
        log = opened()
        while True:
            batch = [Leaf(at, "heartbeat", "gate", "", "0" * 64) for at in range(rng.randrange(1, 90))]
            said.send(log.append(batch).stop)

    promised, progress = 0, set()
    accept = Policy(logs=(LOG.verifier,)).accept
    opened().close()
    for _ in range(KILLS):
        before = accept(read_checkpoint(FolderReader(tmp_path / "public"))).checkpoint
        promised = max([promised, *killed(append, rng.uniform(0, LONGEST_S))])
        with opened() as log:
            reader = FolderReader(tmp_path / "public")
            checkpoint = accept(read_checkpoint(reader)).checkpoint
            assert log.size == checkpoint.size >= promised
        prove_consistency(reader, before, checkpoint)
        audited = verify_all(reader, checkpoint)
        assert (audited.leaves, audited.beyond) == (checkpoint.size, 0)
        progress.add(checkpoint.size)
    assert len(progress) > 3  # some came through, so the kills fell in between


def test_what_was_published_survives(tmp_path: Path) -> None:
    """Once two witnesses cosigned a checkpoint, no crash puts an older one, or one with fewer, in its place."""
    rng = random.Random(2)

    def opened() -> Ledger:
        return Ledger(tmp_path / "public", tmp_path / "state", LOG, policy=POLICY)

    def publish(said: Connection) -> None:
        log = opened()
        while True:
            log.append([Leaf(at, "heartbeat", "gate", "", "0" * 64) for at in range(rng.randrange(1, 90))])
            note = log.newest
            if rng.random() < 0.7:
                for key in WITNESSES[:2]:
                    note = note.plus(cosign(log.newest, key, 1_700_000_000))
                said.send(log.publish(note).checkpoint.size)

    promised = 0
    for _ in range(KILLS):
        promised = max([promised, *killed(publish, rng.uniform(0, LONGEST_S))])
        with opened() as log:
            size = log.size
        if promised:
            reader = FolderReader(tmp_path / "public")
            checkpoint = POLICY.accept(read_checkpoint(reader)).checkpoint
            assert promised <= checkpoint.size <= size
            assert verify_all(reader, checkpoint).leaves == checkpoint.size
    assert promised > 0


STEP = 8
MOST_ADDED = 4
"""In one process, before it waits to be killed."""
SIZES = range(0, STEP * KILLS * (MOST_ADDED + 1) + STEP, STEP)


def checkpoint_of(size: int, root: bytes) -> bytes:
    return bytes(Note.signed(Checkpoint(LOG.verifier.name, size, root).text, LOG))


def growing() -> dict[int, Submission]:
    """Return what to submit to a witness that cosigned a size last, by that size."""
    log = published(*(entries(size, size + STEP) for size in SIZES))
    found = {}
    for size in SIZES:
        proof, _ = consistency_proof(log, size, size + STEP)
        root = range_hash((0, size + STEP), TreeReader(log, size + STEP).node)
        found[size] = Submission(size, proof, checkpoint_of(size + STEP, root))
    return found


def test_the_witness_survives(tmp_path: Path) -> None:
    """What it cosigned it never contradicts, and from what it wrote down it goes on."""
    rng = random.Random(3)
    submissions = growing()

    def opened() -> Witness:
        return Witness(WITNESSES[0], [LOG.verifier], tmp_path / "state", SystemClock())

    def known(witness: Witness) -> int:
        with pytest.raises(Refused) as caught:
            witness.add(Submission(SIZES.stop, (), checkpoint_of(SIZES.stop, bytes(32))))
        assert caught.value.size is not None
        return caught.value.size

    def work(said: Connection) -> None:
        with opened() as witness:
            size = known(witness)
            for _ in range(MOST_ADDED):
                witness.add(submissions[size])
                size += STEP
                said.send(size)
            signal.pause()

    promised = 0
    for _ in range(KILLS):
        promised = max([promised, *killed(work, rng.uniform(0, LONGEST_S / 4))])
        with opened() as witness:
            size = known(witness)
            assert promised <= size <= promised + STEP
            if size:
                with pytest.raises(Refused, match="two different trees"):
                    witness.add(Submission(size, (), checkpoint_of(size, b"\7" * 32)))
            with pytest.raises(Refused):
                witness.add(submissions[max(size - STEP, 0)] if size else submissions[STEP])
            witness.add(submissions[size])
        promised = size + STEP
    assert promised > STEP
