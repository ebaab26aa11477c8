"""What the log costs: durable appends, proofs at every size up to ten million leaves, disk and memory."""

import hashlib
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from custodes.ledger import (
    Accepted,
    Checkpoint,
    FolderReader,
    KeyKind,
    Leaf,
    Ledger,
    Policy,
    Proof,
    SigningKey,
    prove_inclusion,
    read_checkpoint,
)
from custodes.ledger.merkle import range_hash
from custodes.ledger.note import Note
from custodes.ledger.reader import TreeReader

KEY = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
POLICY = Policy(logs=(KEY.verifier,))
TYPES = ("heartbeat", "consultation.live", "consultation.playback", "erasure.expired", "disclosure.export")
CHARTER = hashlib.sha256(b"charter").hexdigest()

BATCHES = (256, 2048)
APPENDED = 16_384
"""Leaves of which the rate is the mean."""
LARGEST = 10_000_000
DOUBLINGS = 10
"""Proofs are measured at `LARGEST`, half of it, and so on."""
BUILT_AT_ONCE = 1 << 15
PROOFS = 200
REPEATS = 5
"""Of each proof, of which the least CPU time counts: the rest is what else the machine did."""


def leaves(first: int, end: int) -> list[Leaf]:
    """Return leaves like those of a server with 100 cameras."""
    return [
        Leaf(
            1_700_000_000 + at // 20,
            TYPES[at % len(TYPES)],
            f"camera-{at % 100:02}",
            CHARTER,
            hashlib.sha256(at.to_bytes(8, "big")).hexdigest(),
        )
        for at in range(first, end)
    ]


@contextmanager
def temporary() -> Iterator[Path]:
    """Yield a new folder in `TMPDIR`, and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="custodes-ledger-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def append(_clip: Path) -> dict[str, float]:
    """Append batches, each on the disk and published before the next; leaves are made beforehand."""
    figures = {}
    for batch in BATCHES:
        made = [leaves(first, first + batch) for first in range(0, APPENDED, batch)]
        with temporary() as folder, Ledger(folder / "public", folder / "state", KEY) as log:
            start, cpu = time.perf_counter(), time.process_time()
            for one in made:
                log.append(one)
            elapsed, used = time.perf_counter() - start, time.process_time() - cpu
        figures[f"durable_appends_per_s_in_batches_of_{batch}"] = APPENDED / elapsed
        figures[f"cpu_ms_per_1000_leaves_in_batches_of_{batch}"] = used * 1e6 / APPENDED
    return figures


def ten_million(_clip: Path) -> dict[str, float]:
    """Build a log of ten million leaves, and measure proofs, disk and memory."""
    with temporary() as folder:
        build(folder)
        return measure(folder)


def build(folder: Path) -> None:
    """Append `LARGEST` leaves to the log in `folder`, in large batches."""
    with Ledger(folder / "public", folder / "state", KEY) as log:
        while log.size < LARGEST:
            log.append(leaves(log.size, min(LARGEST, log.size + BUILT_AT_ONCE)))


def measure(folder: Path) -> dict[str, float]:
    """Return what the log in `folder` costs: proofs in it and in the smaller logs that it begins with."""
    sizes = [LARGEST >> shift for shift in range(DOUBLINGS, -1, -1)]
    figures = {
        f"proof_built_and_verified_cpu_ms_at_{size}_leaves": _proof_ms(folder / "public", size) for size in sizes
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.ledger", str(folder)], check=True, capture_output=True, text=True
    )
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return figures | {
        f"proof_file_verified_cpu_ms_at_{LARGEST}_leaves": _verified_ms(folder / "public"),
        f"disk_gb_at_{LARGEST}_leaves": sum(one.st_blocks for one in files) * 512 / 1e9,
        f"bytes_in_files_per_leaf_at_{LARGEST}_leaves": sum(one.st_size for one in files) / LARGEST,
        f"files_at_{LARGEST}_leaves": len(files),
        f"serving_rss_mb_at_{LARGEST}_leaves": float(json.loads(done.stdout)),
    }


def _proof_ms(folder: Path, size: int) -> float:
    """Return the median CPU time of a proof in the first `size` leaves; nothing is kept from one to the next."""
    accepted = _accepted(folder, size)
    times = [
        _cpu_ms(lambda index=index: prove_inclusion(FolderReader(folder), accepted, index)) for index in _some(size)
    ]
    return statistics.median(times)


def _cpu_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - start) / 1e6)
    return min(times)


def _verified_ms(folder: Path) -> float:
    """Return the median CPU time in which an outsider verifies a proof that was passed on, with the log's signature."""
    entry, proof = prove_inclusion(FolderReader(folder), _accepted(folder, LARGEST), LARGEST // 3)
    text = bytes(proof)
    return statistics.median(_cpu_ms(lambda: Proof.parse(text).verify(entry, POLICY)) for _ in range(PROOFS))


def _accepted(folder: Path, size: int) -> Accepted:
    """Return what an auditor would have accepted when the log had `size` leaves."""
    root = range_hash((0, size), TreeReader(FolderReader(folder), size).node)
    return POLICY.accept(bytes(Note.signed(Checkpoint(KEY.verifier.name, size, root).text, KEY)))


def _some(size: int) -> list[int]:
    rng = random.Random(1)  # noqa: S311  which leaves are looked at is no secret
    return [rng.randrange(size) for _ in range(PROOFS)]


def _serving_rss_mb(folder: Path) -> float:
    """Return the largest memory of this process after it opened the log and proved leaves, as a server would."""
    with Ledger(folder / "public", folder / "state", KEY):
        accepted = POLICY.accept(read_checkpoint(FolderReader(folder / "public")))
        for index in _some(accepted.checkpoint.size):
            prove_inclusion(FolderReader(folder / "public"), accepted, index)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(_serving_rss_mb(Path(sys.argv[1]))))
